import type { Address } from '../address.js';
import type { Packet } from '../packet.js';
import type { SystemCalls } from '../transport/native/ffi.js';
import { NativeSocket, type SharedParts } from '../transport/native/socket.js';
import { udpParts } from '../transport/native/udp.js';
import { type ReadinessThread, ThreadWatch } from '../transport/native/watch.js';
import type { AddressNotifier, LocalSocket, SocketEvents, SocketSystem } from '../transport/udp/local-socket.js';
import type { UdpSettings } from '../transport/udp/options.js';
import { dgramSockets } from '../transport/udp/socket.js';
import { type AskedAddress, withZone } from '../transport/udp/wanted.js';
import type { CoresSockets } from './messages.js';

/** The main thread, as the sockets of a worker see it. */
export interface MainThread {
  /** Has an address opened. Returns the UDP port, and the descriptor of this worker's socket if the main thread doesn't receive. */
  open(address: AskedAddress, port: number): Promise<{ readonly port: number; readonly fd: number | undefined }>;
  /** The worker doesn't use that address any more. */
  release(address: Address): void;
  /** Sends packets from the main thread's sockets. Returns how many were dropped. */
  send(packets: readonly Packet[]): number;
  /** Waits for the worker's socket of an address. `WorkerSockets.wake` is called when it can be read. */
  sleep(address: string): void;
  /** Adds a reference, or removes it. Messages of the main thread keep the worker alive while there is one. */
  setRef(reference: object, isRef: boolean): void;
}

/**
 * The sockets of a worker: duplicates of descriptors that the main thread has opened, the worker's own, or stand-ins for those of the main
 * thread.
 */
export class WorkerSockets implements SocketSystem {
  readonly #main: MainThread;
  readonly #native: SharedParts | undefined;
  readonly #own: SocketSystem | undefined;
  readonly #mainThreadSockets = new Map<Address, MainThreadSocket>();
  readonly #asleep = new Map<string, () => void>();
  readonly #watching = new Set<() => void>();
  readonly #adopted = new Set<NativeSocket>();

  static async create(main: MainThread, settings: UdpSettings, sockets: CoresSockets): Promise<WorkerSockets> {
    const native = sockets === 'native' ? await udpParts(settings) : undefined;
    return new WorkerSockets(main, native, sockets === 'reusePort' ? dgramSockets(settings, true) : undefined);
  }

  private constructor(main: MainThread, native: SharedParts | undefined, own: SocketSystem | undefined) {
    this.#main = main;
    this.#native = native;
    this.#own = own;
    if (native !== undefined) this.watch = (changed) => this.#watchAddresses(changed);
  }

  watch?: (changed: () => void) => AddressNotifier;

  async open(asked: AskedAddress, wantedPort: number, events: SocketEvents): Promise<LocalSocket> {
    const { port, fd } = await this.#main.open(asked, wantedPort);
    const { address } = asked;
    const released = () => this.#main.release(address);
    if (this.#own !== undefined) return new Adopted(await this.#own.open(asked, port, events), released);
    if (fd === undefined || this.#native === undefined) {
      const socket = new MainThreadSocket(asked, port, this.#main, events, () =>
        this.#mainThreadSockets.delete(address),
      );
      this.#mainThreadSockets.set(address, socket);
      return socket;
    }
    const parts = { ...this.#native, system: this.#systemFor(this.#native.system, withZone(asked)) };
    const socket = NativeSocket.adopt(parts, asked, fd, events);
    this.#adopted.add(socket);
    return new Adopted(socket, () => {
      this.#adopted.delete(socket);
      released();
    });
  }

  /** Receives what has arrived at sockets that aren't read in each turn of the event loop. */
  receiveNow(): void {
    for (const socket of this.#adopted) socket.receiveNow();
  }

  /** The socket of an address can be read. */
  wake(address: string): void {
    const wake = this.#asleep.get(address);
    this.#asleep.delete(address);
    wake?.();
  }

  /** The machine's addresses may have changed. */
  addressesChanged(): void {
    for (const changed of [...this.#watching]) changed();
  }

  /** The system calls for the socket of an address, which the main thread watches. */
  #systemFor(system: SystemCalls, address: string): SystemCalls {
    const thread: ReadinessThread = {
      wait: (wake) => {
        this.#asleep.set(address, wake);
        this.#main.sleep(address);
      },
      setRef: (isRef) => this.#main.setRef(thread, isRef),
      close: () => {
        this.#asleep.delete(address);
        this.#main.setRef(thread, false);
      },
    };
    return { ...system, watch: (_, ready) => new ThreadWatch(thread, ready) };
  }

  #watchAddresses(changed: () => void): AddressNotifier {
    const watching = () => changed();
    this.#watching.add(watching);
    this.#main.setRef(watching, true);
    return {
      setRef: (isRef) => this.#main.setRef(watching, isRef),
      close: () => {
        this.#watching.delete(watching);
        this.#main.setRef(watching, false);
      },
    };
  }

  /** The main thread has received packets for this worker. */
  received(packets: readonly Packet[]): void {
    for (let first = 0; first < packets.length; ) {
      const { destination = '' } = packets[first] ?? {};
      let end = first + 1;
      while (packets[end]?.destination === destination) end++;
      this.#mainThreadSockets.get(destination)?.events.receivedBatch(packets.slice(first, end));
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

  setRef(isRef: boolean): void {
    this.#socket.setRef(isRef);
  }

  send(packets: readonly Packet[]): void {
    this.#socket.send(packets);
  }

  async close(): Promise<void> {
    await this.#socket.close();
    this.#closed();
  }
}

/** A socket that the main thread has opened: packets go through the main thread. */
class MainThreadSocket implements LocalSocket {
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
    main.setRef(this, true);
  }

  get dropped(): number {
    return this.#dropped;
  }

  setRef(isRef: boolean): void {
    this.#main.setRef(this, isRef);
  }

  send(packets: readonly Packet[]): void {
    this.#dropped += this.#main.send(packets);
  }

  async close(): Promise<void> {
    this.#closed();
    this.#main.setRef(this, false);
    this.#main.release(this.address);
  }
}
