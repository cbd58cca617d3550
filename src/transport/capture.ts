import { checkOptions } from '../arguments.js';
import type { PcapngWriter } from '../capture/pcapng.js';
import { type Clock, systemClock, wallTimeMs } from '../clock.js';
import type { Names } from '../nearest-name.js';
import type { Packet } from '../packet.js';
import { completePacket } from '../wire/crc32c.js';
import { type Direction, tapped } from './tap.js';
import type { Transport } from './transport.js';

/** Options of {@link capture}. */
export interface CaptureOptions {
  /** The name of the interface in the capture; `'sctp'` by default. */
  readonly name?: string;
  /** The clock for timestamps; by default the machine's, counted from 1970. */
  readonly clock?: Clock;
}

const CAPTURE_OPTIONS: Names<CaptureOptions> = { name: true, clock: true };

/**
 * Wraps a transport so that all of its packets are written into a capture.
 *
 * ```ts
 * const writer = new PcapngWriter();
 * const stack = await Stack.create({ transport: capture(udp(), writer, { name: 'client' }) });
 * // …
 * await writeFile('client.pcapng', writer.bytes());
 * ```
 */
export function capture(transport: Transport, writer: PcapngWriter, options: CaptureOptions = {}): Transport {
  checkOptions(options, CAPTURE_OPTIONS, 'capture');
  if (typeof transport?.send !== 'function') throw new TypeError('capture: give a transport, such as udp()');
  if (typeof writer?.addInterface !== 'function') throw new TypeError('capture: give a PcapngWriter');
  const recorder = new Recorder(transport, writer, options);
  return tapped(transport, (direction, packets) => recorder.write(direction, packets));
}

/** Writes the packets of a transport. */
class Recorder {
  readonly #transport: Transport;
  readonly #writer: PcapngWriter;
  readonly #interfaceId: number;
  readonly #now: () => number;

  constructor(transport: Transport, writer: PcapngWriter, { name = 'sctp', clock = systemClock }: CaptureOptions) {
    this.#transport = transport;
    this.#writer = writer;
    this.#interfaceId = writer.addInterface(name);
    this.#now = () => wallTimeMs(clock);
  }

  write(direction: Direction, packets: readonly Packet[]): void {
    const timeMs = this.#now();
    const isOut = direction === 'outbound';
    for (const { port, bytes, ...packet } of packets) {
      const own = port === 0 ? 0 : this.#ownPort();
      const ports = { sourcePort: isOut ? own : port, destinationPort: isOut ? port : own };
      const datagram = { ...packet, ...ports, bytes: this.#completed(bytes) };
      this.#writer.add({ interfaceId: this.#interfaceId, timeMs, direction, datagram });
    }
  }

  /** The local UDP port. If the transport doesn't have `port`, it is assumed to be the port at which it expects peers. */
  #ownPort(): number {
    const { port, encapsulationPort = 0 }: Transport & { readonly port?: unknown } = this.#transport;
    return typeof port === 'number' ? port : encapsulationPort;
  }

  /** Packets of a transport with `integrity` have no checksum. The capture has the correct one, for Wireshark. */
  #completed(bytes: Uint8Array): Uint8Array {
    if (this.#transport.integrity !== true) return bytes;
    const copy = bytes.slice();
    completePacket(copy);
    return copy;
  }
}
