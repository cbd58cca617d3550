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
  readonly #isSent: (packet: Packet) => boolean;
  readonly #cut = new Set<Address>();
  #held: Packet[] | undefined;
  #host: TransportHost | undefined;

  /** `isSent`: which packets leave. */
  constructor(inner: UdpTransport, destinations: readonly Address[], isSent: (packet: Packet) => boolean = () => true) {
    this.#isSent = isSent;
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

  /** Keeps what arrives from now on, until `release`, which lets the stack have it. */
  hold(): { readonly held: readonly Packet[]; release(): void } {
    const held: Packet[] = [];
    this.#held = held;
    const release = () => {
      if (this.#held === held) this.#held = undefined;
      this.#host?.receive(held.splice(0));
    };
    return { held, release };
  }

  heal(): void {
    this.#cut.clear();
  }

  start(host: TransportHost): Promise<void> {
    this.#host = host;
    return this.#inner.start({
      receive: (packets) => {
        if (this.#held === undefined) host.receive(this.#pass(packets));
        else this.#held.push(...this.#pass(packets).map((each) => ({ ...each, bytes: each.bytes.slice() })));
      },
      unreachable: (...report) => host.unreachable(...report),
      changed: (back) => host.changed(back),
    });
  }

  route(destination: Address): Route | undefined {
    const source = this.addresses[this.#destinations.indexOf(destination)];
    return source === undefined ? this.#inner.route(destination) : { source };
  }

  send(packets: readonly Packet[]): void {
    this.#inner.send(this.#pass(packets).filter(this.#isSent));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #pass(packets: readonly Packet[]): readonly Packet[] {
    if (this.#cut.size === 0) return packets;
    return packets.filter(({ source, destination }) => !this.#cut.has(source) && !this.#cut.has(destination));
  }
}
