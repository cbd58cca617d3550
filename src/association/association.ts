import type { Address, Endpoint } from '../address.js';
import { shown } from '../arguments.js';
import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import type { OptionScope, QueryArguments } from '../options/access.js';
import { type Authentication, authenticationOf } from '../options/authentication.js';
import type { OptionInput, OptionName, OptionValue } from '../options/table.js';
import type { Message } from '../stack/socket/message.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import type { WaitOptions } from '../wait.js';
import { AssociationCore, type AssociationOwner } from './core.js';
import type { AssociationEvents, PathEvent } from './events.js';
import type { AssociationState } from './lifecycle.js';
import { type MessageIteration, MessageIterator } from './messages/iterator.js';
import type { Sendable, SendOptions } from './messages/send-options.js';
import { type OutgoingMessage, readableOf, writableOf } from './messages/web-streams.js';
import type { Path } from './paths/path.js';
import type { AssociationStatistics } from './paths/statistics.js';
import type { Status } from './paths/status.js';
import type { Setup } from './setup.js';
import { type Stream, streamOf } from './streams/stream.js';
import type { AddStreamsOptions, ResetStreamsOptions } from './streams/streams.js';

/** Makes the association `id` of a module socket. */
export let newAssociation: (owner: AssociationOwner, moduleSocket: ModuleSocket, id: number) => Association;
/** The inside of an association. */
export let coreOf: (association: Association) => AssociationCore;
/** Gives an association that is being set up the promise of its set-up, which becomes `ready`. */
export let setReady: (association: Association, ready: Promise<Association>) => void;

const NO_OPTIONS = {};

/** An SCTP association: messages on streams, over one or several paths, between two endpoints. */
export class Association implements AsyncIterable<Message>, AsyncDisposable {
  readonly #core: AssociationCore;
  #ready: Promise<Association> | undefined;
  #authentication: Authentication | undefined;
  #streams: Map<number, Stream> | undefined;
  #readable: ReadableStream<Message> | undefined;
  #writable: WritableStream<Sendable | OutgoingMessage> | undefined;

  private constructor(core: AssociationCore) {
    this.#core = core;
  }

  static {
    newAssociation = (owner, moduleSocket, id) => new this(new AssociationCore(owner, moduleSocket, id));
    coreOf = (association) => association.#core;
    setReady = (association, ready) => {
      association.#ready = ready;
    };
  }

  /** The association identifier (RFC 6458), unique within the socket. It may change until the association is up. */
  get id(): number {
    return this.#core.id;
  }

  /** The clock of the stack. */
  get clock(): Clock {
    return this.#core.clock;
  }

  /** The local SCTP port; undefined if the association ended before it was read. */
  get localPort(): number | undefined {
    return this.#core.paths.ports?.localPort;
  }

  /** The peer's SCTP port; undefined if the association ended before it was read. */
  get remotePort(): number | undefined {
    return this.#core.paths.ports?.remotePort;
  }

  /** The local addresses of the association, with its port; after its end: as they were last. */
  get localEndpoints(): readonly Endpoint[] {
    return this.#core.paths.locals();
  }

  /** The peer's addresses, with its port; after the end of the association: as they were last. */
  get remoteEndpoints(): readonly Endpoint[] {
    return this.#core.paths.remotes();
  }

  // --- life ---------------------------------------------------------------------------------------------------------

  /** The state of the association. */
  get state(): AssociationState {
    return this.#core.lifecycle.state;
  }

  /** How the association was set up. Throws EINPROGRESS during the set-up, and the set-up's error if it failed. */
  get setup(): Setup {
    return this.#core.lifecycle.setup;
  }

  /** Resolves with the association when it is up. Rejects as connectx does; a rejection may be left unhandled. */
  get ready(): Promise<Association> {
    return this.#ready ?? Promise.resolve(this);
  }

  /** Resolves when the association has ended: with undefined after a graceful shutdown, otherwise with the error. */
  get closed(): Promise<SctpError | undefined> {
    return this.#core.lifecycle.closed;
  }

  /**
   * Shuts the association down (SHUTDOWN): everything that was sent is delivered first. Resolves when both ends are
   * done. Rejects with the association's error if it failed before that, as messages may be lost then; with ETIMEDOUT,
   * or the signal's reason, after it has aborted the association. You can still receive what the peer sends. A peer
   * whose messages nobody receives can't finish its side. If the association had ended before the call, it rejects only
   * if a message that was sent is lost.
   */
  close(options: WaitOptions = NO_OPTIONS): Promise<void> {
    return this.#core.close(options);
  }

  /**
   * Ends the association at once (ABORT): messages that weren't delivered are lost. The peer is told the reason, up to
   * 504 bytes of UTF-8.
   */
  abort(reason: string = ''): void {
    this.#core.abort(reason);
  }

  /** Closes the association as `close` does, but drops unreceived messages, and rejects only if a sent one is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#core.discard();
    await this.close();
  }

  // --- messages -----------------------------------------------------------------------------------------------------

  /**
   * Sends a message. Resolves as soon as the stack has taken it: this is the back-pressure, not an acknowledgement.
   * Don't change `data` until then. Rejects with EINVAL for an empty message or an invalid option, EFAULT for a
   * detached buffer, ENOBUFS if more than the socket's `sendQueueBytes` wait, ENOTCONN before the association is up,
   * EPIPE once either end shuts it down (a message that has begun is still finished), and with the association's error
   * if it has failed.
   */
  send(data: Sendable, options?: SendOptions): Promise<void> {
    return this.#core.send(data, options);
  }

  /** How many bytes of messages wait for room in the send buffer: those whose `send` hasn't resolved. */
  get bufferedBytes(): number {
    return this.#core.sendQueue.bytes;
  }

  /** How many bytes may wait before `send` rejects with ENOBUFS, as the socket was created. */
  get sendQueueBytes(): number {
    return this.#core.sendQueue.limit;
  }

  /**
   * The next message. Resolves with undefined when the association was shut down and everything is received. Rejects
   * with the association's error, after the messages that came before it. If you stop receiving, no more than the
   * socket's `readAheadBytes` is read ahead, the receive window closes, and the peer stops sending. If the wait ends by
   * `signal` or `timeoutMs` (0: only a message that is here already), no message is lost: the next call gets it.
   */
  receive(options: WaitOptions = NO_OPTIONS): Promise<Message | undefined> {
    return this.#core.receiveQueues.take(options);
  }

  /** The messages, until the association has ended. Throws the association's error. */
  [Symbol.asyncIterator](): MessageIteration {
    return new MessageIterator(() => this.#core.receiveQueues.common);
  }

  /**
   * The messages as a web stream, which takes a message only when asked. Cancelling it leaves the others to `receive`.
   */
  get readable(): ReadableStream<Message> {
    this.#readable ??= readableOf(
      () => this.#core.receiveQueues.common,
      () => {
        this.#readable = undefined;
      },
    );
    return this.#readable;
  }

  /**
   * A web stream of messages to send, each alone or with its options. Closing it shuts the association down, aborting
   * it aborts the association. As in all web streams, a message that can't be sent ends the writable; `writable` is a
   * new one then.
   */
  get writable(): WritableStream<Sendable | OutgoingMessage> {
    this.#writable ??= this.#newWritable();
    return this.#writable;
  }

  // --- streams ------------------------------------------------------------------------------------------------------

  /** The stream with that number, from 0: both directions, like a connection of its own. Always the same object. */
  stream(id: number): Stream {
    if (!Number.isInteger(id) || id < 0 || id > 0xffff) {
      throw new SctpError('EINVAL', `stream: a stream is 0 to 65535, not ${shown(id)}`, { syscall: 'stream' });
    }
    this.#streams ??= new Map();
    const stream = this.#streams.get(id) ?? streamOf(this.#core, id);
    this.#streams.set(id, stream);
    return stream;
  }

  /**
   * Resets streams (RFC 6525): their sequence numbers begin again at 0, and the receiver sees the end of the stream. An
   * outgoing stream is reset when the peer has received everything that was sent on it; messages that are sent
   * meanwhile wait until after the reset. For incoming streams the peer is asked to do the same. Resolves when the peer
   * has answered. Rejects with EPERM if the peer denies it, or this end does (`peerMayReset`), EPROTO if the peer
   * fails, EOPNOTSUPP if either end has no RE-CONFIG, EINVAL for streams that don't exist, and as `send` does. A
   * timeout or an aborted signal doesn't withdraw the request. The answer is read behind the messages that came before
   * it: keep receiving.
   */
  resetStreams(options: ResetStreamsOptions): Promise<void> {
    return this.#core.streams.reset(options);
  }

  /**
   * Resets the association: TSNs move on, and the sequence numbers of all streams begin again at 0, in both directions.
   * The request is made when everything that was sent is acknowledged; messages that are sent meanwhile wait. Messages
   * that the peer sends meanwhile may get lost, so agree with the peer first. Rejects as `resetStreams` does.
   */
  resetAssociation(wait: WaitOptions = NO_OPTIONS): Promise<void> {
    return this.#core.streams.resetAssociation(wait);
  }

  /**
   * Adds streams. The peer adds inbound streams by a request of its own, which this end must grant (`peerMayReset:
   * 'association'`) and the socket's `streams.inbound` must allow. `setup.streams` has the new numbers afterwards.
   * Rejects as `resetStreams` does; outbound streams, which come first, may have been added even if it rejects.
   */
  addStreams(options: AddStreamsOptions): Promise<void> {
    return this.#core.streams.add(options);
  }

  // --- paths --------------------------------------------------------------------------------------------------------

  /** The paths, one for each address of the peer. After the end of the association: as they were last. */
  paths(): readonly Path[] {
    return this.#core.paths.list();
  }

  /**
   * The changes of the paths from now on, until the association ends. At most 256 wait to be taken; older ones are
   * dropped.
   */
  pathChanges(): AsyncIterableIterator<PathEvent> {
    return this.#core.paths.changes();
  }

  /**
   * Makes one of the peer's addresses the primary path: messages go there while it is active (SCTP_PRIMARY_ADDR).
   * Throws EINVAL for an address that isn't the peer's, or isn't confirmed yet.
   */
  setPrimary(address: Address): void {
    this.#core.paths.setPrimary(address);
  }

  /**
   * Asks the peer to send to this local address (ASCONF with SET-PRIMARY-ADDRESS, RFC 5061 §4.2.4,
   * SCTP_SET_PEER_PRIMARY_ADDR). Both ends must have dynamic addresses; the peer need not comply. Throws EINVAL for an
   * address that isn't the association's, EOPNOTSUPP if the peer can't be asked.
   */
  setPeerPrimary(address: Address): void {
    this.#core.paths.setPeerPrimary(address);
  }

  /**
   * The state of the association as a whole; after its end, as it was last. Throws ENOTCONN if it ended before it was
   * read.
   */
  status(): Status {
    return this.#core.paths.status();
  }

  /** usrsctp's counters of the association and of its paths. Throws ENOTCONN after the association's end. */
  statistics(): AssociationStatistics {
    return this.#core.paths.statistics();
  }

  // --- options ------------------------------------------------------------------------------------------------------

  /** The keys, and the chunks that must be authenticated (RFC 4895). */
  get authentication(): Authentication {
    this.#authentication ??= authenticationOf(this.#core.options);
    return this.#authentication;
  }

  /**
   * The value of an option. Some options need a query, such as `{ stream }`; `{ path }` selects one of the paths.
   * Throws EINVAL for an option that can't be read from an association, and usrsctp's error.
   */
  getOption<N extends OptionName>(name: N, ...query: QueryArguments<N>): OptionValue<N> {
    return this.#core.options.get(name, ...query);
  }

  /**
   * Sets an option. Fields that you leave out keep their values. `at.path` selects one of the paths. Throws EINVAL for
   * an option that can't be set on an association, TypeError for a value of the wrong type, and usrsctp's error.
   */
  setOption<N extends OptionName>(name: N, value: OptionInput<N>, at?: OptionScope): void {
    this.#core.options.set(name, value, at);
  }

  // --- events -------------------------------------------------------------------------------------------------------

  /**
   * Calls `listener` for each event of that name. Returns a function that removes it. Throws TypeError for an event that
   * doesn't exist.
   */
  on<Name extends keyof AssociationEvents>(name: Name, listener: (event: AssociationEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener);
  }

  /** Calls `listener` for the next event of that name only. Returns a function that removes it. */
  once<Name extends keyof AssociationEvents>(
    name: Name,
    listener: (event: AssociationEvents[Name]) => void,
  ): () => void {
    return this.#core.events.once(name, listener);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<Name extends keyof AssociationEvents>(name: Name, listener: (event: AssociationEvents[Name]) => void): void {
    this.#core.events.off(name, listener);
  }

  /** As `on`, under Node's other name. */
  addListener<Name extends keyof AssociationEvents>(
    name: Name,
    listener: (event: AssociationEvents[Name]) => void,
  ): () => void {
    return this.#core.events.on(name, listener);
  }

  /** As `off`, under Node's other name: `events.once` and `events.on` need it. */
  removeListener<Name extends keyof AssociationEvents>(
    name: Name,
    listener: (event: AssociationEvents[Name]) => void,
  ): void {
    this.#core.events.off(name, listener);
  }

  #newWritable(): WritableStream<Sendable | OutgoingMessage> {
    const writable = writableOf(this.#core, {
      close: (signal) => this.close({ signal }),
      abort: (reason) => this.abort(reason === undefined ? '' : String(reason)),
      failed: () => {
        if (this.#writable === writable) this.#writable = undefined;
      },
    });
    return writable;
  }
}
