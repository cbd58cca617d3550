import type { Address, Packet, Route, Transport, TransportHost } from 'usrsctp-wasm';
import { Link, type PacketEvent } from './link.js';

/** A transport with a simulated link for each of its local addresses. */
export class LinkedTransport implements Transport {
  readonly encapsulationPort?: number;
  readonly links: readonly Link[];
  readonly #network: Transport;
  readonly #indexOf: (local: Address | undefined) => number;

  /** `indexOf` gives the index of the link for a local address; -1 if there is none. */
  constructor(
    network: Transport,
    indexOf: (local: Address | undefined) => number,
    delaysMs: readonly number[],
    seen: (event: PacketEvent) => void,
  ) {
    this.#network = network;
    this.#indexOf = indexOf;
    if (network.encapsulationPort !== undefined) this.encapsulationPort = network.encapsulationPort;
    this.links = delaysMs.map((delayMs, index) => new Link(index, delayMs, seen));
  }

  get addresses(): readonly Address[] {
    return this.#network.addresses;
  }

  get mtu(): number {
    return this.#network.mtu;
  }

  /** The link of a local address. */
  linkOf(local: Address | undefined): Link | undefined {
    return this.links[this.#indexOf(local)];
  }

  start(host: TransportHost): Promise<void> {
    return this.#network.start({
      receive: (packets) => {
        for (const packet of packets)
          this.#carry(packet, packet.destination, 'in', (arrived) => host.receive([arrived]));
      },
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: (back) => host.changed(back),
    });
  }

  route(destination: Address): Route | undefined {
    return this.#network.route?.(destination);
  }

  send(packets: readonly Packet[]): void {
    for (const packet of packets) this.#carry(packet, packet.source, 'out', (sent) => this.#network.send([sent]));
  }

  close(): Promise<void> {
    return this.#network.close();
  }

  #carry(packet: Packet, local: Address, direction: 'out' | 'in', arrive: (packet: Packet) => void): void {
    const link = this.linkOf(local);
    if (link !== undefined) link.carry(packet, direction, arrive);
  }
}
