import type { Address, Packet, Route, Transport, TransportHost } from '../../index.js';
import type { UdpTransport } from '../../udp.js';
import { decodeChunks } from '../../wire/decode.js';

/** Hears of a packet with messages in it, once it has arrived from an address. */
export type Listener = (source: Address) => void;

const COMMON_HEADER_BYTES = 12;

/**
 * A transport whose paths can be cut, as by a pulled cable: packets from and to a cut address vanish, both ways and
 * without a word to anybody. The stack above isn't told.
 */
export class Cuttable implements Transport {
  /** How many packets have vanished. */
  vanished = 0;
  readonly mtu: number;
  readonly encapsulationPort: number;
  readonly #transport: UdpTransport;
  readonly #heard: Listener;
  readonly #cut = new Set<Address>();

  constructor(transport: UdpTransport, heard: Listener) {
    this.#transport = transport;
    this.#heard = heard;
    this.mtu = transport.mtu;
    this.encapsulationPort = transport.encapsulationPort;
  }

  cut(address: Address): void {
    this.#cut.add(address);
  }

  heal(address: Address): void {
    this.#cut.delete(address);
  }

  get addresses(): readonly Address[] {
    return this.#transport.addresses;
  }

  start(host: TransportHost): Promise<void> {
    return this.#transport.start({
      receive: (packets) => {
        const arrived = this.#pass(packets);
        for (const packet of arrived) if (hasMessages(packet)) this.#heard(packet.source);
        host.receive(arrived);
      },
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: () => host.changed(),
    });
  }

  route(destination: Address): Route | undefined {
    return this.#transport.route(destination);
  }

  send(packets: readonly Packet[]): void {
    this.#transport.send(this.#pass(packets));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #pass(packets: readonly Packet[]): readonly Packet[] {
    if (this.#cut.size === 0) return packets;
    const passed = packets.filter(({ source, destination }) => !this.#cut.has(source) && !this.#cut.has(destination));
    this.vanished += packets.length - passed.length;
    return passed;
  }
}

function hasMessages({ bytes }: Packet): boolean {
  return decodeChunks(bytes.subarray(COMMON_HEADER_BYTES)).some(({ type }) => type === 'DATA');
}
