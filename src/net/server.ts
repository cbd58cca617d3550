import { EventEmitter } from 'node:events';
import { type Association, SctpError, type Socket as StackSocket } from '../index.js';
import { addressesOf, either, familyOf, invalidArgument, portOf, resolved } from './arguments.js';
import type { Listener } from './events.js';
import {
  type AssociationOptions,
  type SocketAddress,
  type SocketConstructorOptions,
  sackOption,
  socketOptions,
} from './options.js';
import { acceptedSocket, type Socket } from './socket.js';
import { leaseStack, type NetworkOptions, type StackLease } from './stacks.js';

/** The options of a server. Those of associations and sockets are for the ones that it accepts. */
export interface ServerOptions extends SocketConstructorOptions, AssociationOptions, NetworkOptions {}

/** The options of `listen`. Those of associations and of the network override the server's. */
export interface ListenOptions extends AssociationOptions, NetworkOptions {
  /** The SCTP port; 0 takes a free one. */
  readonly port: number | string;
  /** The local address, or several. Default: all. */
  readonly host?: string | readonly string[] | null | undefined;
  /** The local addresses; instead of `host`. */
  readonly localAddresses?: readonly string[] | null | undefined;
  /** How many associations may wait to be accepted. Default 511. */
  readonly backlog?: number | undefined;
}

/** A peer that was refused. */
export interface DroppedPeer {
  /** Its address. */
  readonly remoteAddress: string | undefined;
  /** Its SCTP port. */
  readonly remotePort: number | undefined;
}

/** The events of a {@link Server}, with the arguments of their listeners. */
export interface ServerEventMap {
  /** The server listens. */
  listening: [];
  /** A peer has connected. */
  connection: [socket: Socket];
  /** A peer was refused, because there are `maxConnections`. */
  drop: [peer: DroppedPeer];
  /** The server doesn't listen any more. */
  close: [];
  /** The server can't listen. */
  error: [error: Error];
}

/** A server, in the manner of `net.Server`: emits `connection` with a {@link Socket} for each association that a peer sets up. */
export class Server extends EventEmitter implements AsyncDisposable {
  /** More associations at a time are aborted. Default: no limit but the stack's. */
  maxConnections: number | undefined;
  readonly #options: ServerOptions;
  readonly #sockets = new Set<Socket>();
  #isOpening = false;
  #isRef = true;
  #isWildcard = false;
  #listener: StackSocket | undefined;
  #lease: StackLease | undefined;

  constructor(
    options?: ServerOptions | ((socket: Socket) => void) | null,
    connectionListener?: (socket: Socket) => void,
  ) {
    super();
    const listener = typeof options === 'function' ? options : connectionListener;
    this.#options = typeof options === 'function' || options === null || options === undefined ? {} : options;
    if (typeof listener === 'function') this.on('connection', listener);
  }

  /** Does it listen? */
  get listening(): boolean {
    return this.#listener !== undefined;
  }

  /** The SCTP port; undefined while it doesn't listen. */
  get localPort(): number | undefined {
    return this.#listener?.localEndpoints[0]?.port;
  }

  /**
   * Listens. `listening` is emitted when peers can connect, `error` if they can't. Throws RangeError and TypeError for wrong
   * arguments, and ERR_SERVER_ALREADY_LISTEN.
   */
  listen(options: ListenOptions, listeningListener?: (() => void) | null): this;
  /** The same, with the options one after another. */
  listen(port: number | string, ...rest: readonly (string | number | (() => void) | null | undefined)[]): this;
  listen(first: ListenOptions | number | string, ...rest: readonly unknown[]): this {
    const options = typeof first === 'object' && first !== null ? first : positional(first, rest);
    if (this.#isOpening || this.listening) {
      throw Object.assign(new Error('listen: the server listens already'), { code: 'ERR_SERVER_ALREADY_LISTEN' });
    }
    const port = portOf(options.port, 'port');
    either(['host', 'localAddresses'], [options.host, options.localAddresses]);
    const addresses = addressesOf(options.localAddresses ?? options.host, 'host');
    const listener = rest.find((each) => typeof each === 'function');
    if (listener !== undefined) this.once('listening', listener as () => void);
    this.#isOpening = true;
    this.#listen({ ...this.#options, ...options }, port, addresses).catch((error: unknown) => {
      this.#isOpening = false;
      process.nextTick(() => this.emit('error', error as Error));
    });
    return this;
  }

  /** The first local address with the port, or `::` if it listens at all of them; null while it doesn't listen. */
  address(): SocketAddress | null {
    const [first] = this.#addresses();
    if (first === undefined) return null;
    return this.#isWildcard ? { address: '::', family: 'IPv6', port: first.port } : first;
  }

  /** The local addresses with the port. Throws ENOTCONN while it doesn't listen. */
  getLocalAddresses(): SocketAddress[] {
    if (this.listening) return this.#addresses();
    throw new SctpError('ENOTCONN', "getLocalAddresses: the server doesn't listen", { syscall: 'getLocalAddresses' });
  }

  /** Tells how many of its sockets are open. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(() => callback(null, this.#sockets.size));
    return this;
  }

  /**
   * Stops listening. Sockets that it has accepted stay open. `close` is emitted when the port is free. The callback gets an error if
   * the server didn't listen.
   */
  close(callback?: (error?: Error) => void): this {
    const error = this.#isOpening || this.listening ? undefined : notRunning();
    if (callback !== undefined) this.once('close', () => callback(error));
    this.#isOpening = false;
    const closed = this.#listener?.close() ?? Promise.resolve();
    this.#listener = undefined;
    const release = () => {
      this.#lease?.release();
      this.#lease = undefined;
      this.emit('close');
    };
    void closed.then(release, release);
    return this;
  }

  /** Keeps the process alive, which is the default. */
  ref(): this {
    return this.#setRef(true);
  }

  /** Lets the process end although the server listens. */
  unref(): this {
    return this.#setRef(false);
  }

  /** Closes the server as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpening && !this.listening) return;
    await new Promise<void>((resolve) => this.close(() => resolve()));
  }

  /** Calls `listener` for each event of that name. */
  override on<Name extends keyof ServerEventMap>(event: Name, listener: (...args: ServerEventMap[Name]) => void): this;
  /** Calls `listener` for each event of that name. */
  override on(event: string | symbol, listener: Listener): this;
  override on(event: string | symbol, listener: Listener): this {
    return super.on(event, listener as (...args: unknown[]) => void);
  }

  /** Calls `listener` for the next event of that name. */
  override once<Name extends keyof ServerEventMap>(
    event: Name,
    listener: (...args: ServerEventMap[Name]) => void,
  ): this;
  /** Calls `listener` for the next event of that name. */
  override once(event: string | symbol, listener: Listener): this;
  override once(event: string | symbol, listener: Listener): this {
    return super.once(event, listener as (...args: unknown[]) => void);
  }

  /** As `on`. */
  override addListener<Name extends keyof ServerEventMap>(
    event: Name,
    listener: (...args: ServerEventMap[Name]) => void,
  ): this;
  /** As `on`. */
  override addListener(event: string | symbol, listener: Listener): this;
  override addListener(event: string | symbol, listener: Listener): this {
    return super.addListener(event, listener as (...args: unknown[]) => void);
  }

  async #listen(
    options: ListenOptions & ServerOptions,
    port: number,
    names: readonly string[] | undefined,
  ): Promise<void> {
    const addresses = options.udpTransport === undefined ? await resolved(names ?? ['::']) : ['conn'];
    this.#isWildcard = names === undefined && options.udpTransport === undefined;
    const lease = await leaseStack(options, 'server', addresses);
    if (!this.#isOpening) return lease.release(); // it was closed meanwhile
    try {
      const socket = lease.stack.socket(socketOptions(options));
      if (options.sack !== undefined) socket.setOption('delayedSack', sackOption(options.sack));
      socket.bindx(addresses.map((address) => ({ address, port })));
      socket.on('association', (association) => this.#accept(association));
      socket.listen(options.backlog === undefined ? {} : { backlog: options.backlog });
      this.#listener = socket;
    } catch (error) {
      lease.release();
      throw error;
    }
    this.#lease = lease;
    this.#isOpening = false;
    if (!this.#isRef) lease.setRef(false);
    process.nextTick(() => {
      if (this.listening) this.emit('listening');
    });
  }

  #accept(association: Association): void {
    const lease = this.#lease?.again();
    if (lease === undefined) return association.abort('the server is closed');
    if (this.#sockets.size >= (this.maxConnections ?? Number.POSITIVE_INFINITY)) {
      const { address, port } = association.remoteEndpoints[0] ?? {};
      association.abort('the server has as many associations as it may');
      void association.closed.then(() => lease.release());
      this.emit('drop', { remoteAddress: address, remotePort: port });
      return;
    }
    const socket = acceptedSocket(this.#options, association, lease);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.emit('connection', socket);
  }

  #addresses(): SocketAddress[] {
    const endpoints = this.#listener?.localEndpoints ?? [];
    return endpoints.map(({ address, port }) => ({ address, family: familyOf(address) ?? '', port }));
  }

  #setRef(isRef: boolean): this {
    this.#isRef = isRef;
    this.#lease?.setRef(isRef);
    return this;
  }
}

/** `listen(port, host, backlog, callback)`: each after the port may be left out. */
function positional(port: unknown, rest: readonly unknown[]): ListenOptions {
  const given = rest.filter((each) => each !== undefined && each !== null && typeof each !== 'function');
  const [host, backlog] = [
    given.find((each) => typeof each === 'string'),
    given.find((each) => typeof each === 'number'),
  ];
  if (given.length > Number(host !== undefined) + Number(backlog !== undefined)) {
    throw invalidArgument('listen: after the port come a host, a backlog and a callback');
  }
  return { port: port as number | string, host: host as string | undefined, backlog: backlog as number | undefined };
}

function notRunning(): Error {
  return Object.assign(new Error('the server is not running'), { code: 'ERR_SERVER_NOT_RUNNING' });
}
