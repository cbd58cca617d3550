import { networkInterfaces } from 'node:os';
import type { Address } from '../../address.js';
import type { ErrorCode } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { TransportHost } from '../transport.js';
import { Inbox } from './inbox.js';
import { expandWildcards, localNetworks } from './interfaces.js';
import { askKernel } from './kernel.js';
import { openSockets } from './open.js';
import type { UdpSettings } from './options.js';
import { BusyPoll } from './poll.js';
import { Routes } from './routes.js';
import { type SocketEvents, UdpSocket } from './socket.js';
import { surviveTermination } from './termination.js';
import { UnreachableReports } from './unreachable.js';

/** The open sockets of one transport, and its routes. */
export class UdpNetwork implements SocketEvents {
  readonly addresses: readonly Address[];
  /** The local UDP port, the same on all addresses. */
  readonly port: number;
  readonly #sockets: ReadonlyMap<Address, UdpSocket>;
  readonly #host: TransportHost;
  readonly #routes: Routes;
  readonly #inbox: Inbox;
  readonly #poll: BusyPoll;
  readonly #reports: UnreachableReports;
  #unroutable = 0;
  #closing: Promise<void> | undefined;

  /** Opens a socket per address. Packets that arrive before it has resolved are dropped. */
  static async open(settings: UdpSettings, host: TransportHost): Promise<UdpNetwork> {
    const wanted = expandWildcards(settings.addresses, localNetworks(networkInterfaces()));
    let network: UdpNetwork | undefined;
    const events: SocketEvents = {
      received: (packet) => network?.received(packet),
      unreachable: (destination, code) => network?.unreachable(destination, code),
    };
    const sockets = await openSockets(wanted, settings.port, (address, port) => {
      return UdpSocket.open(address, port, settings, events);
    });
    network = new UdpNetwork(sockets, settings, host);
    return network;
  }

  private constructor(sockets: readonly UdpSocket[], { clock, busyPollUs }: UdpSettings, host: TransportHost) {
    this.#host = host;
    this.addresses = sockets.map((socket) => socket.address);
    this.port = sockets[0]?.port ?? 0;
    this.#sockets = new Map(sockets.map((socket) => [socket.address, socket]));
    this.#poll = new BusyPoll(busyPollUs);
    this.#inbox = new Inbox((packets) => {
      surviveTermination();
      this.#poll.arrived(packets.length);
      host.receive(packets);
    });
    this.#reports = new UnreachableReports(clock, (destination, code) => {
      if (this.#closing === undefined) host.unreachable(destination, code);
    });
    this.#routes = new Routes({
      addresses: this.addresses,
      networks: () => localNetworks(networkInterfaces()),
      askKernel,
      clock,
      changed: () => {
        if (this.#closing === undefined) host.changed();
      },
      unreachable: (destination, code) => this.#reports.add(destination, code),
    });
  }

  /** How many packets were dropped in this process. */
  get dropped(): number {
    let dropped = this.#unroutable;
    for (const socket of this.#sockets.values()) dropped += socket.dropped;
    return dropped;
  }

  source(destination: Address): Address | undefined {
    return this.#closing === undefined ? this.#routes.source(destination) : undefined;
  }

  send(packets: readonly Packet[]): void {
    for (const packet of packets) {
      const socket = this.#closing === undefined ? this.#sockets.get(packet.source) : undefined;
      if (socket === undefined) this.#unroutable++;
      else socket.send(packet);
    }
    this.#poll.sent();
    surviveTermination(); // a timer of the stack may have called this
  }

  received(packet: Packet): void {
    surviveTermination();
    this.#routes.learn(packet.source, packet.destination);
    if (this.#poll.answered()) this.#host.receive([packet]);
    else this.#inbox.push(packet);
  }

  unreachable(destination: Address, code: ErrorCode): void {
    this.#routes.forget(destination);
    this.#reports.add(destination, code);
  }

  /** Stops accepting and receiving packets, and sends those that are queued. Resolves when the port is free. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#inbox.close();
    this.#poll.close();
    await Promise.all(Array.from(this.#sockets.values(), (socket) => socket.close()));
  }
}
