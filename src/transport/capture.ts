import type { Address } from '../address.js';
import type { PcapngWriter } from '../capture/pcapng.js';
import { type Clock, systemClock, wallTimeMs } from '../clock.js';
import type { Packet } from '../packet.js';
import { completePacket } from '../wire/crc32c.js';
import { checkHost } from './host.js';
import type { Route, Transport, TransportHost } from './transport.js';

export interface CaptureOptions {
  /** The name of the interface in the capture; `'sctp'` by default. */
  readonly name?: string;
  /** Where timestamps come from; by default the machine's clock, counted from 1970. */
  readonly clock?: Clock;
}

/**
 * The same transport, with all of its packets written into a capture.
 *
 * ```ts
 * const writer = new PcapngWriter();
 * const stack = await Stack.create({ transport: capture(udp(), writer, { name: 'client' }) });
 * // …
 * await writeFile('client.pcapng', writer.bytes());
 * ```
 */
export function capture(transport: Transport, writer: PcapngWriter, options: CaptureOptions = {}): Transport {
  return new Capture(transport, writer, options);
}

class Capture implements Transport {
  declare readonly encapsulationPort?: number;
  declare readonly integrity?: boolean;
  readonly route?: (destination: Address) => Route | undefined;
  readonly interfaceOf?: (address: Address) => string | undefined;
  readonly #transport: Transport;
  readonly #writer: PcapngWriter;
  readonly #interfaceId: number;
  readonly #now: () => number;

  constructor(transport: Transport, writer: PcapngWriter, { name = 'sctp', clock = systemClock }: CaptureOptions) {
    this.#transport = transport;
    this.#writer = writer;
    this.#interfaceId = writer.addInterface(name);
    this.#now = () => wallTimeMs(clock);
    if (transport.interfaceOf !== undefined) this.interfaceOf = (address) => transport.interfaceOf?.(address);
    if (transport.route !== undefined) this.route = (destination) => transport.route?.(destination);
    for (const name of ['encapsulationPort', 'integrity'] as const) {
      if (name in transport) Object.defineProperty(this, name, { get: () => transport[name], enumerable: true });
    }
  }

  get addresses(): readonly Address[] {
    return this.#transport.addresses;
  }

  get mtu(): number {
    return this.#transport.mtu;
  }

  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    return this.#transport.start({
      takesZeroChecksum: host.takesZeroChecksum === true,
      get isQuiet() {
        return host.isQuiet === true;
      },
      receive: (packets) => {
        this.#write('inbound', packets);
        host.receive(packets);
      },
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: () => host.changed(),
    });
  }

  send(packets: readonly Packet[]): void {
    this.#write('outbound', packets);
    this.#transport.send(packets);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Our UDP port. A transport that doesn't tell is taken to use the one at which it expects its peers. */
  #ownPort(): number {
    const { port, encapsulationPort = 0 }: Transport & { readonly port?: unknown } = this.#transport;
    return typeof port === 'number' ? port : encapsulationPort;
  }

  #write(direction: 'inbound' | 'outbound', packets: readonly Packet[]): void {
    const timeMs = this.#now();
    const isOut = direction === 'outbound';
    for (const { port, bytes, ...packet } of packets) {
      const own = port === 0 ? 0 : this.#ownPort();
      const ports = { sourcePort: isOut ? own : port, destinationPort: isOut ? port : own };
      const datagram = { ...packet, ...ports, bytes: this.#completed(bytes) };
      this.#writer.add({ interfaceId: this.#interfaceId, timeMs, direction, datagram });
    }
  }

  /** Where the transport vouches for integrity packets have no checksum: Wireshark is shown the right one. */
  #completed(bytes: Uint8Array): Uint8Array {
    if (this.#transport.integrity !== true) return bytes;
    const copy = bytes.slice();
    completePacket(copy);
    return copy;
  }
}
