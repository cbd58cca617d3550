import type { Address, Packet, Route, Transport, TransportHost } from 'usrsctp-wasm';
import type { RelayTransport } from 'usrsctp-wasm/relay';
import { Link, type PacketEvent } from './link.js';

/** A transport through relays with a simulated link to each relay. A link carries the packets of its relay's address. */
export class LinkedTransport implements Transport {
  readonly encapsulationPort: number;
  readonly links: readonly Link[];
  readonly #relays: RelayTransport;

  constructor(relays: RelayTransport, delaysMs: readonly number[], seen: (event: PacketEvent) => void) {
    this.#relays = relays;
    this.encapsulationPort = relays.encapsulationPort;
    this.links = delaysMs.map((delayMs, index) => new Link(index, delayMs, seen));
  }

  get addresses(): readonly Address[] {
    return this.#relays.addresses;
  }

  get mtu(): number {
    return this.#relays.mtu;
  }

  /** The link of a local address. */
  linkOf(local: Address | undefined): Link | undefined {
    const index = this.#relays.relays.findIndex(({ addresses }) => addresses.some(({ address }) => address === local));
    return this.links[index];
  }

  start(host: TransportHost): Promise<void> {
    return this.#relays.start({
      receive: (packets) => {
        for (const packet of packets)
          this.#carry(packet, packet.destination, 'in', (arrived) => host.receive([arrived]));
      },
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: (back) => host.changed(back),
    });
  }

  route(destination: Address): Route | undefined {
    return this.#relays.route(destination);
  }

  send(packets: readonly Packet[]): void {
    for (const packet of packets) this.#carry(packet, packet.source, 'out', (sent) => this.#relays.send([sent]));
  }

  close(): Promise<void> {
    return this.#relays.close();
  }

  #carry(packet: Packet, local: Address, direction: 'out' | 'in', arrive: (packet: Packet) => void): void {
    const link = this.linkOf(local);
    if (link !== undefined) link.carry(packet, direction, arrive);
  }
}
