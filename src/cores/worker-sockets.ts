import type { Address } from '../address.js';
import type { Packet } from '../packet.js';
import { addressNotifier } from '../transport/native/address-notifier.js';
import { NativeSocket, type SharedParts } from '../transport/native/socket.js';
import { udpParts } from '../transport/native/udp.js';
import type { AddressNotifier, LocalSocket, SocketEvents, SocketSystem } from '../transport/udp/local-socket.js';
import type { UdpSettings } from '../transport/udp/options.js';
import type { AskedAddress } from '../transport/udp/wanted.js';

/** The main thread, as the sockets of a worker see it. */
export interface MainThread {
  /** Has an address opened. Returns the UDP port, and the descriptor of this worker's socket if the main thread doesn't receive. */
  open(address: AskedAddress, port: number): Promise<{ readonly port: number; readonly fd: number | undefined }>;
  /** The worker doesn't use that address any more. */
  release(address: Address): void;
  /** Sends packets from the main thread's sockets. Returns how many were dropped. */
  send(packets: readonly Packet[]): number;
  /** Whether messages of the main thread keep the worker alive. */
  hold(isHeld: boolean): void;
}

/** The sockets of a worker: duplicates of descriptors that the main thread has opened, or stand-ins for its sockets. */
export class WorkerSockets implements SocketSystem {
  readonly #main: MainThread;
  readonly #native: SharedParts | undefined;
  readonly #standIns = new Map<Address, StandIn>();

  static async create(main: MainThread, settings: UdpSettings, isNative: boolean): Promise<WorkerSockets> {
    return new WorkerSockets(main, isNative ? await udpParts(settings) : undefined);
  }

  private constructor(main: MainThread, native: SharedParts | undefined) {
    this.#main = main;
    this.#native = native;
    if (native !== undefined) this.watch = (changed) => addressNotifier(native.system, changed);
  }

  watch?: (changed: () => void) => AddressNotifier;

  async open(asked: AskedAddress, wantedPort: number, events: SocketEvents): Promise<LocalSocket> {
    const { port, fd } = await this.#main.open(asked, wantedPort);
    const { address } = asked;
    if (fd === undefined || this.#native === undefined) {
      const standIn = new StandIn(asked, port, this.#main, events, () => this.#standIns.delete(address));
      this.#standIns.set(address, standIn);
      return standIn;
    }
    return new Adopted(NativeSocket.adopt(this.#native, asked, fd, events), () => this.#main.release(address));
  }

  /** The main thread has received packets for this worker. */
  received(packets: readonly Packet[]): void {
    for (let first = 0; first < packets.length; ) {
      const { destination = '' } = packets[first] ?? {};
      let end = first + 1;
      while (packets[end]?.destination === destination) end++;
      this.#standIns.get(destination)?.events.receivedBatch(packets.slice(first, end));
      first = end;
    }
  }
}

/** A socket whose address the main thread must be told about when it is closed. */
class Adopted implements LocalSocket {
  readonly address: Address;
  readonly zone: string | undefined;
  readonly port: number;
  readonly #socket: LocalSocket;
  readonly #closed: () => void;

  constructor(socket: LocalSocket, closed: () => void) {
    this.address = socket.address;
    this.zone = socket.zone;
    this.port = socket.port;
    this.#socket = socket;
    this.#closed = closed;
  }

  get dropped(): number {
    return this.#socket.dropped;
  }

  hold(isHeld: boolean): void {
    this.#socket.hold(isHeld);
  }

  send(packets: readonly Packet[]): void {
    this.#socket.send(packets);
  }

  async close(): Promise<void> {
    await this.#socket.close();
    this.#closed();
  }
}

/** Stands for a socket of the main thread. */
class StandIn implements LocalSocket {
  readonly address: Address;
  readonly zone: string | undefined;
  readonly port: number;
  readonly events: SocketEvents;
  readonly #main: MainThread;
  readonly #closed: () => void;
  #dropped = 0;

  constructor(
    { address, zone }: AskedAddress,
    port: number,
    main: MainThread,
    events: SocketEvents,
    closed: () => void,
  ) {
    this.address = address;
    this.zone = zone;
    this.port = port;
    this.events = events;
    this.#main = main;
    this.#closed = closed;
    main.hold(true);
  }

  get dropped(): number {
    return this.#dropped;
  }

  hold(isHeld: boolean): void {
    this.#main.hold(isHeld);
  }

  send(packets: readonly Packet[]): void {
    this.#dropped += this.#main.send(packets);
  }

  async close(): Promise<void> {
    this.#closed();
    this.#main.release(this.address);
  }
}
