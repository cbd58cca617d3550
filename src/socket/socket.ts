import type { Endpoint } from '../address.js';
import { SEND_BYTES } from '../bridge/calls.js';
import { SctpError } from '../errors.js';
import { AF_INET, AF_INET6, SOCK_SEQPACKET, SOCK_STREAM } from '../generated/constants.js';
import type { Pump } from '../stack/pump.js';
import { Acceptor } from './acceptor.js';
import { Association, type Home, type Setup } from './association.js';
import { bind, localEndpoints } from './binding.js';
import { configure, type SocketConfig } from './config.js';
import { type ConnectOptions, Connector } from './connector.js';
import { checkWaitOptions, type WaitOptions } from './deadline.js';
import { Descriptor, type Owner } from './descriptor.js';
import { Emitter } from './emitter.js';
import type { Notification } from './notification.js';
import { readPaths } from './path.js';
import { checkPeers, type Peer } from './peers.js';

export interface SocketEvents {
  /** An association is up that no promise waits for: a peer has connected, or a detached connectx has succeeded. */
  association: Association;
}

/** What sockets of one stack share. */
export interface SocketWorld {
  readonly pump: Pump;
  readonly encapsulationPort: number | undefined;
  readonly sockets: Set<Socket>;
}

/** An SCTP socket (RFC 6458), of either style. */
export class Socket extends Emitter<SocketEvents> implements AsyncDisposable {
  readonly #world: SocketWorld;
  readonly #config: SocketConfig;
  readonly #associations = new Map<number, Association>();
  readonly #connector: Connector;
  readonly #acceptor: Acceptor;
  #descriptor: Descriptor | undefined;
  #bound: readonly Endpoint[] | undefined;
  #readAhead = 0;
  #paused = false;
  #open = true;
  #closing: Promise<void> | undefined;

  /** @internal Sockets are made by a stack, or by accepting. `handle`: of an accepted one. */
  constructor(world: SocketWorld, config: SocketConfig, handle?: number) {
    super();
    this.#world = world;
    this.#config = config;
    this.#connector = new Connector(world.pump, config);
    this.#acceptor = new Acceptor(world.pump.clock, config.style, (accepted) => this.#adopt(accepted));
    world.sockets.add(this);
    if (handle !== undefined) this.#descriptor = this.#describe(handle);
  }

  get style(): 'one-to-one' | 'one-to-many' {
    return this.#config.style;
  }

  /** The associations that are up, being set up or being shut down. */
  get associations(): readonly Association[] {
    return [...this.#associations.values()];
  }

  /** Where the socket is bound; empty while it isn't. */
  get localEndpoints(): readonly Endpoint[] {
    return this.#descriptor && this.#bound ? localEndpoints(this.#descriptor) : [];
  }

  /**
   * Binds to one or several local addresses of the stack, all with one port; port 0 takes a free one. `::` or `0.0.0.0`
   * is all of them, as is the default for a socket that isn't bound. Throws EADDRINUSE, EADDRNOTAVAIL, EINVAL.
   */
  bindx(endpoints: readonly Endpoint[]): void {
    this.#checkOpen('bindx');
    if (this.#bound) throw new SctpError('EINVAL', 'bindx: the socket is bound already', { syscall: 'bindx' });
    this.#bound = bind(this.#opened(), endpoints, this.#config.family);
  }

  /**
   * Connects to a peer that can be reached at several addresses. The addresses are tried in their order, each INIT that
   * isn't answered goes to the next one. See `docs/connectx.md` for the result and each error.
   */
  async connectx(peers: readonly Peer[], options: ConnectOptions = {}): Promise<Association> {
    return this.#connect('connectx', peers, options);
  }

  /** connectx with one address. */
  async connect(peer: Peer, options: ConnectOptions = {}): Promise<Association> {
    return this.#connect('connect', [peer], options);
  }

  /**
   * Lets peers connect, and gives the associations they set up, one after the other. `backlog`: how many may wait to be
   * taken (default 128). Ends when the socket is closed.
   */
  listen({ backlog = 128 }: { readonly backlog?: number } = {}): AsyncIterable<Association> {
    this.#checkOpen('listen');
    if (!Number.isInteger(backlog) || backlog < 1) {
      throw new SctpError('EINVAL', `listen: backlog must be 1 or more, not ${String(backlog)}`, { syscall: 'listen' });
    }
    if (this.style === 'one-to-one' && this.#associations.size > 0) {
      throw new SctpError('EISCONN', 'listen: the socket has an association', { syscall: 'listen' });
    }
    const descriptor = this.#opened();
    this.#ensureBound(descriptor);
    descriptor.call('listen', (calls, handle) => calls.listen(handle, backlog));
    this.#acceptor.listen(backlog);
    return this.#acceptor;
  }

  /** The next association that a peer has set up. */
  async accept(options: WaitOptions = {}): Promise<Association> {
    this.#checkOpen('accept');
    return this.#acceptor.accept(options);
  }

  /**
   * Closes every association as their `close` does, then the socket. Rejects with the first error of those; the socket
   * is closed all the same.
   */
  close(options: WaitOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  /** Ends at once: every association is aborted. */
  abort(reason: string = ''): void {
    this.#open = false;
    for (const association of this.associations) association.abort(reason);
    this.#end();
  }

  /** Closes as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(options: WaitOptions): Promise<void> {
    checkWaitOptions(options, 'close');
    this.#open = false;
    const closed = await Promise.allSettled(this.associations.map((association) => association.close(options)));
    this.#end();
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  #end(): void {
    this.#acceptor.end();
    this.#descriptor?.close();
    this.#world.sockets.delete(this);
  }

  #checkOpen(syscall: string): void {
    if (this.#world.pump.death) throw this.#world.pump.death;
    if (!this.#open) throw new SctpError('EBADF', `${syscall}: the socket is closed`, { syscall });
  }

  // --- connecting ---------------------------------------------------------------------------------------------------

  async #connect(syscall: string, list: readonly Peer[], options: ConnectOptions): Promise<Association> {
    this.#checkOpen(syscall);
    checkWaitOptions(options, syscall);
    const peers = checkPeers(list, this.#config.family, syscall);
    options.signal?.throwIfAborted();
    this.#checkUnconnected(syscall);
    const descriptor = this.#opened();
    this.#connector.checkUnconnected(descriptor, this.#associations, peers, syscall);
    this.#connector.checkReachable(peers, this.#bound, syscall);
    this.#ensureBound(descriptor);
    return this.#connector.connect(descriptor, peers, options, syscall, (id) => this.#add(id, descriptor));
  }

  #checkUnconnected(syscall: string): void {
    if (this.style === 'one-to-many') return;
    if (this.#acceptor.isListening) {
      throw new SctpError('EOPNOTSUPP', `${syscall}: the socket listens: use another one`, { syscall });
    }
    const [association] = this.#associations.values();
    if (association?.state === 'connecting') {
      throw new SctpError('EALREADY', `${syscall}: an association is being set up already`, { syscall });
    }
    if (association) throw new SctpError('EISCONN', `${syscall}: the socket has an association`, { syscall });
  }

  // --- the socket of the module -------------------------------------------------------------------------------------

  /** The descriptor, made when it is needed: after a one-to-one association has ended a new one takes its place. */
  #opened(): Descriptor {
    if (this.#descriptor) return this.#descriptor;
    const { pump, encapsulationPort } = this.#world;
    const domain = this.#config.family === 'IPv4' ? AF_INET : AF_INET6;
    const type = this.style === 'one-to-one' ? SOCK_STREAM : SOCK_SEQPACKET;
    const handle = pump.enter(() => pump.calls.socket(domain, type));
    if (handle < 0) throw new SctpError('ENOBUFS', 'socket: no more sockets can be had', { syscall: 'socket' });
    this.#descriptor = this.#describe(handle);
    configure(this.#descriptor, this.#config, encapsulationPort);
    if (this.#bound) bind(this.#descriptor, this.#bound, this.#config.family);
    return this.#descriptor;
  }

  #describe(handle: number): Descriptor {
    return new Descriptor(this.#world.pump, handle, this.#owner, this.#config.maxMessageBytes);
  }

  #ensureBound(descriptor: Descriptor): void {
    if (this.#bound) return;
    bind(descriptor, [{ address: this.#config.family === 'IPv4' ? '0.0.0.0' : '::', port: 0 }], this.#config.family);
  }

  readonly #owner: Owner = {
    wantsMessages: () => {
      this.#paused = this.#readAhead >= this.#config.readAheadBytes;
      return !this.#paused;
    },
    message: (id, message) => {
      const association = this.#associations.get(id);
      if (!association) return;
      this.#readAhead += message.data.length;
      association.deliver(message);
    },
    notification: (notification) => this.#notified(notification),
    oversized: (id) => this.#associations.get(id)?.abort('message too large'),
    ready: () => {
      for (const association of this.associations) association.flush();
      if (this.#descriptor) this.#acceptor.poll(this.#descriptor);
    },
    fail: (error) => {
      this.#connector.fail(error);
      for (const association of this.associations) association.ended(error);
      this.#acceptor.end(error);
    },
  };

  #notified(notification: Notification): void {
    const association = this.#associations.get(notification.associationId);
    if (notification.type !== 'association') return association?.notify(notification);
    if (this.#connector.notified(notification)) return;
    if (association) return association.notify(notification);
    if (notification.state === 'up' && this.#descriptor) this.#passive(notification, this.#descriptor);
  }

  // --- associations -------------------------------------------------------------------------------------------------

  #add(id: number, descriptor: Descriptor): Association {
    const { clock } = this.#world.pump;
    const home: Home = {
      descriptor,
      clock,
      sendQueueBytes: this.#config.sendQueueBytes,
      pieceBytes: Math.min(this.#config.sendBufferBytes, SEND_BYTES),
      taken: (bytes) => this.#taken(bytes),
      released: () => this.#released(id, descriptor),
      detached: () => this.#associations.delete(id),
    };
    const association = new Association(home, id);
    this.#associations.set(id, association);
    return association;
  }

  /** A peer has set up an association on a one-to-many socket, or a detached connectx has come through. */
  #passive(up: Notification & { type: 'association' }, descriptor: Descriptor): void {
    const association = this.#add(up.associationId, descriptor);
    association.opened(passiveSetup(descriptor, up.associationId, up.streams, up.features));
    this.#acceptor.push(association);
    this.emit('association', association);
  }

  /** A peer's association with a socket of its own. */
  #adopt(handle: number): Association {
    const socket = new Socket(this.#world, this.#config, handle);
    return socket.#accepted();
  }

  #accepted(): Association {
    const descriptor = this.#opened();
    this.#bound = [];
    const { id, streams } = this.#connector.status(descriptor);
    const association = this.#add(id, descriptor);
    association.opened(passiveSetup(descriptor, id, streams, []));
    descriptor.ready();
    return association;
  }

  #taken(bytes: number): void {
    this.#readAhead -= bytes;
    if (!this.#paused || this.#readAhead > this.#config.readAheadBytes / 2) return;
    this.#paused = false;
    this.#descriptor?.read();
  }

  #released(id: number, descriptor: Descriptor): void {
    this.#associations.delete(id);
    if (this.style === 'one-to-many') return;
    descriptor.close();
    if (this.#descriptor === descriptor) this.#descriptor = undefined;
    if (this.#bound?.length === 0) this.#end(); // an accepted socket is its association's
  }
}

function passiveSetup(
  descriptor: Descriptor,
  id: number,
  streams: Setup['streams'],
  features: Setup['features'],
): Setup {
  const added = readPaths(descriptor, id).map(({ address }) => address);
  return { tried: [], confirmed: [], dropped: [], added, streams, features, elapsedMs: 0 };
}
