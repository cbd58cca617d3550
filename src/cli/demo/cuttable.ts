import type { Address, Packet, Route, Transport, TransportHost } from '../../index.js';
import type { UdpTransport } from '../../udp.js';
import { decodeChunks } from '../../wire/decode.js';

/** Called with the source address of each packet with user messages that has arrived. */
export type Listener = (source: Address) => void;

const COMMON_HEADER_BYTES = 12;

/**
 * A transport whose paths can be cut, as by pulling a cable: packets from and to a cut address are dropped, and neither stack
 * is told.
 */
export class Cuttable implements Transport {
  /** How many packets were dropped. */
  dropped = 0;
  readonly mtu: number;
  readonly encapsulationPort: number;
  readonly #transport: UdpTransport;
  readonly #onMessages: Listener;
  readonly #cut = new Set<Address>();

  constructor(transport: UdpTransport, onMessages: Listener) {
    this.#transport = transport;
    this.#onMessages = onMessages;
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
        for (const packet of arrived) if (hasMessages(packet)) this.#onMessages(packet.source);
        host.receive(arrived);
      },
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: (back) => host.changed(back),
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
    this.dropped += packets.length - passed.length;
    return passed;
  }
}

function hasMessages({ bytes }: Packet): boolean {
  return decodeChunks(bytes.subarray(COMMON_HEADER_BYTES)).some(({ type }) => type === 'DATA');
}
