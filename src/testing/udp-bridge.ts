/// <reference lib="esnext.disposable" preserve="true" />

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, canonicalAddress, familyOf } from '../address.js';
import { checkArray, checkObject } from '../arguments.js';
import type { Packet } from '../packet.js';
import type { Host } from '../simulated/host.js';
import type { Network } from '../simulated/network.js';
import { packetChecksum, storedChecksum } from '../wire/crc32c.js';

/** A program in another process, and the simulated host that represents it. */
export interface BridgedProgram {
  /** It has the program's addresses. Other hosts of the network send to its `encapsulationPort`. */
  readonly host: Host;
  /** The UDP port that the program actually listens on. */
  readonly port: number;
}

/** The most packets that wait for a socket to be opened. Further ones are dropped. */
const MOST_WAITING = 100;

/**
 * Connects real programs to a simulated network that runs in real time. A program uses loopback addresses, such as 127.0.1.1
 * and 127.0.2.1, and sends to other loopback addresses. Each of these is the address of a simulated host, and the bridge binds a
 * real UDP socket to it. Real and simulated addresses are the same, so that those in INIT are right.
 *
 * ```
 * program ── UDP ──► socket at 127.0.1.2:9899 ──► host 'program' ══ link ══► host 'server' ──► stack
 * program ◄── UDP ── socket at 127.0.1.2:9899 ◄── host 'program' ◄══ link ══ host 'server' ◄── stack
 * ```
 *
 * Several programs must each have a port of their own, and send to `encapsulationPort` to reach each other, so that these packets
 * pass the bridge too. Linux has all of 127.0.0.0/8. On other systems the addresses must first be added to the loopback
 * interface.
 */
export class UdpBridge implements AsyncDisposable {
  readonly #programs: readonly BridgedProgram[];
  readonly #sockets = new Map<string, Promise<Socket>>();
  /** The sockets that are open, so that datagrams needn't wait for a promise. */
  readonly #open = new Map<string, Socket>();
  #waiting = 0;
  #dropped = 0;
  #closing: Promise<void> | undefined;

  /**
   * Binds the addresses of all hosts of the network that a program may send to. Endpoints that a NAT creates are bound on first
   * use. Rejects with the system's error, such as EADDRINUSE. `encapsulationPort` is the port of all hosts.
   */
  static async open(
    network: Network,
    programs: readonly BridgedProgram[],
    encapsulationPort: number = 9899,
  ): Promise<UdpBridge> {
    checkObject(network, 'the network', 'UdpBridge.open');
    checkArray(network.hosts, 'the hosts of the network', 'UdpBridge.open');
    checkArray(programs, 'the programs', 'UdpBridge.open');
    for (const program of programs) checkObject(program?.host, 'the host of a program', 'UdpBridge.open');
    const bridge = new UdpBridge(programs);
    try {
      for (const { host } of programs) await bridge.#join(host);
      const isReached = (host: Host) => programs.some((program) => program.host !== host);
      const reached = network.hosts.filter(isReached).flatMap(({ addresses }) => addresses);
      await Promise.all(reached.map((address) => bridge.#socket(address, encapsulationPort)));
      return bridge;
    } catch (error) {
      await bridge.close();
      throw error;
    }
  }

  private constructor(programs: readonly BridgedProgram[]) {
    this.#programs = programs;
  }

  /** How many datagrams were dropped here: from unknown programs, without a checksum, or too many at once. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Closes the sockets, and the transports of the programs' hosts. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Calls `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#programs.map(({ host }) => host.transport.close()));
    const opened = await Promise.allSettled(this.#sockets.values());
    this.#open.clear();
    const sockets = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  /** Passes packets that arrive at a program's host to the program, from the address that they came from. */
  #join(host: Host): Promise<void> {
    return host.transport.start({
      receive: (packets) => {
        for (const packet of packets) this.#deliver(packet, host);
      },
      unreachable: () => {}, // a real network would send ICMP, which isn't possible here
      changed: () => {},
    });
  }

  #deliver({ source, destination, port, bytes }: Packet, host: Host): void {
    const programPort = this.#programs.find((each) => each.host === host)?.port;
    const send = (socket: Socket) => socket.send(bytes, programPort, destination, ignore);
    const socket = this.#open.get(keyOf(source, port));
    if (socket !== undefined) return send(socket);
    if (this.#waiting >= MOST_WAITING || this.#closing !== undefined) {
      this.#dropped++;
      return;
    }
    this.#waiting++;
    this.#socket(source, port)
      .then(send)
      .catch(() => this.#dropped++)
      .finally(() => this.#waiting--);
  }

  /** The socket for a simulated address. */
  #socket(address: Address, port: number): Promise<Socket> {
    const key = keyOf(address, port);
    const opening = this.#sockets.get(key) ?? this.#bind(address, port);
    this.#sockets.set(key, opening);
    return opening;
  }

  #bind(address: Address, port: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const type = familyOf(address) === 'IPv6' ? 'udp6' : 'udp4';
      const socket = createSocket({ type, ...(type === 'udp6' && { ipv6Only: true }), lookup });
      socket.on('message', (bytes, from) => this.#receive(bytes, from, address, port));
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off('error', reject).on('error', ignore);
        this.#open.set(keyOf(address, port), socket);
        resolve(socket);
      });
    });
  }

  /**
   * A datagram from a program is sent by its host, from the address whose simulated subnet has the destination. The real source
   * address doesn't tell the path, since all loopback addresses are in one network.
   */
  #receive(bytes: Uint8Array, from: RemoteInfo, destination: Address, port: number): void {
    const host = this.#hostOf(from);
    const source = host?.transport.route?.(destination)?.source;
    // The simulated network accepts packets without checksum, because they can't change there. Real datagrams can.
    const isUnchecked = storedChecksum(bytes) === 0 && packetChecksum(bytes) !== 0;
    if (host === undefined || source === undefined || isUnchecked) {
      this.#dropped++;
      return;
    }
    host.transport.send([{ source, destination, port, trafficClass: 0, bytes: new Uint8Array(bytes) }]);
  }

  /** Programs are told apart by port, and by address if several use one port. A wildcard socket may send from any address. */
  #hostOf({ address, port }: RemoteInfo): Host | undefined {
    const ofPort = this.#programs.filter((program) => program.port === port);
    const exact = ofPort.find(({ host }) => host.addresses.includes(canonicalAddress(address.split('%')[0], 'bridge')));
    return (exact ?? ofPort[0])?.host;
  }
}

function keyOf(address: Address, port: number): string {
  return `${address} ${port}`;
}

/** A datagram that can't be sent is lost. */
function ignore(): void {}

/** Addresses need no name resolution. */
function lookup(host: string, family: unknown, callback: (error: null, address: string, family: number) => void): void {
  callback(null, host, family === 6 ? 6 : 4);
}
