import { type Address, CONN } from '../address.js';
import { Calls } from '../bridge/calls.js';
import { type Handle, type Instance, instantiate, isTrap } from '../bridge/instance.js';
import type { Clock } from '../clock.js';
import { type ErrorCode, SctpError } from '../errors.js';
import type { WasmModule } from '../lib-types.js';
import type { Packet } from '../packet.js';
import type { Random } from '../random.js';
import type { PacketTooBig, Transport } from '../transport/transport.js';
import { uncaught } from '../uncaught.js';
import { ConnOutbox, type ConnPacket, overConn, receiveConn } from './conn.js';
import { DeadlineTimer } from './deadline-timer.js';
import { StackHost } from './host.js';
import { Interfaces, tellChanges, tellTooBig } from './interfaces.js';
import { LinkState } from './link-state.js';
import { Wire } from './wire.js';

/** Listens to a socket of the module. */
export interface SocketListener {
  /** There is something to read, an association to accept, or room to send. */
  ready(): void;
  /** The stack has stopped: the module can't be called any more. */
  fail(error: SctpError): void;
}

/** Sees the packets that leave, before the transport does. It must not call the module. */
export type Tap = (packet: Packet) => void;

/** Sees the packets that arrive, before the module does. It must not call the module. */
export type ArrivalTap = (packets: readonly Packet[]) => void;

/** Is called when the network reports that it can't reach a destination. */
export type UnreachableListener = (destination: Address, code: ErrorCode, reason: string | undefined) => void;

export interface PumpOptions {
  readonly module: WasmModule;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * usrsctp only needs to know that it may encapsulate SCTP in UDP; the transport owns the UDP sockets and their ports.
 */
const ANY_UDP_PORT = 9899;
const NONE: readonly Handle[] = [];

/**
 * The only entry into the module. While C runs, it only appends: packets to the outbox, sockets to the ready list. When
 * the call returns, the pump drains them: it passes the packets to the transport, calls the listeners of the ready
 * sockets and sets the timer for the next deadline. C is never re-entered.
 *
 * An error that a packet, a timer or a ready socket causes isn't thrown at the transport or the clock: see `#safely`.
 */
export class Pump {
  readonly clock: Clock;
  readonly calls: Calls;
  readonly interfaces: Interfaces;
  readonly taps: Tap[] = [];
  readonly arrivalTaps: ArrivalTap[] = [];
  readonly unreachable: Set<UnreachableListener> = new Set();
  /** Gives set-ups to a destination another SCTP port: another host uses theirs. Returns false if that can't be done. */
  changePort: (destination: Address) => boolean = () => false;
  /** Called when local addresses or routes have changed. */
  readonly changed: Set<() => void> = new Set();
  /** Called when the program is about to end. */
  readonly ending: Set<() => void> = new Set();
  readonly conn: ConnOutbox = new ConnOutbox();
  /** The module. Every call of it must be made within `enter`. */
  readonly instance: Instance;
  readonly #state: LinkState;
  readonly #transport: Transport;
  readonly #wire = new Wire();
  readonly #timer: DeadlineTimer;
  readonly #listeners = new Map<Handle, SocketListener>();
  /** Has what was received last made no socket ready? */
  isQuiet = false;
  #isInside = false;
  #pumping = false;
  #stopError: SctpError | undefined;

  /** Starts the transport, then usrsctp on top of it. */
  static async start(options: PumpOptions): Promise<Pump> {
    const { transport, random } = options;
    const interfaces = new Interfaces(transport);
    const instance = await instantiate(options.module, {
      random,
      route: (destination) => interfaces.route(destination),
      path: (address, localPort, port, isAdded) => transport.pathChanged?.({ address, port, localPort, isAdded }),
    });
    const host = new StackHost(transport.integrity === true);
    await transport.start(host);
    const pump = new Pump(options, instance, interfaces);
    host.pump = pump;
    return pump;
  }

  private constructor({ transport, clock }: PumpOptions, instance: Instance, interfaces: Interfaces) {
    this.clock = clock;
    this.#timer = new DeadlineTimer(clock, () => {
      if (!this.#stopError) this.#safely(() => this.enter(() => this.instance.exports.link_timers()));
    });
    this.interfaces = interfaces;
    this.#transport = transport;
    this.instance = instance;
    this.#state = new LinkState(instance);
    this.calls = new Calls(instance, transport.portBound && ((port) => transport.portBound?.(port)));
    instance.exports.link_integrity(transport.integrity ? 1 : 0);
    this.enter(() => instance.exports.bridge_init(transport.encapsulationPort === undefined ? 0 : ANY_UDP_PORT));
    if (transport.addresses.includes(CONN)) overConn(this, transport);
    this.updateInterfaces(false);
  }

  /** Why the stack has stopped; undefined while it runs. */
  get stopError(): SctpError | undefined {
    return this.#stopError;
  }

  /** How many bytes of memory usrsctp uses. It must be as before when everything is closed. */
  get memoryInUse(): number {
    return this.#state.memoryInUse;
  }

  /**
   * Calls a function that calls the module. Throws `stopError` if the stack has stopped, or stops because of the call. Entries
   * may be nested; the pump drains at the end of the outermost one.
   */
  enter<T>(call: () => T): T {
    if (this.#stopError) throw this.#stopError;
    const isOutermost = !this.#isInside;
    let done = false;
    try {
      if (isOutermost) this.instance.exports.link_enter(this.clock.now());
      this.#isInside = true;
      const result = call();
      done = true;
      return result;
    } catch (error) {
      if (isTrap(error)) throw this.fail(error);
      throw error;
    } finally {
      if (isOutermost) {
        this.#isInside = false;
        this.#leave(done);
      }
    }
  }

  /** Sets the listener of a socket. If the stack has stopped, the listener is told at once. */
  attach(handle: Handle, listener: SocketListener): void {
    this.#listeners.set(handle, listener);
    if (this.#stopError) listener.fail(this.#stopError);
  }

  detach(handle: Handle): void {
    this.#listeners.delete(handle);
  }

  receive(packets: readonly Packet[]): void {
    if (this.#stopError) return;
    if (packets[0]?.destination === CONN) return this.#safely(() => receiveConn(this, packets));
    this.isQuiet = true;
    this.#safely(() => {
      for (const tap of this.arrivalTaps) tap(packets);
      const { exports, memory } = this.instance;
      for (let next = 0; next < packets.length; ) {
        this.enter(() => {
          const { inbox, inboxBytes } = this.#state;
          const filled = this.#wire.fillInbox(memory, inbox, inboxBytes, packets, next);
          exports.link_input(filled.used);
          next = filled.next;
        });
      }
    });
  }

  /** Receives a packet of an AF_CONN association. A packet that is larger than the inbox is dropped. */
  receiveConn(packet: ConnPacket): void {
    const { exports, memory } = this.instance;
    this.enter(() => {
      const { inbox, inboxBytes } = this.#state;
      exports.link_input(this.#wire.fillConn(memory, inbox, inboxBytes, packet));
    });
  }

  /** Addresses or routes have changed. The links of the addresses in `back` were down. */
  transportChanged(back: readonly Address[]): void {
    this.#safely(() => this.updateInterfaces(true, back));
    for (const listener of [...this.changed]) this.#safely(listener);
  }

  /** The program is about to end: the listeners can send the last packets. */
  transportEnding(): void {
    for (const listener of [...this.ending]) this.#safely(listener);
  }

  /** The SCTP ports that sockets and associations use. */
  portsInUse(): ReadonlySet<number> {
    return this.#stopError ? new Set() : this.enter(() => this.calls.ports(this.#state.inbox));
  }

  /** The network reports that it can't reach a destination. */
  destinationUnreachable(destination: Address, code: ErrorCode, reason: string | undefined): void {
    for (const listener of [...this.unreachable]) this.#safely(() => listener(destination, code, reason));
  }

  /** The network reports that a packet doesn't fit. */
  packetTooBig(report: PacketTooBig): void {
    if (this.#stopError) return;
    this.#safely(() => this.enter(() => tellTooBig(this.instance, this.#state.inbox, report)));
  }

  /** The network refuses the SCTP port of a set-up to a destination. */
  portTaken(destination: Address): boolean {
    let isChanged = false;
    this.#safely(() => {
      isChanged = this.changePort(destination);
    });
    return isChanged;
  }

  /** Tells usrsctp which local addresses there are, and that routes may have changed. */
  updateInterfaces(dynamic: boolean, back?: readonly Address[]): void {
    if (this.#stopError) return;
    const changes = this.interfaces.update(back);
    if (this.#transport.addresses.includes(CONN)) return;
    this.enter(() => tellChanges(this.instance, this.#state.inbox, changes, dynamic));
  }

  /** Whether the stack keeps the process alive. */
  setRef(isRef: boolean): void {
    this.#timer.setRef(isRef);
    if (isRef) this.#transport.ref?.();
    else this.#transport.unref?.();
  }

  /** Ends usrsctp and the transport. All sockets must be closed before. */
  async stop(): Promise<void> {
    if (!this.#stopError) {
      this.enter(() => this.calls.finish());
      this.#stopError = new SctpError('ENETDOWN', 'the stack is closed: create another one');
    }
    this.#timer.cancel();
    await this.#transport.close();
  }

  /** Stops the stack because of an error, and tells all listeners. Other stacks are not affected. */
  fail(cause: unknown): SctpError {
    const reason = this.instance.takeFault() ?? cause;
    const why = reason instanceof Error ? reason.message : String(reason);
    const code = reason instanceof SctpError ? reason.code : 'ENETDOWN';
    this.#stopError ??= new SctpError(code, `the stack has stopped and can't go on (${why}): create another one`, {
      cause: reason,
    });
    this.#timer.cancel();
    this.isQuiet = false;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.fail(this.#stopError);
    void this.#transport.close().catch(() => undefined);
    return this.#stopError;
  }

  #leave(done: boolean): void {
    if (!this.#drain(done)) return;
    this.#callReadyListeners();
    if (!this.#stopError) this.#timer.set(this.#state.deadlineMs);
  }

  /** Ends the entry in C, and sends the outbox. Returns false if the stack has stopped. */
  #drain(done: boolean): boolean {
    if (this.#stopError) return false;
    try {
      this.instance.exports.link_leave();
    } catch (error) {
      this.fail(error);
      return false;
    }
    const fault = this.instance.takeFault();
    if (fault !== undefined) {
      this.fail(fault);
      if (done) throw this.#stopError;
      return false;
    }
    this.#sendOutbox();
    return true;
  }

  #sendOutbox(): void {
    const { outboxBytes } = this.#state;
    if (outboxBytes === 0) return;
    const { packets, conn } = this.#wire.takeOutbox(this.instance.memory, this.#state.outbox, outboxBytes);
    this.#state.clearOutbox();
    if (packets.length > 0) {
      for (const tap of this.taps) for (const packet of packets) tap(packet);
      this.#transport.send(packets);
    }
    this.conn.send(conn);
  }

  /**
   * Calls the listeners of ready sockets, in one entry, because a listener may call the module a dozen times. Sockets
   * that become ready meanwhile follow in the next round.
   */
  #callReadyListeners(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let handles = this.#takeReady(); handles.length > 0 && !this.#stopError; handles = this.#takeReady()) {
        this.#callListeners(handles);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #callListeners(handles: readonly Handle[]): void {
    let done = false;
    this.isQuiet = false;
    this.#isInside = true;
    this.instance.exports.link_enter(this.clock.now());
    try {
      for (const handle of handles) this.#safely(() => this.#listeners.get(handle)?.ready());
      done = true;
    } finally {
      this.#isInside = false;
      this.#drain(done);
    }
  }

  #takeReady(): readonly Handle[] {
    if (this.#state.readyCount === 0) return NONE;
    const handles = this.#state.ready();
    this.instance.exports.bridge_ready_taken();
    return handles;
  }

  /**
   * Runs what a packet, a timer or a ready socket has caused. The listeners have been told if the stack has stopped. Any other error
   * is a fault of the program or of the transport: it becomes the program's uncaught error, so that it doesn't stop the
   * others.
   */
  #safely(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (error !== this.#stopError) uncaught(error);
    }
  }
}
