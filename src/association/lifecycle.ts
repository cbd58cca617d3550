import { type ErrorCause, SctpError } from '../errors.js';
import { describeCauses } from '../stack/socket/error-causes.js';
import type { AssociationChange } from '../stack/socket/notification.js';
import type { Setup } from './setup.js';

/** Being set up; up; being shut down by either end; ended. */
export type AssociationState = 'connecting' | 'open' | 'closing' | 'closed';

/**
 * The state of an association, and the error that ended it.
 *
 * ```
 *  connecting ──► open ──► closing ──► closed        closing: either end has begun the shutdown
 *      └───────────┴──────────────────────┘          aborted or lost
 * ```
 */
export class Lifecycle {
  #closed: Promise<SctpError | undefined> | undefined;
  #resolveClosed: ((error: SctpError | undefined) => void) | undefined;
  #state: AssociationState = 'connecting';
  #setup: Setup | undefined;
  #error: SctpError | undefined;
  /** Why this end aborts the association. usrsctp's notification of the abort, which comes first, doesn't know it. */
  #failure: SctpError | undefined;
  /** This end, not the peer, has shut the association down. */
  #isShutDown = false;
  /**
   * The peer has shut the association down, so all that it sent is here, and none of our messages has failed. Nothing
   * is lost then, even if the rest of the handshake fails. (If SHUTDOWN COMPLETE is lost and the next packet is a
   * HEARTBEAT, not a SHUTDOWN ACK, a peer that is done answers with ABORT.)
   */
  #isFinished = false;
  #hasLost = false;

  /** Resolves when the association has ended: with undefined after a graceful shutdown, otherwise with the error. */
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

  /** Was a message of ours not delivered? */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** Throws EINPROGRESS during the set-up, and the set-up's error if it failed. */
  get setup(): Setup {
    if (this.#setup) return this.#setup;
    throw (
      this.#error ?? new SctpError('EINPROGRESS', 'the association is being set up: await ready', { syscall: 'setup' })
    );
  }

  /** Do both ends have I-DATA (RFC 8260)? */
  get interleaves(): boolean {
    return this.#setup?.features.includes('interleaving') ?? false;
  }

  /** The error of a call that needs an open association. */
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

  /** Returns true if this call begins the shutdown; the peer may have begun it before. */
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

  /** A message of ours wasn't delivered. */
  lost(): void {
    this.#hasLost = true;
    this.#isFinished = false;
  }

  /** The peer has restarted. Returns true if our shutdown was under way, which must begin again (RFC 9260 §5.2.2). */
  restarted({ streams, features }: AssociationChange): boolean {
    if (this.#setup) this.#setup = { ...this.#setup, streams, features };
    this.#isFinished = false;
    if (!this.#isShutDown && this.#state === 'closing') this.#state = 'open';
    return this.#isShutDown;
  }

  /** Streams have been added. */
  streamsChanged({ inbound, outbound }: Setup['streams']): void {
    if (this.#setup) this.#setup = { ...this.#setup, streams: { inbound, outbound } };
  }

  /** The features of an accepted association are known after the rest of its set-up. */
  featuresKnown({ features }: AssociationChange): void {
    if (this.#setup) this.#setup = { ...this.#setup, features };
  }

  /** The error with which a lost association ends; undefined if nothing is lost. */
  lossOf({ abort, sentAbort, isUnknown }: AssociationChange): SctpError | undefined {
    if (sentAbort) return ownAbort(sentAbort);
    return this.#isFinished && !abort?.length ? undefined : loss(abort, isUnknown);
  }

  /** Is this end aborting the association because of an error? */
  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  failing(error: SctpError): void {
    this.#failure ??= error;
  }

  /** The association has ended. Returns the error that ended it. */
  end(reported: SctpError | undefined): SctpError | undefined {
    this.#state = 'closed';
    this.#error = this.#failure ?? reported;
    this.#resolveClosed?.(this.#error);
    return this.#error;
  }
}

/** `abort`: the causes in the peer's ABORT; `isUnknown`: the peer had no such association (RFC 9260 §8.4). */
function loss(abort: readonly ErrorCause[] | undefined, isUnknown = false): SctpError {
  if (!abort)
    return new SctpError('ETIMEDOUT', 'the association is lost: the peer no longer answers on any path (see paths())');
  if (isUnknown && abort.length === 0)
    return new SctpError('ECONNRESET', "the peer doesn't know this association any more", { abort });
  return new SctpError('ECONNRESET', `the peer has aborted the association (${reasonIn(abort)})`, { abort });
}

/** `abort`: the causes in the ABORT that our stack has sent. */
function ownAbort(abort: readonly ErrorCause[]): SctpError {
  const why = 'this end has aborted the association, because the peer broke the protocol';
  return new SctpError('ECONNABORTED', `${why} (${reasonIn(abort)})`, { abort });
}

function reasonIn(abort: readonly ErrorCause[]): string {
  return describeCauses(abort) || 'no reason given';
}
