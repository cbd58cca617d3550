import type { Endpoint } from '../address.js';
import { checkObject, shown } from '../arguments.js';
import type { Association } from '../association/association.js';
import type { SocketEvents } from '../association/events.js';
import { SctpError } from '../errors.js';
import type { OptionTarget } from '../options/access.js';
import type { SocketConfig } from '../options/socket-options.js';
import { failed } from '../stack/socket/errors.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { checkWaitOptions, type WaitOptions } from '../wait.js';
import type { AssociationTable } from './association-table.js';
import { checkEndpoints } from './binding.js';
import type { Connector } from './connect/connector.js';
import { checkLocals } from './connect/local-addresses.js';
import type { ConnectOptions, LocalAddress } from './connect/options.js';
import type { Peer } from './connect/peers.js';
import { type Outside, SocketCore } from './core.js';
import { SendingToAll } from './send-all.js';
import type { StackContext } from './stack-context.js';

/** An SCTP socket (RFC 6458), of either style. */
export class Socket extends SendingToAll<SocketEvents> implements AsyncDisposable {
  static {
    // A class whose body uses its own name gets another one from esbuild: _Socket.
    Object.defineProperty(Socket, 'name', { value: 'Socket' });
  }
  readonly #world: StackContext;
  readonly #config: SocketConfig;
  readonly #workings: SocketCore;
  #open = true;
  #isAccepted = false;
  /** Of an accepted socket. */
  #association: Association | undefined;

  /** @internal Sockets are made by a stack, or by accepting. `handle`: of an accepted one. */
  constructor(world: StackContext, config: SocketConfig, handle?: number) {
    super();
    this.#world = world;
    this.#config = config;
    this.#workings = new SocketCore(world, config, new Socket.#Outside(this), handle);
  }

  protected override optionTarget(): OptionTarget {
    this.#checkOpen('option');
    return { moduleSocket: this.#workings.ground.opened(), associationId: 0, kept: this.#workings.ground.kept };
  }

  /** `one-to-one` or `one-to-many`, as it was made. */
  get style(): 'one-to-one' | 'one-to-many' {
    return this.#config.style;
  }

  override get associations(): readonly Association[] {
    return this.#workings.associations.list;
  }

  /** Where the socket is bound; empty while it isn't. */
  get localEndpoints(): readonly Endpoint[] {
    return this.#workings.ground.localEndpoints;
  }

  /**
   * Binds to one or several local addresses of the stack, all with one port; port 0 takes a free one. `::` or `0.0.0.0`
   * is all of them, as is the default for a socket that isn't bound. Throws EADDRINUSE, EADDRNOTAVAIL, EINVAL.
   */
  bindx(endpoints: readonly Endpoint[]): void {
    this.#checkOpen('bindx');
    this.#workings.ground.bind(checkEndpoints(endpoints, this.#config.family, 'bindx'), 'bindx');
  }

  /**
   * Adds local addresses to a socket that is bound to single ones. Its associations tell their peers (ASCONF, RFC 5061),
   * and use the addresses when those have agreed. Throws EADDRNOTAVAIL, EADDRINUSE, EINVAL for a wildcard or a socket
   * that is bound to one.
   */
  addLocal(addresses: readonly LocalAddress[]): void {
    this.#checkOpen('addLocal');
    this.#workings.ground.add(checkLocals(addresses, this.#config.family, 'addLocal'), 'addLocal');
  }

  /** Takes local addresses away, as `addLocal` adds them. Throws EINVAL for the last one, EADDRNOTAVAIL. */
  removeLocal(addresses: readonly LocalAddress[]): void {
    this.#checkOpen('removeLocal');
    this.#workings.ground.remove(checkLocals(addresses, this.#config.family, 'removeLocal'), 'removeLocal');
  }

  /**
   * Connects to a peer that can be reached at several addresses. The addresses are tried in their order, each INIT that
   * isn't answered goes to the next one. See `docs/connectx.md` for the result and each error.
   */
  connectx(peers: readonly Peer[], options: ConnectOptions = {}): Promise<Association> {
    return promised(() => Socket.#connectorOf(this, 'connectx').connect('connectx', peers, options));
  }

  /** connectx with one address. */
  connect(peer: Peer, options: ConnectOptions = {}): Promise<Association> {
    return promised(() => Socket.#connectorOf(this, 'connect').connect('connect', [peer], options));
  }

  /**
   * Gives an association of a one-to-many socket a one-to-one socket of its own, which ends with it. May be called at any
   * time, also by a listener: what is read of the association and not told yet, and what waits to be sent, goes with it.
   * Throws EINVAL when it is none of this socket's or has ended, EOPNOTSUPP on a one-to-one socket, EINPROGRESS while the
   * association is being set up.
   */
  peeloff(association: { readonly id: number }): Socket {
    checkObject(association, 'the association', 'peeloff');
    const { id } = association;
    this.#checkOpen('peeloff');
    const own = this.#workings.associations.byId.get(id);
    const { moduleSocket } = this.#workings.ground;
    if (this.style === 'one-to-one') throw failed('EOPNOTSUPP', 'peeloff: the association has a socket of its own');
    if (!own || own !== association || !moduleSocket) {
      throw failed('EINVAL', `peeloff: the association (id ${shown(id)}) is none of this socket's`);
    }
    if (own.state === 'connecting') throw failed('EINPROGRESS', 'peeloff: the association is being set up');
    // One entry: nothing may be sent or told while usrsctp and the sockets here disagree on whose the association is.
    return this.#world.pump.enter(() => {
      const handle = moduleSocket.call('peeloff', (calls, from) => calls.peeloff(from, id));
      const socket = new Socket(this.#world, { ...this.#config, style: 'one-to-one' }, handle);
      socket.#adopt(own, moduleSocket, this.#workings.associations);
      return socket;
    });
  }

  /**
   * Lets peers connect, and gives the associations they set up, one after the other. `backlog`: how many may wait to be
   * taken (default 128); a further peer gets no answer before there is room (one-to-one; it tries on until its own
   * limits), or is aborted (one-to-many). Ends when the socket is closed.
   */
  listen(options: { readonly backlog?: number } = {}): AsyncIterable<Association> {
    checkObject(options, 'the options', 'listen');
    const { backlog = 128 } = options;
    this.#checkOpen('listen');
    if (!Number.isInteger(backlog) || backlog < 1) {
      throw failed('EINVAL', `listen: backlog must be 1 or more, not ${shown(backlog)}`);
    }
    if (this.style === 'one-to-one' && this.associations.length > 0) {
      throw failed('EISCONN', 'listen: the socket has an association');
    }
    const moduleSocket = this.#workings.ground.bound();
    moduleSocket.call('listen', (calls, handle) => calls.listen(handle, backlog));
    this.#workings.acceptor.listen(backlog, moduleSocket);
    return this.#workings.acceptor;
  }

  /** The next association that a peer has set up. */
  accept(options: WaitOptions = {}): Promise<Association> {
    return promised(() => {
      this.#checkOpen('accept');
      return this.#workings.acceptor.accept(options);
    });
  }

  /**
   * Accepts nothing more, closes every association as their `close` does, then the socket. Rejects with the first error
   * of those; the socket is closed all the same.
   */
  async close(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options, 'close');
    this.#stop();
    const closed = await Promise.allSettled(this.associations.map((association) => association.close(options)));
    this.#end();
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  /** Ends at once: every association is aborted. The peers are told the reason, up to 504 bytes of UTF-8. */
  abort(reason: string = ''): void {
    if (typeof reason !== 'string') throw new TypeError('abort: the reason must be a string');
    this.#stop();
    for (const association of this.associations) association.abort(reason);
    this.#end();
  }

  /** Closes as `close` does; messages that nobody has received by then are dropped. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.discard();
    await this.close();
  }

  /** @internal Nobody will receive any more. */
  discard(): void {
    for (const association of this.associations) association.discard();
  }

  /** From now on nothing new begins, and what was begun and nobody has yet is given up. */
  #stop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#workings.stop(() => new SctpError('EBADF', 'the socket was closed meanwhile', { syscall: 'close' }));
  }

  #end(): void {
    this.#workings.ground.end();
  }

  /** A method that was taken off its socket meets anything as `this`: ENOTSOCK. */
  static #connectorOf(it: Socket | undefined, syscall: string): Connector {
    if (typeof it !== 'object' || it === null || !(#workings in it)) {
      throw Object.assign(new TypeError(`${syscall}: this is no socket`), { code: 'ENOTSOCK' });
    }
    it.#checkOpen(syscall);
    return it.#workings.connector;
  }

  #checkOpen(syscall: string): void {
    if (!this.#open) throw new SctpError('EBADF', `${syscall}: the socket is closed`, { syscall });
    if (this.#world.pump.death) throw this.#world.pump.death;
    if (this.#world.isClosing) throw new SctpError('ENETDOWN', `${syscall}: the stack is closed`, { syscall });
  }

  static readonly #Outside = class implements Outside {
    readonly #socket: Socket;

    constructor(socket: Socket) {
      this.#socket = socket;
    }

    used(isUsed: boolean): void {
      const socket = this.#socket;
      if (isUsed) socket.#world.sockets.add(socket);
      else socket.#world.sockets.delete(socket);
    }

    isUp(association: Association): void {
      this.#socket.#association = association;
      this.#socket.emit('association', association);
    }

    /** A peer's association with a socket of its own; undefined when it has gone without a word. */
    adopt(handle: number): Association | undefined {
      return new Socket(this.#socket.#world, this.#socket.#config, handle).#accepted();
    }

    /** An accepted socket was its association's. */
    ended(): void {
      if (this.#socket.#isAccepted) this.#socket.#open = false;
    }
  };

  /** Its first notification says that it is up, and as what; it may have ended meanwhile, with messages to receive. */
  #accepted(): Association | undefined {
    this.#isAccepted = true;
    this.#workings.ground.moduleSocket?.ready();
    const association = this.#association;
    this.#association = undefined;
    if (!association) this.#end();
    return association;
  }

  /** It was peeled off for this association. */
  #adopt(association: Association, from: ModuleSocket, associations: AssociationTable): void {
    this.#isAccepted = true;
    const moduleSocket = this.#workings.ground.opened();
    moduleSocket.adopt(association.id, from);
    this.#workings.associations.adopt(association, moduleSocket, associations);
  }
}

/** As an async function does; but a promise is itself, where that would make two more. */
function promised<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}
