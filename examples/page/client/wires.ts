import type { Address, Packet, Route, Transport, TransportHost } from 'usrsctp-wasm';
import type { RelayTransport } from 'usrsctp-wasm/relay';
import { Lane, type Sighting } from './lane.js';

/** A transport through relays, with a cable of our own to each relay. A cable's packets are those of its relay's address. */
export class Wires implements Transport {
  readonly encapsulationPort: number;
  readonly lanes: readonly Lane[];
  readonly #relays: RelayTransport;

  constructor(relays: RelayTransport, delaysMs: readonly number[], seen: (sighting: Sighting) => void) {
    this.#relays = relays;
    this.encapsulationPort = relays.encapsulationPort;
    this.lanes = delaysMs.map((delayMs, index) => new Lane(index, delayMs, seen));
  }

  get addresses(): readonly Address[] {
    return this.#relays.addresses;
  }

  get mtu(): number {
    return this.#relays.mtu;
  }

  /** The cable of a local address. */
  laneOf(local: Address | undefined): Lane | undefined {
    const index = this.#relays.relays.findIndex(({ addresses }) => addresses.some(({ address }) => address === local));
    return this.lanes[index];
  }

  start(host: TransportHost): Promise<void> {
    return this.#relays.start({
      receive: (packets) => {
        for (const packet of packets)
          this.#carry(packet, packet.destination, 'in', (arrived) => host.receive([arrived]));
      },
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: () => host.changed(),
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
    const lane = this.laneOf(local);
    if (lane !== undefined) lane.carry(packet, direction, arrive);
  }
}
