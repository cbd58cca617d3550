import type { Address } from '../address.js';
import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';
import { addressNotifier } from '../transport/native/address-notifier.js';
import { SystemError } from '../transport/native/descriptor.js';
import type { SharedParts } from '../transport/native/socket.js';
import { SocketGroup } from '../transport/native/socket-group.js';
import type { Shares } from '../transport/native/steering-program.js';
import { udpParts } from '../transport/native/udp.js';
import { bindError } from '../transport/udp/bind-error.js';
import { Inbox } from '../transport/udp/inbox.js';
import type { AddressNotifier, LocalSocket, SocketEvents, SocketSystem } from '../transport/udp/local-socket.js';
import type { UdpSettings } from '../transport/udp/options.js';
import { dgramSockets } from '../transport/udp/socket.js';
import { type AskedAddress, withZone } from '../transport/udp/wanted.js';

/** The sockets of one address for all workers, as the main thread has them. */
interface SharedSocket {
  readonly port: number;
  /** The descriptor of a worker's socket, if the workers receive. */
  use?(index: number): number;
  /** Calls back once, when a worker's socket can be read or has an error. */
  wait?(index: number, ready: () => void): void;
  /** The worker doesn't receive any more. */
  leave?(index: number): void;
  steer?(shares: Shares): void;
  send?(packets: readonly Packet[]): void;
  close(): Promise<void> | void;
}

/** Opens the sockets of an address. */
export type OpenShared = (address: AskedAddress, port: number) => Promise<SharedSocket>;

/** The sockets of all addresses. Workers ask for those that they use, and a socket is open as long as one of them does. */
export class SharedSockets {
  readonly #open: OpenShared;
  readonly #sockets = new Map<string, { readonly socket: SharedSocket; readonly users: Set<number> }>();
  #chosenPort = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(open: OpenShared) {
    this.#open = open;
  }

  /** The UDP port, the same on all addresses; 0 as long as none is open. */
  get port(): number {
    return this.#chosenPort;
  }

  /** Opens an address for a worker. Returns the port and the worker's descriptor. Rejects with the errors of `udp()`. */
  use(index: number, address: AskedAddress, port: number): Promise<{ port: number; fd: number | undefined }> {
    const next = this.#last
      .then(() => this.#use(index, address, port))
      .catch((error: unknown) => {
        if (error instanceof SystemError)
          throw bindError(error.errno, address.address, port || this.#chosenPort, error);
        throw error;
      });
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #use(index: number, address: AskedAddress, port: number): Promise<{ port: number; fd: number | undefined }> {
    const key = withZone(address);
    let entry = this.#sockets.get(key);
    if (entry === undefined) {
      const socket = await this.#open(address, port || this.#chosenPort);
      entry = { socket, users: new Set() };
      this.#sockets.set(key, entry);
      this.#chosenPort = socket.port;
    }
    entry.users.add(index);
    return { port: entry.socket.port, fd: entry.socket.use?.(index) };
  }

  /** Calls back once, when a worker's socket of an address can be read or has an error. `address`: with its zone. */
  wait(index: number, address: string, ready: () => void): void {
    this.#sockets.get(address)?.socket.wait?.(index, ready);
  }

  /** A worker doesn't use an address any more. */
  async release(index: number, address: Address): Promise<void> {
    for (const [key, { socket, users }] of this.#sockets) {
      if (key.split('%')[0] !== address) continue;
      if (users.delete(index)) socket.leave?.(index);
      if (users.size > 0) continue;
      this.#sockets.delete(key);
      await socket.close();
    }
  }

  /** A worker has died. The addresses stay open, for the one that follows. */
  abandon(index: number): void {
    for (const { socket, users } of this.#sockets.values()) if (users.delete(index)) socket.leave?.(index);
  }

  steer(shares: Shares): void {
    for (const { socket } of this.#sockets.values()) socket.steer?.(shares);
  }

  /** Sends packets from the main thread. Returns false if the workers have the sockets. */
  send(packets: readonly Packet[]): boolean {
    let isSent = false;
    for (const packet of packets) {
      const entry = this.#sockets.get(packet.source);
      if (entry?.socket.send === undefined) continue;
      entry.socket.send([packet]);
      isSent = true;
    }
    return isSent;
  }

  async close(): Promise<void> {
    await this.#last;
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map(({ socket }) => socket.close()));
  }
}

/** Groups of sockets among which the kernel chooses: by the tag if `isSteered`, else by the addresses. */
export async function kernelSockets(settings: UdpSettings, of: number, isSteered: boolean): Promise<OpenShared> {
  const parts: SharedParts = await udpParts(settings);
  return async (address, port) => SocketGroup.open(parts, address, port, of, isSteered);
}

/** For sockets that aren't to receive anything. */
const DEAF: SocketEvents = { received: () => {}, receivedBatch: () => {}, unreachable: () => {} };

/** Sockets of the workers, which share a port by SO_REUSEPORT. The main thread only finds one that is free. */
export function reusePortSockets(settings: UdpSettings): OpenShared {
  const system = dgramSockets(settings);
  return async (address, wanted) => {
    // Not shared: another program's group on that port is an error, and not joined.
    const socket = await system.open(address, wanted, DEAF);
    const { port } = socket;
    await socket.close();
    return { port, close: () => {} };
  };
}

/** Whether this runtime can bind several sockets to one port. Those that can't ignore the option, or refuse it. */
export async function hasReusePort(settings: UdpSettings): Promise<boolean> {
  const system = dgramSockets(settings, true);
  const address = { address: '127.0.0.1' };
  const first = await system.open(address, 0, DEAF).catch(() => undefined);
  const second = first && (await system.open(address, first.port, DEAF).catch(() => undefined));
  await Promise.all([first?.close(), second?.close()]);
  return second !== undefined;
}

/** Calls back when addresses or links of the machine have changed. Doesn't keep the process alive. */
export async function watchAddresses(settings: UdpSettings, changed: () => void): Promise<AddressNotifier> {
  const notifier = addressNotifier((await udpParts(settings)).system, changed);
  notifier.setRef(false);
  return notifier;
}

/** What the main thread does with what its sockets receive. */
export interface MainReceiver {
  received(packets: readonly Packet[]): void;
  unreachable(destination: Address, code: ErrorCode): void;
}

/** Sockets of the main thread, which passes the packets on. */
export function mainSockets(settings: UdpSettings, receiver: MainReceiver): OpenShared {
  const system: SocketSystem = dgramSockets(settings);
  const inbox = new Inbox((packets) => receiver.received(packets));
  const events: SocketEvents = {
    received: (packet) => inbox.push(packet),
    receivedBatch: (packets) => receiver.received(packets),
    unreachable: (destination, code) => receiver.unreachable(destination, code),
  };
  return async (address, port) => {
    const socket: LocalSocket = await system.open(address, port, events);
    return { port: socket.port, send: (packets) => socket.send(packets), close: () => socket.close() };
  };
}
