import { SctpError } from '../errors.js';
import { lossError, ownAbortError } from '../stack/socket/errors.js';
import type { Notification } from '../stack/socket/notification.js';
import type { AssociationState } from './multihomed.js';
import type { Setup } from './setup.js';

type Change = Notification & { type: 'association' };

/**
 * Where an association is in its life, and how that ends.
 *
 * ```
 *  connecting ──► open ──► closing ──► closed        closing: either end has begun to shut it down
 *      └───────────┴──────────────────────┘          aborted or lost
 * ```
 */
export class Lifecycle {
  #closed: Promise<SctpError | undefined> | undefined;
  #resolveClosed: ((error: SctpError | undefined) => void) | undefined;
  #state: AssociationState = 'connecting';
  #setup: Setup | undefined;
  #error: SctpError | undefined;
  /** Why it is being aborted here. The abort's own notification comes first, and knows nothing of it. */
  #failure: SctpError | undefined;
  /** Shut down here, not by the peer. */
  #isShutDown = false;
  /**
   * The peer has shut the association down, so that all it sent is here, and nothing of ours has failed: whatever becomes
   * of the rest of the handshake, nothing is lost. (When SHUTDOWN COMPLETE gets lost, and not SHUTDOWN ACK but a
   * HEARTBEAT is sent next, a peer that is done answers with ABORT.)
   */
  #isFinished = false;
  #hasLost = false;

  /** Resolves when the association has ended: with undefined after an orderly shutdown, else with the error. */
  get closed(): Promise<SctpError | undefined> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#state === 'closed') resolve(this.#error);
      else this.#resolveClosed = resolve;
    });
    return this.#closed;
  }

  get state(): AssociationState {
    return this.#state;
  }

  /** A message of ours wasn't delivered. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** Throws EINPROGRESS while it is being set up, its error when that has failed. */
  get setup(): Setup {
    if (this.#setup) return this.#setup;
    throw (
      this.#error ?? new SctpError('EINPROGRESS', 'the association is being set up: await ready', { syscall: 'setup' })
    );
  }

  /** Why nothing can be sent. */
  notOpen(syscall: string): SctpError {
    if (this.#error) return this.#error;
    if (this.#state === 'connecting')
      return new SctpError('ENOTCONN', 'the association is still being set up', { syscall });
    return new SctpError('EPIPE', `the association is ${this.#state}`, { syscall });
  }

  opened(setup: Setup): void {
    this.#setup = setup;
    if (this.#state === 'connecting') this.#state = 'open';
  }

  /** True when that begins with it: one SHUTDOWN is enough, be it ours or the peer's. */
  shutDown(): boolean {
    if (this.#state !== 'open') return false;
    this.#state = 'closing';
    this.#isShutDown = true;
    return true;
  }

  peerShutDown(): void {
    if (this.#state === 'open') this.#state = 'closing';
    this.#isFinished = true;
  }

  lost(): void {
    this.#hasLost = true;
    this.#isFinished = false;
  }

  /** The association is open again. True: a shutdown that was under way here must begin anew (RFC 9260 §5.2.2). */
  restarted({ streams, features }: Change): boolean {
    if (this.#setup) this.#setup = { ...this.#setup, streams, features };
    this.#isFinished = false;
    if (!this.#isShutDown && this.#state === 'closing') this.#state = 'open';
    return this.#isShutDown;
  }

  /** There are more streams. */
  changed({ inbound, outbound }: Setup['streams']): void {
    if (this.#setup) this.#setup = { ...this.#setup, streams: { inbound, outbound } };
  }

  /** What is known already of an accepted association but for this. */
  confirmed({ features }: Change): void {
    if (this.#setup) this.#setup = { ...this.#setup, features };
  }

  /** The error that the end of an association is; undefined: none. */
  lossOf({ abort, sentAbort, isUnknown }: Change): SctpError | undefined {
    if (sentAbort) return ownAbortError(sentAbort);
    return this.#isFinished && !abort?.length ? undefined : lossError(abort, isUnknown);
  }

  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  /** It is about to be aborted because of this. */
  failing(error: SctpError): void {
    this.#failure ??= error;
  }

  /** It is no more; returns the error. `closed` resolves in a later turn. */
  end(reported: SctpError | undefined): SctpError | undefined {
    this.#state = 'closed';
    this.#error = this.#failure ?? reported;
    this.#resolveClosed?.(this.#error);
    return this.#error;
  }
}
