import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, canonicalAddress, familyOf } from '../address.js';
import { checkArray, checkObject } from '../arguments.js';
import type { Packet } from '../packet.js';
import type { Host } from '../simulated/host.js';
import type { Network } from '../simulated/network.js';
import { packetChecksum, storedChecksum } from '../wire/crc32c.js';

/** A program in another process, and the host that it is in the simulated network. */
export interface BridgedProgram {
  /** Its addresses are the program's own; its `encapsulationPort` is where others in the network send to. */
  readonly host: Host;
  /** The UDP port that the program really listens on. */
  readonly port: number;
}

/** What waits for a socket that is being opened; more is dropped, as a network may. */
const MOST_WAITING = 100;

/**
 * Joins real programs to a simulated network that runs in real time. A program uses loopback addresses, such as
 * 127.0.1.1 and 127.0.2.1, and sends to others: each of those is the address of a simulated host, and a real UDP socket
 * that is bound here. Addresses are the same inside and outside, so that those in INIT stay right.
 *
 * ```
 * program ── UDP ──► socket at 127.0.1.2:9899 ──► host 'program' ══ link ══► host 'server' ──► stack
 * program ◄── UDP ── socket at 127.0.1.2:9899 ◄── host 'program' ◄══ link ══ host 'server' ◄── stack
 * ```
 *
 * Of several programs each has a port of its own, and takes `encapsulationPort` for the port of the others: what they
 * send to each other then comes here too. All of 127.0.0.0/8 is there on Linux; elsewhere addresses must be added to
 * the loopback interface first.
 */
export class UdpBridge implements AsyncDisposable {
  readonly #programs: readonly BridgedProgram[];
  readonly #sockets = new Map<string, Promise<Socket>>();
  /** Those of them that are open, so that a datagram need not wait. */
  readonly #open = new Map<string, Socket>();
  #waiting = 0;
  #dropped = 0;
  #closing: Promise<void> | undefined;

  /**
   * Binds the addresses of all hosts of the network that a program may send to; what a NAT makes up is bound when it is
   * first used. Rejects with what the system says, such as EADDRINUSE. `encapsulationPort`: the port of all hosts.
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

  /** How many datagrams were dropped here: from nobody who is known, without a checksum, or too many at once. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Closes the sockets, and the transports of the programs' hosts. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes as `close` does. */
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

  /** What arrives at a program's host goes to the program, from the address that it came from. */
  #join(host: Host): Promise<void> {
    return host.transport.start({
      receive: (packets) => {
        for (const packet of packets) this.#deliver(packet, host);
      },
      unreachable: () => {}, // a real network would tell by ICMP, which can't be sent from here
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

  /** The socket that others take for a simulated address. */
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
   * What a program sends enters the network at its host, from the address whose simulated subnet leads to the
   * destination: on loopback, where all addresses lie in one network, the real source address says nothing of a path.
   */
  #receive(bytes: Uint8Array, from: RemoteInfo, destination: Address, port: number): void {
    const host = this.#hostOf(from);
    const source = host?.transport.route?.(destination)?.source;
    // The simulated network vouches for what is sent without a checksum; nobody does for this.
    const isUnchecked = storedChecksum(bytes) === 0 && packetChecksum(bytes) !== 0;
    if (host === undefined || source === undefined || isUnchecked) {
      this.#dropped++;
      return;
    }
    host.transport.send([{ source, destination, port, trafficClass: 0, bytes: new Uint8Array(bytes) }]);
  }

  /** Programs differ by port; by address only where one port serves several. A wildcard socket may send from any. */
  #hostOf({ address, port }: RemoteInfo): Host | undefined {
    const ofPort = this.#programs.filter((program) => program.port === port);
    const exact = ofPort.find(({ host }) => host.addresses.includes(canonicalAddress(address.split('%')[0], 'bridge')));
    return (exact ?? ofPort[0])?.host;
  }
}

function keyOf(address: Address, port: number): string {
  return `${address} ${port}`;
}

/** Errors of a datagram are its loss. */
function ignore(): void {}

/** Addresses need no name resolution. */
function lookup(host: string, family: unknown, callback: (error: null, address: string, family: number) => void): void {
  callback(null, host, family === 6 ? 6 : 4);
}
