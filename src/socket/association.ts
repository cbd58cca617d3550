import type { Address } from '../address.js';
import type { SendInfo } from '../bridge/calls.js';
import { type ErrorCause, type InitAttempt, SctpError } from '../errors.js';
import { SCTP_ABORT, SCTP_EOF, SCTP_PR_SCTP_NONE } from '../generated/constants.js';
import { checkWaitOptions, Waiter, type WaitOptions } from './deadline.js';
import type { Descriptor } from './descriptor.js';
import { Emitter } from './emitter.js';
import { Inbox } from './inbox.js';
import type { Message, Sendable, SendOptions } from './message.js';
import type { Feature, Notification, PathChange } from './notification.js';
import { Outgoing } from './outgoing.js';
import { type Path, readPaths } from './path.js';
import { bytesOf, sendInfo } from './sendinfo.js';

/** How an association came about. */
export interface Setup {
  /** Per listed address: how many INITs were sent there, and when. Empty where the peer connected. */
  readonly tried: readonly InitAttempt[];
  /** Listed addresses that the peer named: part of the association. */
  readonly confirmed: readonly Address[];
  /** Listed addresses that the peer didn't name: no longer part of it. */
  readonly dropped: readonly Address[];
  /** Addresses that the peer named beyond those listed. */
  readonly added: readonly Address[];
  readonly streams: { readonly inbound: number; readonly outbound: number };
  /** What both ends can do beyond RFC 9260. */
  readonly features: readonly Feature[];
  /** From the call to the association's being up, in ms; 0 where the peer connected. */
  readonly elapsedMs: number;
}

export interface PathEvent {
  readonly address: Address;
  /** `refused`: the network says that the address can't be reached now (ICMP, no route, policy); a hint. */
  readonly change: PathChange | 'refused';
  /** Why, with `refused`. */
  readonly error?: SctpError;
}

export interface AssociationEvents {
  /** A path of the association has changed. */
  path: PathEvent;
  /** The peer has restarted; messages that were on their way may be lost. */
  restart: Notification & { type: 'association' };
  /** The peer has begun to shut the association down: nothing more can be sent. */
  shutdown: undefined;
  /** A message was not delivered: its reliability policy gave it up, or the association ended. */
  sendFailed: Notification & { type: 'sendFailed' };
  /** The peer has reported an error. */
  remoteError: ErrorCause;
  /** The peer's adaptation layer indication (RFC 5061 §4.2.6). */
  adaptation: number;
  /** The peer has acknowledged everything that was sent. */
  senderDry: undefined;
  /** The association has ended: orderly, or with an error. */
  close: SctpError | undefined;
}

export type AssociationState = 'connecting' | 'open' | 'closing' | 'closed';

/** What an association needs of its socket. */
export interface Home {
  readonly descriptor: Descriptor;
  readonly clock: ConstructorParameters<typeof Inbox>[0];
  readonly sendQueueBytes: number;
  /** How much of a message usrsctp is given at once. */
  readonly pieceBytes: number;
  /** A message has left the association's inbox. */
  taken(bytes: number): void;
  /** The association has ended. */
  released(): void;
  /** Nobody waits for the association's set-up any more. */
  detached(): void;
}

/** An SCTP association: messages on streams, over one or several paths, between two endpoints. */
export class Association extends Emitter<AssociationEvents> implements AsyncIterable<Message>, AsyncDisposable {
  /** The association identifier of RFC 6458, unique within the socket. */
  readonly id: number;
  readonly #home: Home;
  readonly #inbox: Inbox;
  readonly #outgoing: Outgoing;
  readonly #closed: Promise<SctpError | undefined>;
  #resolveClosed!: (error: SctpError | undefined) => void;
  #state: AssociationState = 'connecting';
  #setup: Setup | undefined;
  #error: SctpError | undefined;
  #lastPaths: Path[] = [];
  #closing: Promise<SctpError | undefined> | undefined;

  /** @internal */
  constructor(home: Home, id: number) {
    super();
    this.id = id;
    this.#home = home;
    this.#inbox = new Inbox(home.clock, (bytes) => home.taken(bytes));
    this.#outgoing = new Outgoing(
      (data, info) => home.descriptor.send(data, info),
      home.pieceBytes,
      home.sendQueueBytes,
    );
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): AssociationState {
    return this.#state;
  }

  /** How the association came about. Throws ENOTCONN while it is being set up. */
  get setup(): Setup {
    if (this.#setup) return this.#setup;
    throw (
      this.#error ?? new SctpError('ENOTCONN', 'the association is still being set up: await it', { syscall: 'setup' })
    );
  }

  /** Resolves when the association has ended: with undefined after an orderly shutdown, else with the error. */
  get closed(): Promise<SctpError | undefined> {
    return this.#closed;
  }

  /**
   * Sends a message. Resolves as soon as the stack has taken it: the promise is the back-pressure, not an
   * acknowledgement. Until then `data` must not be changed. Rejects with EPIPE when the association is closing or
   * closed, EINVAL for an empty message or a stream that there isn't, ENOBUFS when too much waits already.
   */
  send(data: Sendable, options: SendOptions = {}): Promise<void> {
    try {
      if (this.#state !== 'open') throw this.#notOpen('send');
      return this.#outgoing.push(bytesOf(data), sendInfo(this.id, this.setup.streams.outbound, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The next message; undefined when the peer has shut the association down and all is received. Rejects with the
   * association's error when it was aborted or lost. Nothing is read ahead beyond the socket's `readAheadBytes`: who
   * doesn't receive closes the window.
   */
  receive(options: WaitOptions = {}): Promise<Message | undefined> {
    return this.#inbox.take(options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (let message = await this.receive(); message; message = await this.receive()) yield message;
  }

  /** The paths, one for each address of the peer; after the end of the association, as they were last. */
  paths(): readonly Path[] {
    if (this.#state === 'open' || this.#state === 'closing') this.#lastPaths = this.#readPaths();
    return this.#lastPaths;
  }

  /**
   * Shuts the association down: what was sent before is delivered, then the peer is told (SHUTDOWN). Resolves when both
   * ends are done. Rejects with the association's error when it failed meanwhile, so that messages may be lost; with
   * ETIMEDOUT, or the signal's reason, after having aborted it.
   */
  async close(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options, 'close');
    if (this.#state === 'closed') return;
    if (this.#state === 'connecting') return this.abort();
    this.#closing ??= this.#shutDown();
    const waiter = new Waiter<SctpError | undefined>(this.#home.clock, options, 'close', () => this.abort());
    this.#closing.then((error) => waiter.resolve(error));
    const error = await waiter.promise;
    if (error) throw error;
  }

  /** Ends the association at once (ABORT); what wasn't delivered is lost. The peer sees the reason. */
  abort(reason: string = ''): void {
    if (this.#state === 'closed') return;
    this.#sendAbort(reason);
    this.ended(new SctpError('ECONNRESET', 'the association was aborted here', { syscall: 'abort' }));
  }

  /** Closes the association as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Its set-up has failed or is given up. */
  cancel(error: SctpError): void {
    if (this.#state === 'connecting') this.#sendAbort('');
    this.ended(error);
  }

  /** @internal Nobody waits for its set-up any more: what comes of it is told as for a peer's association. */
  detach(): void {
    this.#home.detached();
  }

  /** @internal */
  readPaths(): Path[] {
    return readPaths(this.#home.descriptor, this.id);
  }

  /** @internal Both ends are ready. */
  opened(setup: Setup): void {
    this.#setup = setup;
    if (this.#state === 'connecting') this.#state = 'open';
    this.#lastPaths = this.#readPaths();
  }

  /** @internal */
  deliver(message: Message): void {
    if (this.#state !== 'closed') this.#inbox.push(message);
    else this.#home.taken(message.data.length);
  }

  /** @internal There may be room to send. */
  flush(): void {
    this.#outgoing.flush();
  }

  /** @internal */
  notify(notification: Notification): void {
    switch (notification.type) {
      case 'association':
        return this.#stateChanged(notification);
      case 'path':
        return this.#pathChanged(notification);
      case 'shutdown':
        if (this.#state === 'open') this.#state = 'closing';
        this.#outgoing.fail(new SctpError('EPIPE', 'the peer is shutting the association down', { syscall: 'send' }));
        return this.emit('shutdown', undefined);
      case 'sendFailed':
        return this.emit('sendFailed', notification);
      case 'remoteError':
        return this.emit('remoteError', notification.error);
      case 'adaptation':
        return this.emit('adaptation', notification.indication);
      case 'senderDry':
        return this.emit('senderDry', undefined);
    }
  }

  /** @internal The network says no. */
  refused(address: Address, error: SctpError): void {
    if (this.#state === 'closed' || !this.#lastPaths.some((path) => path.address === address)) return;
    this.emit('path', { address, change: 'refused', error });
  }

  /** @internal The association is no more. */
  ended(error?: SctpError): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#error = error;
    this.#inbox.end(error);
    this.#outgoing.fail(error ?? this.#notOpen('send'));
    this.#resolveClosed(error);
    this.#home.released();
    this.emit('close', error);
  }

  get #control(): SendInfo {
    return {
      associationId: this.id,
      stream: 0,
      flags: 0,
      ppid: 0,
      context: 0,
      prPolicy: SCTP_PR_SCTP_NONE,
      prValue: 0,
    };
  }

  #sendAbort(reason: string): void {
    try {
      this.#home.descriptor.send(new TextEncoder().encode(reason), { ...this.#control, flags: SCTP_ABORT });
    } catch (error) {
      if (!(error instanceof SctpError)) throw error; // it has ended already
    }
  }

  #shutDown(): Promise<SctpError | undefined> {
    const wasOpen = this.#state === 'open';
    this.#state = 'closing';
    void this.#outgoing.drained().then(() => {
      if (this.#state !== 'closing' || !wasOpen) return;
      try {
        this.#home.descriptor.send(new Uint8Array(), { ...this.#control, flags: SCTP_EOF });
      } catch (error) {
        if (!(error instanceof SctpError)) throw error; // the peer was faster; its notification follows
      }
    });
    return this.#closed;
  }

  #stateChanged(change: Notification & { type: 'association' }): void {
    switch (change.state) {
      case 'up': // of an accepted association, whose set-up is known already but for this
        if (this.#setup) this.#setup = { ...this.#setup, features: change.features };
        return;
      case 'restart':
        return this.emit('restart', change);
      case 'shutdown complete':
        return this.ended();
      case 'lost':
      case 'could not start':
        return this.ended(lossError(change.abort));
    }
  }

  #pathChanged({ address, change }: Notification & { type: 'path' }): void {
    if (this.#state === 'open') this.#lastPaths = this.#readPaths();
    this.emit('path', { address, change });
  }

  #readPaths(): Path[] {
    try {
      return this.readPaths();
    } catch (error) {
      if (error instanceof SctpError) return this.#lastPaths; // it ends just now
      throw error;
    }
  }

  #notOpen(syscall: string): SctpError {
    if (this.#error) return this.#error;
    if (this.#state === 'connecting')
      return new SctpError('ENOTCONN', 'the association is still being set up', { syscall });
    return new SctpError('EPIPE', `the association is ${this.#state}`, { syscall });
  }
}

function lossError(abort: readonly ErrorCause[] | undefined): SctpError {
  if (!abort) return new SctpError('ETIMEDOUT', 'the association is lost: the peer no longer answers on any path');
  const told = abort.map(({ name, text }) => (text ? `${name}: ${text}` : name)).join('; ');
  return new SctpError('ECONNRESET', `the peer has aborted the association (${told || 'no reason given'})`, { abort });
}
