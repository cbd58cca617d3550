import { SctpError } from '../errors.js';
import { SCTP_EOF, SCTP_EVENT, SCTP_SENDER_DRY_EVENT } from '../generated/constants.js';
import { sctp_event } from '../generated/layouts.js';
import { abortAssociation } from './abort.js';
import { checkWaitOptions, Waiter, type WaitOptions } from './deadline.js';
import type { AssociationEvents } from './events.js';
import { lossError } from './failure.js';
import type { Home } from './home.js';
import { Inbox } from './inbox.js';
import type { Message, Sendable, SendOptions } from './message.js';
import { type AssociationState, Multihomed } from './multihomed.js';
import type { Notification } from './notification.js';
import { Outgoing, type Sink } from './outgoing.js';
import { bytesOf, controlInfo, priorityOf, sendInfo } from './sendinfo.js';
import type { Setup } from './setup.js';
import { unacknowledgedBytes } from './status.js';
import { type OutgoingMessage, readableOf, writableOf } from './streams.js';
import { Undelivered } from './undelivered.js';

export type { AssociationState } from './multihomed.js';

/** What usrsctp says of an association that is about to end; which end it has, its notification tells. */
const ENDING = new Set(['ENOTCONN', 'ECONNRESET', 'EPIPE']);
const DEFAULTS = {};

/** An SCTP association: messages on streams, over one or several paths, between two endpoints. */
export class Association extends Multihomed implements AsyncIterable<Message>, AsyncDisposable {
  /** Resolves when the association has ended: with undefined after an orderly shutdown, else with the error. */
  readonly closed: Promise<SctpError | undefined>;
  #home: Home;
  readonly #inbox: Inbox;
  readonly #outgoing: Outgoing;
  readonly #undelivered = new Undelivered((failure) => this.emit('sendFailed', failure));
  #resolveClosed!: (error: SctpError | undefined) => void;
  #state: AssociationState = 'connecting';
  /** senderDry was told, and nothing is sent since. */
  #isDry = false;
  /**
   * The peer has shut the association down, so that all it sent is here, and nothing of ours has failed: whatever becomes
   * of the rest of the handshake, nothing is lost. (When SHUTDOWN COMPLETE gets lost, and not SHUTDOWN ACK but a
   * HEARTBEAT is sent next, a peer that is done answers with ABORT.)
   */
  #isFinished = false;
  /** Shut down here, not by the peer. */
  #isShutDown = false;
  #setup: Setup | undefined;
  #error: SctpError | undefined;
  /** Why it is being aborted here. */
  #failure: SctpError | undefined;
  #ready: Promise<this> | undefined;
  #readable: ReadableStream<Message> | undefined;
  #writable: WritableStream<Sendable | OutgoingMessage> | undefined;

  /** @internal */
  constructor(home: Home, id: number) {
    super(id);
    this.#home = home;
    this.#inbox = new Inbox(
      home.clock,
      (cost) => this.#home.left(cost),
      () => this.#home.wanted(),
    );
    this.#outgoing = new Outgoing(this.#sink, home.clock, home.pieceBytes, home.sendQueueBytes);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  override get state(): AssociationState {
    return this.#state;
  }

  protected override get home(): Home {
    return this.#home;
  }

  /** Resolves with the association when it is up; rejects as connectx does, with or without anybody listening. */
  get ready(): Promise<this> {
    return this.#ready ?? Promise.resolve(this);
  }

  /** How the association came about. Throws EINPROGRESS while it is being set up, its error when that has failed. */
  get setup(): Setup {
    if (this.#setup) return this.#setup;
    throw (
      this.#error ?? new SctpError('EINPROGRESS', 'the association is being set up: await ready', { syscall: 'setup' })
    );
  }

  /**
   * Sends a message. Resolves as soon as the stack has taken it: the promise is the back-pressure, not an
   * acknowledgement. Until then `data` must not be changed. Rejects with EINVAL for an empty message or an option that
   * can't be, EFAULT for a detached buffer, ENOBUFS when more than the socket's `sendQueueBytes` wait already; with
   * ENOTCONN before the association is up, EPIPE once either end shuts it down, and its error when it has failed.
   */
  send(data: Sendable, options: SendOptions = DEFAULTS): Promise<void> {
    try {
      if (this.#state !== 'open') throw this.#notOpen('send');
      const info = sendInfo(this.id, this.setup.streams.outbound, options);
      return this.#outgoing.push(bytesOf(data), info, priorityOf(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Bytes of messages whose `send` hasn't resolved: what waits for room in the send buffer. */
  get bufferedBytes(): number {
    return this.#outgoing.bytes;
  }

  /**
   * The next message; undefined when the association was shut down and all is received. Rejects with the association's
   * error when it was aborted or lost, after what was received before. Nothing is read ahead beyond the socket's
   * `readAheadBytes`: who doesn't receive closes the window. Whoever gives up by `signal` or `timeoutMs` (0: only what
   * is here already) takes no message; it goes to the next.
   */
  async receive(options: WaitOptions = DEFAULTS): Promise<Message | undefined> {
    return this.#inbox.take(options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (let message = await this.receive(); message; message = await this.receive()) yield message;
  }

  /** The messages as a stream, which takes one when it is asked for one. Cancelling it leaves the rest to `receive`. */
  get readable(): ReadableStream<Message> {
    this.#readable ??= readableOf(this);
    return this.#readable;
  }

  /** A stream of messages to send, alone or with their options. Its close shuts the association down, its abort aborts. */
  get writable(): WritableStream<Sendable | OutgoingMessage> {
    this.#writable ??= writableOf(this);
    return this.#writable;
  }

  /**
   * Shuts the association down: what was sent before is delivered, then the peer is told (SHUTDOWN). Resolves when both
   * ends are done. Rejects with the association's error when it failed meanwhile, so that messages may be lost; with
   * ETIMEDOUT, or the signal's reason, after having aborted it. What the peer has still to say can be received; a peer
   * whose messages nobody takes can't be done.
   */
  async close(options: WaitOptions = DEFAULTS): Promise<void> {
    checkWaitOptions(options, 'close');
    if (this.#state === 'closed') return;
    if (this.#state === 'connecting') return this.abort();
    const waiter = new Waiter<SctpError | undefined>(this.#home.clock, options, 'close', () => this.abort());
    this.#shutDown();
    this.closed.then((error) => waiter.resolve(error));
    const error = await waiter.promise;
    if (error) throw error;
  }

  /**
   * Ends the association at once (ABORT); what wasn't delivered is lost. The peer is told the reason, up to 504 bytes
   * of UTF-8.
   */
  abort(reason: string = ''): void {
    if (typeof reason !== 'string') throw new TypeError('abort: the reason must be a string');
    if (this.#state === 'closed') return;
    this.fail(new SctpError('ECONNRESET', 'the association was aborted here', { syscall: 'abort' }), reason);
  }

  /** Closes the association as `close` does; messages that nobody has received by then are dropped. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.discard();
    await this.close();
  }

  /** @internal Nobody will receive any more. */
  discard(): void {
    this.#inbox.discard();
  }

  /** @internal Its set-up has failed or is given up. */
  cancel(error: SctpError): void {
    if (this.#state === 'connecting') this.fail(error);
    else this.ended(error);
  }

  /** @internal Aborts it because of an error here. */
  fail(error: SctpError, reason: string = ''): void {
    this.#failure ??= error; // the abort's own notification comes first, and knows nothing of it
    abortAssociation(this.#home.descriptor, this.id, this.#home.sendBufferBytes, reason);
    this.ended();
  }

  /** @internal It is being set up; `ready` tells what comes of it. */
  connecting(ready: Promise<Association>): void {
    this.#ready = ready.then(() => this);
    this.#ready.catch(() => undefined);
    this.paths();
  }

  /** @internal It has another socket now. */
  move(home: Home): void {
    this.#home = home;
  }

  /** @internal */
  get unreceivedCost(): number {
    return this.#inbox.cost;
  }

  /** @internal Does somebody wait for a message, or will nobody ever? */
  get isWanted(): boolean {
    return this.#inbox.isWanted;
  }

  /** @internal Both ends are ready. */
  opened(setup: Setup): void {
    this.#setup = setup;
    if (this.#state === 'connecting') this.#state = 'open';
    this.paths();
    if (this.isListened('senderDry')) this.listened('senderDry', true);
  }

  /** @internal */
  deliver(message: Message): void {
    this.#inbox.push(message);
  }

  /** @internal There may be room to send; false: nothing waits any more. */
  flush(): boolean {
    this.#outgoing.flush();
    return this.#outgoing.isWaiting;
  }

  /** @internal */
  notify(notification: Notification): void {
    switch (notification.type) {
      case 'association':
        return this.#stateChanged(notification);
      case 'path':
        return this.pathChanged(notification);
      case 'shutdown':
        if (this.#state === 'open') this.#state = 'closing';
        this.#isFinished = true;
        this.#outgoing.fail(new SctpError('EPIPE', 'the peer is shutting the association down', { syscall: 'send' }));
        return this.emit('shutdown', undefined);
      case 'sendFailed':
        this.#isFinished = false;
        return this.#undelivered.add(notification);
      case 'remoteError':
        return this.emit('remoteError', notification.error);
      case 'adaptation':
        return this.emit('adaptation', notification.indication);
      case 'senderDry':
        return this.#senderDry();
    }
  }

  /** @internal The association is no more. */
  ended(reported?: SctpError): void {
    if (this.#state === 'closed') return;
    const error = this.#failure ?? reported;
    this.#state = 'closed';
    this.#error = error;
    this.#undelivered.flush();
    this.#outgoing.fail(error ?? this.#notOpen('send'));
    this.#inbox.end(error);
    this.#resolveClosed(error);
    this.#home.released(error);
    this.emit('close', error);
  }

  /** senderDry is told to those only who listen: see SUBSCRIBED. */
  protected override listened(name: keyof AssociationEvents, isListened: boolean): void {
    if (name !== 'senderDry' || this.#state === 'connecting' || this.#state === 'closed') return;
    this.#isDry = false;
    const event = { se_assoc_id: this.id, se_type: SCTP_SENDER_DRY_EVENT, se_on: isListened ? 1 : 0 };
    this.#unlessEnding(() => this.#home.descriptor.setStruct(SCTP_EVENT, sctp_event, event));
  }

  /** usrsctp tells it with every SACK that finds nothing more to send. */
  #senderDry(): void {
    if (!this.#isDry) this.emit('senderDry', undefined);
    this.#isDry = true;
  }

  get #sink(): Sink {
    return {
      send: (data, info) => {
        this.#isDry = false;
        return this.#unlessEnding(() => this.#home.descriptor.send(data, info));
      },
      unacknowledgedBytes: () => unacknowledgedBytes(this.#home.descriptor, this.id),
      waiting: () => this.#home.waiting(),
      gaveUp: (data, { stream, ppid, context }) =>
        this.emit('sendFailed', { stream, ppid, context, sent: false, data: new Uint8Array(data), whole: true }),
      broken: (error) => this.fail(error, 'a message was cut off'),
    };
  }

  /** Leaves it to the notification that is on its way to say that, and how, the association ends. */
  #unlessEnding<T>(call: () => T): T | undefined {
    if (this.#state === 'closed') throw this.#notOpen('send');
    try {
      return call();
    } catch (error) {
      if (!(error instanceof SctpError) || !ENDING.has(error.code)) throw error;
      this.#home.ending();
      return undefined;
    }
  }

  #shutDown(): void {
    if (this.#state !== 'open') return; // one SHUTDOWN is enough, be it ours or the peer's
    this.#state = 'closing';
    this.#isShutDown = true;
    this.#outgoing.end(controlInfo(this.id, SCTP_EOF));
  }

  #stateChanged(change: Notification & { type: 'association' }): void {
    switch (change.state) {
      case 'up': // of an accepted association, whose set-up is known already but for this
        if (this.#setup) this.#setup = { ...this.#setup, features: change.features };
        return;
      case 'restart':
        if (this.#setup) this.#setup = { ...this.#setup, streams: change.streams, features: change.features };
        this.#undelivered.flush();
        this.#restarted();
        return this.emit('restart', change);
      case 'shutdown complete':
        return this.ended();
      case 'lost':
      case 'could not start':
        return this.ended(this.#isFinished && !change.abort?.length ? undefined : lossError(change.abort));
    }
  }

  /** The association is open again; a shutdown that was under way begins anew (RFC 9260 §5.2.2). */
  #restarted(): void {
    this.#isFinished = false;
    this.#outgoing.restart();
    if (this.#isShutDown) this.#outgoing.end(controlInfo(this.id, SCTP_EOF));
    else if (this.#state === 'closing') this.#state = 'open';
  }

  #notOpen(syscall: string): SctpError {
    if (this.#error) return this.#error;
    if (this.#state === 'connecting')
      return new SctpError('ENOTCONN', 'the association is still being set up', { syscall });
    return new SctpError('EPIPE', `the association is ${this.#state}`, { syscall });
  }
}
