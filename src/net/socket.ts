import { Duplex } from 'node:stream';
import { type Association, SctpError } from '../index.js';
import { familyOf } from './arguments.js';
import type { Listener, SocketEventMap } from './events.js';
import { type MessageBuffer, messageBuffer, type SendDefaults, sendOptions } from './messages.js';
import {
  type AssociationOptions,
  awaitPeer,
  type ConnectOptions,
  hostIn,
  type Request,
  requestOf,
  type SocketAddress,
  type SocketConstructorOptions,
  sackOption,
  socketOptions,
} from './options.js';
import { type PeerInfo, peerInfoOf, type SocketStatus, socketStatusOf } from './peer-info.js';
import { leaseStack, type StackLease } from './stacks.js';
import { IncomingStream, OutgoingStream, type StreamOwner } from './streams.js';

/** Makes the socket of an association that a server has accepted. */
export let acceptedSocket: (options: SocketConstructorOptions, association: Association, lease: StackLease) => Socket;

/**
 * An association as a Duplex: each `write` is a message, and each `data` is one. In the manner of `net.Socket`, with the names
 * of node-sctp and node-lksctp.
 */
export class Socket extends Duplex {
  /** The peer's current addresses, with the state of each path. */
  get peerInfoByAddress(): Readonly<Record<string, PeerInfo>> {
    return this.#association === undefined ? {} : peerInfoOf(this.#association);
  }

  /** How many bytes of messages were received. */
  bytesRead = 0;
  /** How many bytes of messages were written. */
  bytesWritten = 0;
  readonly #defaults: SendDefaults;
  readonly #attempt = new AbortController();
  /** What its streams call. */
  readonly #owner: StreamOwner = {
    sendOn: (stream, ppid, data, done) => {
      this.bytesWritten += data.length;
      const given = { ...this.#defaults, ppid: ppid ?? this.#defaults.ppid };
      this.#send(data, { ...sendOptions(data as Buffer & MessageBuffer, given), stream }, done);
    },
    resumeReading: () => this.#receive(),
  };
  readonly #outgoing = new Map<number, OutgoingStream>();
  readonly #incoming = new Map<number, IncomingStream>();
  #association: Association | undefined;
  #lease: StackLease | undefined;
  #wanted: AssociationOptions = {};
  #isConnecting = false;
  /** Writes and the end, which wait for the association. */
  #onConnected: (() => void)[] = [];
  #isReading = false;
  #isWanted = false;
  #isRef = true;
  #idleMs = 0;
  #idle: NodeJS.Timeout | undefined;

  static {
    acceptedSocket = (options, association, lease) => {
      const socket = new Socket(options);
      socket.#establish(association, lease);
      return socket;
    };
  }

  constructor(options: SocketConstructorOptions = {}) {
    const { highWaterMark, ppid = 0, sctp_stream_id = 0, stream_id = sctp_stream_id, unordered = false } = options;
    super({
      allowHalfOpen: false, // SCTP has no half-closed state
      readableObjectMode: true, // a chunk is a message
      emitClose: false, // it is emitted with an argument
      ...(highWaterMark !== undefined && { writableHighWaterMark: highWaterMark }),
    });
    this.#defaults = { ppid, stream_id: stream_id || 0, unordered };
  }

  // --- set-up -------------------------------------------------------------------------------------------------------

  /**
   * Sets an association up. `connect` is emitted when it is up, `error` if it fails. Throws RangeError and TypeError for wrong
   * arguments.
   */
  connect(options: ConnectOptions, connectListener?: () => void): this;
  /** The same, with an SCTP port and a host. */
  connect(port: number | string, host?: string, connectListener?: () => void): this;
  connect(first: ConnectOptions | number | string, ...rest: readonly unknown[]): this {
    const options = typeof first === 'object' ? first : { port: first, host: hostIn(rest) };
    const listener = rest.find((each) => typeof each === 'function');
    if (this.#isConnecting || this.#association !== undefined) return this; // as in node-sctp
    const request = requestOf(options);
    if (listener !== undefined) this.once('connect', listener as () => void);
    this.#isConnecting = true;
    this.#wanted = options;
    this.#connect(options, request).catch((error: unknown) => this.destroy(error as Error));
    return this;
  }

  /** True until the association is up. */
  get connecting(): boolean {
    return this.#isConnecting;
  }

  /** True until the association is up. */
  get pending(): boolean {
    return this.#association === undefined;
  }

  /** `opening`, `open`, `readOnly` after `end()`, or `closed`. */
  get readyState(): 'opening' | 'open' | 'readOnly' | 'closed' {
    if (this.#isConnecting) return 'opening';
    if (this.destroyed || this.#association === undefined) return 'closed';
    return this.writableEnded ? 'readOnly' : 'open';
  }

  /** The association of `usrsctp-wasm`, with everything that this API doesn't have; undefined until it is up. */
  get association(): Association | undefined {
    return this.#association;
  }

  /** How many inbound streams there are; before the association is up: how many were asked for. */
  get MIS(): number | undefined {
    return this.#association?.setup.streams.inbound ?? this.#wanted.MIS;
  }

  /** How many outbound streams there are; before the association is up: how many were asked for. */
  get OS(): number | undefined {
    return this.#association?.setup.streams.outbound ?? this.#wanted.OS;
  }

  // --- addresses ----------------------------------------------------------------------------------------------------

  /** The local address of the primary path. */
  get localAddress(): string | undefined {
    const primary = this.#association?.paths().find((path) => path.primary);
    return primary?.local ?? this.localAddresses[0];
  }

  /** The local addresses of the association; they may change. */
  get localAddresses(): string[] {
    return this.#association?.localEndpoints.map(({ address }) => address) ?? [];
  }

  /** The local SCTP port. */
  get localPort(): number | undefined {
    return this.#association?.localPort;
  }

  /** `IPv4` or `IPv6`. */
  get localFamily(): 'IPv4' | 'IPv6' | undefined {
    return familyOf(this.localAddress);
  }

  /** The peer's address of the primary path. */
  get remoteAddress(): string | undefined {
    const paths = this.#association?.paths() ?? [];
    return (paths.find((path) => path.primary) ?? paths[0])?.address;
  }

  /** The peer's addresses; they may change. */
  get remoteAddresses(): string[] {
    return this.#association?.remoteEndpoints.map(({ address }) => address) ?? [];
  }

  /** The peer's SCTP port. */
  get remotePort(): number | undefined {
    return this.#association?.remotePort;
  }

  /** `IPv4` or `IPv6`. */
  get remoteFamily(): 'IPv4' | 'IPv6' | undefined {
    return familyOf(this.remoteAddress);
  }

  /** The local address of the primary path with its port; empty before the association is up. */
  address(): SocketAddress | Record<string, never> {
    const { localAddress: address, localFamily: family, localPort: port } = this;
    return address === undefined || family === undefined || port === undefined ? {} : { address, family, port };
  }

  // --- streams and options ------------------------------------------------------------------------------------------

  /**
   * The outgoing stream with that number; always the same object. Throws RangeError for a stream that the association doesn't
   * have.
   */
  createStream(id: number = 0, ppid?: number): OutgoingStream {
    const known = this.#outgoing.get(id);
    if (known !== undefined) return known;
    if (!Number.isInteger(id) || id < 0 || id >= (this.OS ?? 65_536)) {
      throw new RangeError(
        `createStream: a stream is 0 to ${(this.OS ?? 65_536) - 1}, not ${id}: see OS and the peer's MIS`,
      );
    }
    const stream = new OutgoingStream(this.#owner, id, ppid);
    this.#outgoing.set(id, stream);
    return stream;
  }

  /** Sends small messages at once, which is the default, or collects them. */
  setNoDelay(noDelay: boolean = true): this {
    return this.#whenConnected((association, { stack }) => {
      const own = stack.sockets.find(({ associations }) => associations.includes(association));
      own?.setOption('noDelay', noDelay);
    });
  }

  /** Turns HEARTBEATs on idle paths on or off. `delayMs`: their interval. By default they are on. */
  setKeepAlive(enable: boolean = false, delayMs: number = 0): this {
    return this.#whenConnected((association) => {
      association.setOption('pathParameters', {
        heartbeat: enable,
        ...(enable && delayMs > 0 && { heartbeatMs: delayMs }),
      });
    });
  }

  /** Emits `timeout` when nothing was sent or received for that time, in ms; 0: never. */
  setTimeout(idleMs: number, listener?: () => void): this {
    if (!(idleMs >= 0)) throw new RangeError('setTimeout: give 0 ms or more');
    if (listener !== undefined) this.once('timeout', listener);
    this.#idleMs = idleMs;
    this.#active();
    return this;
  }

  /** Sets the lifetime of State Cookies in ms, as in node-sctp. Other fields of SCTP_ASSOCINFO are ignored. */
  SCTP_ASSOCINFO(options: { readonly valid_cookie_life?: number }): void {
    const { valid_cookie_life: cookieLifeMs } = options;
    if (cookieLifeMs !== undefined) this.#association?.setOption('associationParameters', { cookieLifeMs });
  }

  /** The state of the association. Throws ENOTCONN before it is up, and if it ended before it was read. */
  status(): SocketStatus {
    if (this.#association === undefined) throw this.#notConnected('status');
    return socketStatusOf(this.#association);
  }

  /** Keeps the process alive, which is the default. */
  ref(): this {
    return this.#setRef(true);
  }

  /** Lets the process end although the socket is open. */
  unref(): this {
    return this.#setRef(false);
  }

  // --- events -------------------------------------------------------------------------------------------------------

  /** Calls `listener` for each event of that name. */
  override on<Name extends keyof SocketEventMap>(event: Name, listener: (...args: SocketEventMap[Name]) => void): this;
  /** Calls `listener` for each event of that name. */
  override on(event: string | symbol, listener: Listener): this;
  override on(event: string | symbol, listener: Listener): this {
    if (event === 'stream') this.#readStreams();
    return super.on(event, listener as (...args: unknown[]) => void);
  }

  /** Calls `listener` for the next event of that name. */
  override once<Name extends keyof SocketEventMap>(
    event: Name,
    listener: (...args: SocketEventMap[Name]) => void,
  ): this;
  /** Calls `listener` for the next event of that name. */
  override once(event: string | symbol, listener: Listener): this;
  override once(event: string | symbol, listener: Listener): this {
    if (event === 'stream') this.#readStreams();
    return super.once(event, listener as (...args: unknown[]) => void);
  }

  /** As `on`. */
  override addListener<Name extends keyof SocketEventMap>(
    event: Name,
    listener: (...args: SocketEventMap[Name]) => void,
  ): this;
  /** As `on`. */
  override addListener(event: string | symbol, listener: Listener): this;
  override addListener(event: string | symbol, listener: Listener): this {
    if (event === 'stream') this.#readStreams();
    return super.addListener(event, listener as (...args: unknown[]) => void);
  }

  // --- what node:stream calls ---------------------------------------------------------------------------------------

  /** Is called by `node:stream`. */
  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.bytesWritten += data.length;
    this.#send(data, sendOptions(data as Buffer & MessageBuffer, this.#defaults), done);
  }

  /** Is called by `node:stream`. */
  override _final(done: (error?: Error | null) => void): void {
    if (this.#association === undefined) {
      if (this.#isConnecting) this.#onConnected.push(() => this._final(done));
      else done();
      return;
    }
    const association = this.#association;
    const written = [...this.#outgoing.values()].map((stream) => stream.finished());
    void Promise.all(written).then(() => {
      if (this.destroyed) return;
      // `finish` doesn't wait for the peer, which may have much to receive and to send before it is done.
      association.close().catch((error: unknown) => this.destroy(error as Error));
      done();
    });
  }

  /** Is called by `node:stream`. */
  override _read(): void {
    this.#isWanted = true;
    this.#receive();
  }

  /** Is called by `node:stream`. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#attempt.abort();
    this.#isConnecting = false;
    for (const stream of this.#incoming.values()) stream.destroy();
    for (const stream of this.#outgoing.values()) stream.destroy();
    const association = this.#association;
    const isOver = error === null && this.readableEnded && this.writableFinished;
    if (association !== undefined && !isOver && association.state !== 'closed') association.abort(error?.message);
    const ended = association?.closed ?? Promise.resolve();
    void ended.then(() => {
      this.#lease?.release();
      done(error);
      process.nextTick(() => this.emit('close', error !== null)); // after the event `error`
    });
  }

  // --- inside -------------------------------------------------------------------------------------------------------

  async #connect(options: ConnectOptions, { peers, local }: Request): Promise<void> {
    const own = local?.map(({ address }) => address);
    const lease = await leaseStack(options, 'client', own);
    if (this.destroyed) return lease.release();
    try {
      const { signal } = options;
      const signals = [this.#attempt.signal, ...(signal === undefined ? [] : [signal])];
      const socket = lease.stack.socket(socketOptions(options));
      if (options.sack !== undefined) socket.setOption('delayedSack', sackOption(options.sack));
      const limits = { signal: AbortSignal.any(signals), ...(options.lookup && { lookup: options.lookup }) };
      const association = options.passive
        ? await awaitPeer(socket, peers, local, limits.signal)
        : await socket.connectx(peers, { ...limits, ...(local && { local }) });
      if (this.destroyed) {
        association.abort();
        return lease.release();
      }
      this.#establish(association, lease);
    } catch (error) {
      lease.release();
      if (!this.destroyed) throw error;
      return;
    }
    process.nextTick(() => {
      if (this.destroyed) return;
      this.emit('connect');
      this.emit('ready');
    });
  }

  #establish(association: Association, lease: StackLease): void {
    this.#association = association;
    this.#lease = lease;
    this.#isConnecting = false;
    if (!this.#isRef) lease.setRef(false);
    association.on('path', (event) => {
      this.emit('notification', { type: 'path', ...event });
      if (event.change === 'added' || event.change === 'removed' || event.change === 'primary')
        this.emit('address-change');
      this.emit('peer-info-update');
    });
    association.on('restart', () => {
      this.emit('notification', { type: 'restart' });
      this.emit('restart');
    });
    association.on('shutdown', () => this.emit('notification', { type: 'shutdown' }));
    association.on('sendFailed', (failure) => this.emit('notification', { type: 'sendFailed', ...failure }));
    for (const waiting of this.#onConnected.splice(0)) waiting();
    this.#active();
    this.#readStreams();
    this.read(0); // so that the end, or an error, is noticed although nobody reads, as in `net`
    this.#receive(); // if it was asked for before
  }

  /** Reads if somebody listens to streams only: nobody else would take the messages. */
  #readStreams(): void {
    setImmediate(() => {
      const isWanted = this.#association !== undefined && this.listenerCount('stream') > 0;
      if (isWanted && this.readableFlowing === null) this.resume();
    });
  }

  /** Receives the next message if there is room for it. */
  #receive(): void {
    const association = this.#association;
    const isFull = [...this.#incoming.values()].some((stream) => stream.isFull);
    if (association === undefined || this.#isReading || !this.#isWanted || isFull || this.destroyed) return;
    this.#isReading = true;
    association.receive().then(
      (message) => {
        this.#isReading = false;
        if (this.destroyed) return;
        if (message === undefined) return this.#ended();
        this.#deliver(messageBuffer(message));
      },
      (error: unknown) => {
        this.#isReading = false;
        this.destroy(error as Error);
      },
    );
  }

  #deliver(message: MessageBuffer): void {
    this.bytesRead += message.length;
    this.#active();
    if (this.listenerCount('stream') > 0) {
      const { sid } = message;
      let stream = this.#incoming.get(sid);
      if (stream === undefined) {
        stream = new IncomingStream(this.#owner, sid);
        this.#incoming.set(sid, stream);
        this.emit('stream', stream, sid);
      }
      stream.deliver(message);
    }
    this.#isWanted = this.push(message);
    this.#receive();
  }

  /** The peer has shut the association down. */
  #ended(): void {
    for (const stream of this.#incoming.values()) stream.push(null);
    this.push(null);
    if (this.readableLength === 0) this.read(0); // `end` is emitted although nobody reads, as in `net`
  }

  #send(
    data: Buffer,
    options: { readonly ppid: number; readonly stream: number; readonly unordered: boolean },
    done: (error?: Error | null) => void,
  ): void {
    const association = this.#association;
    if (data.length === 0) return done(); // SCTP has no empty messages
    if (association === undefined) {
      if (this.#isConnecting) this.#onConnected.push(() => this.#send(data, options, done));
      else done(this.#notConnected('write'));
      return;
    }
    this.#active();
    association.send(data, options).then(() => done(), done);
  }

  /** Calls a function now, or when the association is up. */
  #whenConnected(apply: (association: Association, lease: StackLease) => void): this {
    if (this.#association !== undefined && this.#lease !== undefined) apply(this.#association, this.#lease);
    else this.#onConnected.push(() => this.#whenConnected(apply));
    return this;
  }

  #notConnected(syscall: string): SctpError {
    return new SctpError('ENOTCONN', `${syscall}: the socket isn't connected: wait for 'connect'`, { syscall });
  }

  #setRef(isRef: boolean): this {
    this.#isRef = isRef;
    this.#lease?.setRef(isRef);
    return this;
  }

  /** Something was sent or received. */
  #active(): void {
    if (this.#idle === undefined && this.#idleMs === 0) return;
    clearTimeout(this.#idle);
    this.#idle = undefined;
    if (this.#idleMs === 0 || this.destroyed) return;
    this.#idle = setTimeout(() => this.emit('timeout'), this.#idleMs).unref();
  }
}
