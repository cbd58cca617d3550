import type { Endpoint } from '../address.js';
import type { Association } from '../association/association.js';
import type { Sendable, SendOptions } from '../association/messages/send-options.js';
import type { OptionScope, QueryArguments } from '../options/access.js';
import { type Authentication, authenticationOf } from '../options/authentication.js';
import type { OptionInput, OptionName, OptionValue } from '../options/table.js';
import type { WaitOptions } from '../wait.js';
import { checkEndpoints } from './binding.js';
import { checkLocals } from './connect/local-addresses.js';
import type { ConnectOptions, LocalAddress } from './connect/options.js';
import type { Peer } from './connect/peers.js';
import type { SocketCore } from './core.js';
import type { SocketEvents } from './events.js';
import { type SendAllResult, sendToAll } from './send-all.js';
import type { SocketMessage } from './socket-receiver.js';
import type { SocketSendOptions } from './socket-send.js';

/** The socket with this inside: always the same object. */
export let socketOf: (core: SocketCore) => Socket;

/** The inside of a socket; undefined for anything else. */
let coreOf: (socket: unknown) => SocketCore | undefined;

const NO_OPTIONS = {};

/** An SCTP socket (RFC 6458), one-to-one or one-to-many. */
export class Socket implements AsyncDisposable {
  readonly #core: SocketCore;
  #authentication: Authentication | undefined;

  private constructor(core: SocketCore) {
    this.#core = core;
  }

  static {
    socketOf = (core) => core.facade(() => new this(core));
    coreOf = (socket) => (typeof socket === 'object' && socket && #core in socket ? socket.#core : undefined);
  }

  /** `one-to-one` or `one-to-many`. */
  get style(): 'one-to-one' | 'one-to-many' {
    return this.#core.config.style;
  }

  /** The associations that are up, being set up or being shut down. */
  get associations(): readonly Association[] {
    return this.#core.associations.list;
  }

  /** The local endpoints to which the socket is bound; empty if it isn't bound. */
  get localEndpoints(): readonly Endpoint[] {
    return this.#core.moduleSocket.localEndpoints;
  }

  // --- binding ------------------------------------------------------------------------------------------------------

  /**
   * Binds to one or several local addresses of the stack, all with the same port. Port 0 takes a free one. `::` or
   * `0.0.0.0` is all addresses, which is also the default for a socket that isn't bound. Throws EADDRINUSE,
   * EADDRNOTAVAIL, EINVAL.
   */
  bindx(endpoints: readonly Endpoint[]): void {
    const { config, moduleSocket } = this.#open('bindx');
    moduleSocket.bind(checkEndpoints(endpoints, config.family, 'bindx'), 'bindx');
  }

  /**
   * Adds local addresses to a socket that is bound to named addresses. Its associations tell their peers (ASCONF, RFC
   * 5061) and use the addresses when the peers have agreed. Throws EADDRNOTAVAIL, EADDRINUSE, and EINVAL for a wildcard
   * address or a socket that is bound to one.
   */
  addLocal(addresses: readonly LocalAddress[]): void {
    const { config, moduleSocket } = this.#open('addLocal');
    moduleSocket.add(checkLocals(addresses, config.family, 'addLocal'), 'addLocal');
  }

  /** Removes local addresses, as `addLocal` adds them. Throws EINVAL for the last one, EADDRNOTAVAIL. */
  removeLocal(addresses: readonly LocalAddress[]): void {
    const { config, moduleSocket } = this.#open('removeLocal');
    moduleSocket.remove(checkLocals(addresses, config.family, 'removeLocal'), 'removeLocal');
  }

  // --- associations -------------------------------------------------------------------------------------------------

  /**
   * Connects to a peer with several addresses. They are tried in order: each INIT without an answer goes to the next
   * one. `docs/connectx.md` describes the result and all errors.
   */
  connectx(peers: readonly Peer[], options: ConnectOptions = NO_OPTIONS): Promise<Association> {
    return connect(this, 'connectx', peers, options);
  }

  /** connectx with one address. */
  connect(peer: Peer, options: ConnectOptions = NO_OPTIONS): Promise<Association> {
    return connect(this, 'connect', [peer], options);
  }

  /**
   * Lets peers connect. Returns the associations that they set up, one after another, until the socket is closed. You
   * take them in one of three ways: iterate over the result, call `accept`, or listen to the event `association`.
   * Associations wait until they are taken. The event is emitted for each of them; if you have begun to iterate or
   * called `accept`, the event doesn't take any.
   *
   * `backlog`: how many may wait. One-to-one: 511 by default, 32,767 at most; beyond it COOKIE ECHOs aren't answered, so
   * that peers try again after a second. As many peers may connect at the same moment. One-to-many: no limit by default,
   * except the stack's `associations`; beyond it new associations are aborted.
   */
  listen(options: { readonly backlog?: number } = NO_OPTIONS): AsyncIterable<Association> {
    return this.#core.listen(options);
  }

  /** The next association that a peer has set up: see `listen`. */
  async accept(options: WaitOptions = NO_OPTIONS): Promise<Association> {
    return this.#open('accept').acceptor.accept(options);
  }

  /**
   * Moves an association of a one-to-many socket to a one-to-one socket of its own, which ends with the association.
   * You may call it at any time, also in a listener: events that haven't been emitted yet and messages that wait are
   * moved, too. Throws EINVAL if the association isn't one of this socket or has ended, EOPNOTSUPP on a one-to-one
   * socket, EINPROGRESS during the set-up.
   */
  peeloff(association: { readonly id: number }): Socket {
    return socketOf(this.#core.peeloff(association));
  }

  /**
   * Sends a message to every association of the socket. Resolves when each one has taken it or failed; the slowest one
   * is the back-pressure. An association that fails, is still being set up, has no such stream or has too much waiting
   * doesn't keep the others from getting the message; the result lists it. Rejects, with nothing sent, for an invalid
   * message or option.
   *
   * usrsctp's own SCTP_SENDALL is available from `usrsctp-wasm/raw`: it takes 1,432 bytes at most, overtakes waiting
   * messages, ignores the limit of the send buffer and reports no failures (sctp_output.c, sctp_sendall_iterator).
   */
  sendAll(data: Sendable, options: SendOptions = NO_OPTIONS): Promise<SendAllResult> {
    return sendToAll(this.associations, data, options);
  }

  /**
   * The next message of any association of a one-to-many socket, with its association. Associations take turns, and the
   * messages of each come in order. Associations needn't be accepted then. Messages for which someone waits at the
   * association (`association.receive`, a stream) go there. How an association ends is told by the association only
   * (`closed`). Resolves with undefined when the socket is closed and everything is received. If you stop receiving, the
   * receive windows close, as with `association.receive`. Rejects with EOPNOTSUPP on a one-to-one socket, ETIMEDOUT.
   */
  receive(options: WaitOptions = NO_OPTIONS): Promise<SocketMessage | undefined> {
    return this.#core.receive(options);
  }

  /**
   * Sends a message of a one-to-many socket to one of its associations or to a peer. If there is no association with the
   * peer, it is set up first (RFC 6458 §3.2). Resolves with the association when the stack has taken the message.
   * Rejects as `association.send` and `connectx` do, with EINVAL for an association that isn't one of this socket, and
   * with EOPNOTSUPP on a one-to-one socket.
   */
  send(data: Sendable, options: SocketSendOptions): Promise<Association> {
    return this.#core.send(data, options);
  }

  // --- end ----------------------------------------------------------------------------------------------------------

  /**
   * Stops listening and aborts the associations that nobody has taken, closes every association of `associations` as its
   * `close` does, then closes the socket. Associations that a one-to-one socket has accepted have sockets of their own,
   * and stay open: `stack.close()` closes them, too. Rejects with the first error of the associations; the socket is
   * closed all the same.
   */
  close(options: WaitOptions = NO_OPTIONS): Promise<void> {
    return this.#core.close(options);
  }

  /** Aborts every association and closes the socket. The peers are told the reason, up to 504 bytes of UTF-8. */
  abort(reason: string = ''): void {
    this.#core.abort(reason);
  }

  /** Closes the socket as `close` does, but drops unreceived messages. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#core.discard();
    await this.close();
  }

  // --- options ------------------------------------------------------------------------------------------------------

  /** The keys, and the chunks that must be authenticated (RFC 4895), of associations to come. */
  get authentication(): Authentication {
    this.#authentication ??= authenticationOf(this.#core.options);
    return this.#authentication;
  }

  /**
   * The value of an option. Some options need a query, such as `{ stream }`. Throws EINVAL for an option that can't be
   * read from a socket, and usrsctp's error.
   */
  getOption<N extends OptionName>(name: N, ...query: QueryArguments<N>): OptionValue<N> {
    return this.#core.options.get(name, ...query);
  }

  /**
   * Sets an option for the socket and its associations to come. Fields that you leave out keep their values. Throws
   * EINVAL for an option that can't be set on a socket, TypeError for a value of the wrong type, and usrsctp's error.
   */
  setOption<N extends OptionName>(name: N, value: OptionInput<N>, at?: OptionScope): void {
    this.#core.options.set(name, value, at);
  }

  // --- events -------------------------------------------------------------------------------------------------------

  /**
   * Calls `listener` for each event of that name. Returns a function that removes it. Throws TypeError for an event that
   * doesn't exist.
   */
  on<Name extends keyof SocketEvents>(name: Name, listener: (event: SocketEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener);
  }

  /** Calls `listener` for the next event of that name only. Returns a function that removes it. */
  once<Name extends keyof SocketEvents>(name: Name, listener: (event: SocketEvents[Name]) => void): () => void {
    return this.#core.events.once(name, listener);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<Name extends keyof SocketEvents>(name: Name, listener: (event: SocketEvents[Name]) => void): void {
    this.#core.events.off(name, listener);
  }

  /** As `on`, under Node's other name. */
  addListener<Name extends keyof SocketEvents>(name: Name, listener: (event: SocketEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener);
  }

  /** As `off`, under Node's other name: `events.once` and `events.on` need it. */
  removeListener<Name extends keyof SocketEvents>(name: Name, listener: (event: SocketEvents[Name]) => void): void {
    this.#core.events.off(name, listener);
  }

  #open(syscall: string): SocketCore {
    this.#core.checkOpen(syscall);
    return this.#core;
  }
}

/** A method that was detached from its socket can be called with anything as `this`: ENOTSOCK. */
async function connect(
  socket: Socket,
  syscall: 'connect' | 'connectx',
  peers: readonly Peer[],
  options: ConnectOptions,
): Promise<Association> {
  const core = coreOf(socket);
  if (!core) throw Object.assign(new TypeError(`${syscall}: this is no socket`), { code: 'ENOTSOCK' });
  core.checkOpen(syscall);
  return core.connector.connect(syscall, peers, options);
}
