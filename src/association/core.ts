import type { SendInfo } from '../bridge/calls.js';
import type { Clock } from '../clock.js';
import { type ErrorCode, SctpError } from '../errors.js';
import { EventListeners } from '../event-listeners.js';
import { SCTP_EVENT, SCTP_SENDER_DRY_EVENT } from '../generated/constants.js';
import { sctp_event } from '../generated/layouts.js';
import { OptionAccess } from '../options/access.js';
import type { Message } from '../stack/socket/message.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import type { Notification } from '../stack/socket/notification.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../wait.js';
import { ASSOCIATION_EVENTS, type AssociationEvents } from './events.js';
import { Lifecycle } from './lifecycle.js';
import type { ReceiveQueueOwner } from './messages/receive-queue.js';
import { ReceiveQueues } from './messages/receive-queues.js';
import { SendFailures } from './messages/send-failures.js';
import { bytesOf, priorityOf, sendInfo, shutdownInfo } from './messages/send-info.js';
import type { Sendable, SendOptions } from './messages/send-options.js';
import { SendQueue, type SendQueueOwner } from './messages/send-queue.js';
import type { Path } from './paths/path.js';
import { Paths, type PathsOwner } from './paths/paths.js';
import type { Refusals } from './paths/refusals.js';
import { unacknowledgedBytes } from './paths/status.js';
import type { Setup } from './setup.js';
import type { StreamOwner } from './streams/stream.js';
import { type ResetStreamsOptions, Streams, type StreamsOwner } from './streams/streams.js';

/** What an association needs from the table of its socket, and tells it. */
export interface AssociationOwner {
  readonly clock: Clock;
  readonly refusals: Refusals;
  /** How many bytes of messages may wait for room in the send buffer. */
  readonly sendQueueBytes: number;
  /** The most bytes that one call of usrsctp may send. */
  readonly pieceBytes: number;
  /** Messages of that cost have left the association's receive queues. */
  messagesLeft(association: AssociationCore, cost: number): void;
  /** Someone waits for a message of the association. */
  messageWanted(association: AssociationCore): void;
  /** Messages wait for room in the send buffer: `flush` must be called when there may be room. */
  messagesWait(association: AssociationCore): void;
  /** The association is about to end, or has ended: the notification must be read, even if messages come before it. */
  endIsNear(): void;
  ended(association: AssociationCore, error: SctpError | undefined): void;
  /** An id that no other path of the socket has. */
  nextPathId(): number;
}

/** The errors with which usrsctp refuses a call because the association is about to end. A notification says why. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['ENOTCONN', 'ECONNRESET', 'EPIPE']);

/** The inside of an association: it receives the notifications of usrsctp and connects the parts. */
export class AssociationCore implements SendQueueOwner, ReceiveQueueOwner, PathsOwner, StreamsOwner, StreamOwner {
  readonly events: EventListeners<AssociationEvents>;
  readonly lifecycle: Lifecycle = new Lifecycle();
  readonly paths: Paths;
  readonly receiveQueues: ReceiveQueues;
  readonly sendQueue: SendQueue;
  #id: number;
  #owner: AssociationOwner;
  #moduleSocket: ModuleSocket;
  #options: OptionAccess | undefined;
  #streams: Streams | undefined;
  #sendFailures: SendFailures | undefined;
  /** The event senderDry has been emitted, and nothing has been sent since. */
  #isDry = false;
  /** The info of messages without options, which is the same for all of them. */
  #plainInfo: SendInfo | undefined;

  constructor(owner: AssociationOwner, moduleSocket: ModuleSocket, id: number) {
    this.#id = id;
    this.#owner = owner;
    this.#moduleSocket = moduleSocket;
    this.events = new EventListeners(ASSOCIATION_EVENTS, (name, isListening) => this.#onListening(name, isListening));
    this.paths = new Paths(this);
    this.receiveQueues = new ReceiveQueues(owner.clock, this);
    this.sendQueue = new SendQueue(this, owner.clock, owner.pieceBytes, owner.sendQueueBytes);
  }

  get id(): number {
    return this.#id;
  }

  get moduleSocket(): ModuleSocket {
    return this.#moduleSocket;
  }

  get options(): OptionAccess {
    this.#options ??= new OptionAccess(() => ({ moduleSocket: this.#moduleSocket, associationId: this.id }));
    return this.#options;
  }

  get streams(): Streams {
    this.#streams ??= new Streams(this);
    return this.#streams;
  }

  get clock(): Clock {
    return this.#owner.clock;
  }

  get refusals(): Refusals {
    return this.#owner.refusals;
  }

  /** The association now belongs to another socket (peeloff). */
  move(owner: AssociationOwner, moduleSocket: ModuleSocket): void {
    this.#owner = owner;
    this.#moduleSocket = moduleSocket;
  }

  /** The set-up begins again, from another SCTP port. */
  beginAgain(moduleSocket: ModuleSocket, id: number): void {
    this.#moduleSocket = moduleSocket;
    this.#id = id;
  }

  send(data: Sendable, options: SendOptions | undefined): Promise<void> {
    const { lifecycle, sendQueue } = this;
    try {
      if (lifecycle.state !== 'open') throw lifecycle.notOpen('send');
      if (options === undefined) {
        this.#plainInfo ??= sendInfo(this.id, 1, {});
        return sendQueue.push(bytesOf(data), this.#plainInfo, 0);
      }
      const info = sendInfo(this.id, lifecycle.setup.streams.outbound, options);
      return sendQueue.push(bytesOf(data), info, priorityOf(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  withdraw(sent: Promise<void>, reason: unknown): void {
    this.sendQueue.withdraw(sent, reason);
  }

  resetStreams(options: ResetStreamsOptions): Promise<void> {
    return this.streams.reset(options);
  }

  async close(options: WaitOptions): Promise<void> {
    checkWaitOptions(options, 'close');
    const { lifecycle, receiveQueues } = this;
    if (lifecycle.state === 'closed') return;
    if (lifecycle.state === 'connecting') return this.abort('');
    const hadEnded = !this.isAlive;
    const ended = this.#endWithin(options);
    if (lifecycle.shutDown()) this.sendQueue.end(shutdownInfo(this.id));
    if (hadEnded) this.#owner.endIsNear();
    const error = await ended;
    if (error && (lifecycle.hasLost || !(hadEnded || receiveQueues.isDiscarding))) throw error;
  }

  abort(reason: string): void {
    if (typeof reason !== 'string') throw new TypeError('abort: the reason must be a string');
    if (this.lifecycle.state === 'closed') return;
    this.fail(new SctpError('ECONNRESET', 'the association was aborted here', { syscall: 'abort' }), reason);
  }

  /** Aborts the association because of an error at this end. */
  fail(error: SctpError, reason: string = ''): void {
    this.lifecycle.failing(error);
    this.#moduleSocket.abort(this.id, reason);
    this.ended();
  }

  /** The set-up has failed or was given up. */
  cancel(error: SctpError): void {
    if (this.lifecycle.state === 'connecting') this.fail(error);
    else this.ended(error);
  }

  /** Drops the messages that are here and those that come: nobody will receive any more. */
  discard(): void {
    this.receiveQueues.discard();
  }

  /** Does usrsctp still know the association? */
  get isAlive(): boolean {
    return this.#moduleSocket.knows(this.id);
  }

  /** Reads the paths. Returns undefined if usrsctp no longer knows the association: its end will be read next. */
  livePaths(): readonly Path[] | undefined {
    if (this.paths.refresh()) return this.paths.last;
    this.#owner.endIsNear();
    return undefined;
  }

  // --- what the socket tells the association ------------------------------------------------------------------------

  /** Both ends are ready, and the paths have been read. */
  opened(setup: Setup): void {
    this.lifecycle.opened(setup);
    if (this.events.has('senderDry')) this.#onListening('senderDry', true);
  }

  deliver(message: Message): void {
    this.receiveQueues.push(message);
  }

  /** Sends what there is room for. Returns false if no message waits any more. */
  flush(): boolean {
    this.sendQueue.flush();
    return this.sendQueue.isWaiting;
  }

  notify(notification: Notification): void {
    const { events, lifecycle } = this;
    switch (notification.type) {
      case 'association':
        return this.#stateChanged(notification);
      case 'path':
        return this.paths.changed(notification);
      case 'shutdown':
        return this.#peerShutDown();
      case 'sendFailed':
        lifecycle.lost();
        this.#sendFailures ??= new SendFailures((failure) => events.emit('sendFailed', failure));
        return this.#sendFailures.add(notification);
      case 'remoteError':
        return events.emit('remoteError', notification.causes);
      case 'adaptation':
        return events.emitOrKeep('adaptation', notification.indication);
      case 'authentication':
        return events.emitOrKeep('authentication', eventOf(notification));
      case 'partialDeliveryAborted':
        return events.emit('partialDeliveryAborted', eventOf(notification));
      case 'senderDry':
        return this.#senderDry();
      case 'streamReset':
      case 'associationReset':
      case 'streamChange':
        return this.streams.reconfigured(notification);
    }
  }

  /** The association has ended. `reported`: the error that usrsctp reported. */
  ended(reported?: SctpError): void {
    const { lifecycle, sendQueue } = this;
    if (lifecycle.state === 'closed') return;
    if (sendQueue.bytes > 0) lifecycle.lost();
    const error = lifecycle.end(reported);
    this.paths.watch();
    sendQueue.fail(() => error ?? lifecycle.notOpen('send'));
    this.receiveQueues.end(error);
    this.#streams?.forgetRequests(error);
    this.#owner.ended(this, error);
    this.#sendFailures?.flush(); // after all messages and notifications that ended() above may have read
    this.events.emit('close', error);
  }

  // --- what the parts tell and ask the association ------------------------------------------------------------------

  passToStack(data: Uint8Array, info: SendInfo): number | undefined {
    this.#isDry = false;
    if (this.lifecycle.state === 'closed') throw this.lifecycle.notOpen('send');
    return this.unlessEnding(() => this.#moduleSocket.send(data, info));
  }

  get interleaves(): boolean {
    return this.lifecycle.interleaves;
  }

  unacknowledgedBytes(): number {
    return unacknowledgedBytes(this.#moduleSocket, this.id);
  }

  messagesWait(): void {
    this.#owner.messagesWait(this);
  }

  gaveUp(data: Uint8Array, { stream, ppid, context }: SendInfo): void {
    this.events.emit('sendFailed', { stream, ppid, context, sent: false, data: new Uint8Array(data), whole: true });
  }

  cutOff(error: SctpError): void {
    this.fail(error, 'a message was cut off');
  }

  messagesLeft(cost: number): void {
    this.#owner.messagesLeft(this, cost);
  }

  messageWanted(): void {
    this.#owner.messageWanted(this);
  }

  nextPathId(): number {
    return this.#owner.nextPathId();
  }

  unlessEnding<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof SctpError) || !ENDING.has(error.code)) throw error;
      this.#owner.endIsNear();
      return undefined;
    }
  }

  /** usrsctp reports senderDry only to associations with a listener: see options/settings.ts. */
  #onListening(name: keyof AssociationEvents, isListening: boolean): void {
    if (name === 'path') this.paths.watch();
    const { state } = this.lifecycle;
    if (name !== 'senderDry' || state === 'connecting' || state === 'closed') return;
    this.#isDry = false;
    const event = { se_assoc_id: this.id, se_type: SCTP_SENDER_DRY_EVENT, se_on: isListening ? 1 : 0 };
    this.unlessEnding(() => this.#moduleSocket.setStruct(SCTP_EVENT, sctp_event, event));
  }

  /** usrsctp reports it with every SACK after which nothing is left to send. */
  #senderDry(): void {
    if (!this.#isDry) this.events.emit('senderDry', undefined);
    this.#isDry = true;
  }

  /** The association's end, or its abort if the end doesn't come in time. */
  #endWithin(options: WaitOptions): Promise<SctpError | undefined> {
    const { closed } = this.lifecycle;
    if (options.signal === undefined && options.timeoutMs === undefined) return closed;
    const waiter = new Waiter<SctpError | undefined>(this.clock, options, 'close', () => this.abort(''));
    closed.then((error) => waiter.resolve(error));
    return waiter.promise;
  }

  #peerShutDown(): void {
    this.lifecycle.peerShutDown();
    const error = () => new SctpError('EPIPE', 'the peer is shutting the association down', { syscall: 'send' });
    this.sendQueue.refuse(error);
    this.events.emit('shutdown', undefined);
  }

  #stateChanged(change: Notification & { type: 'association' }): void {
    switch (change.state) {
      case 'up':
        return this.lifecycle.featuresKnown(change);
      case 'restart':
        return this.#peerRestarted(change);
      case 'shutdown complete':
        return this.ended();
      case 'lost':
      case 'could not start':
        if (this.sendQueue.bytes > 0) this.lifecycle.lost();
        return this.ended(this.lifecycle.lossOf(change));
    }
  }

  #peerRestarted(change: Notification & { type: 'association' }): void {
    this.sendQueue.restart();
    const error = new SctpError('ECONNRESET', 'the peer has restarted, and knows nothing of the request');
    this.#streams?.forgetRequests(error);
    if (this.lifecycle.restarted(change)) this.sendQueue.end(shutdownInfo(this.id));
    this.#sendFailures?.flush(); // last: listeners may send again, and these messages belong to the restarted peer
    this.events.emit('restart', change);
  }
}

/** The event of a notification: all of it except the association's id and the type. */
function eventOf<N extends Notification>({
  associationId: _,
  type: __,
  ...event
}: N): Omit<N, 'associationId' | 'type'> {
  return event;
}
