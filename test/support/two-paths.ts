import type { Address, Packet, Route, Transport, TransportHost } from '../../src/index.js';
import type { UdpTransport } from '../../src/udp.js';

/**
 * A transport with two local addresses, each of which leads to one address of the peer, as if there were two networks. Loopback
 * addresses are all in one. A local address can be cut off: its packets are dropped, and neither stack is told.
 */
export class TwoPaths implements Transport {
  readonly mtu: number;
  readonly encapsulationPort: number;
  readonly #inner: UdpTransport;
  readonly #destinations: readonly Address[];
  readonly #cut = new Set<Address>();

  constructor(inner: UdpTransport, destinations: readonly Address[]) {
    this.#inner = inner;
    this.#destinations = destinations;
    this.mtu = inner.mtu;
    this.encapsulationPort = inner.encapsulationPort;
  }

  get addresses(): readonly Address[] {
    return this.#inner.addresses;
  }

  cut(address: Address): void {
    this.#cut.add(address);
  }

  heal(): void {
    this.#cut.clear();
  }

  start(host: TransportHost): Promise<void> {
    return this.#inner.start({
      receive: (packets) => host.receive(this.#pass(packets)),
      unreachable: (...report) => host.unreachable(...report),
      changed: (back) => host.changed(back),
    });
  }

  route(destination: Address): Route | undefined {
    const source = this.addresses[this.#destinations.indexOf(destination)];
    return source === undefined ? this.#inner.route(destination) : { source };
  }

  send(packets: readonly Packet[]): void {
    this.#inner.send(this.#pass(packets));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #pass(packets: readonly Packet[]): readonly Packet[] {
    if (this.#cut.size === 0) return packets;
    return packets.filter(({ source, destination }) => !this.#cut.has(source) && !this.#cut.has(destination));
  }
}
