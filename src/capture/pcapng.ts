import { type BlockOption, block, concat, uint16, uint32 } from './block.js';
import { type Datagram, ipPacket } from './datagram.js';

export type { Datagram } from './datagram.js';

/** One packet of a capture. */
export interface CapturedPacket {
  /** The id that {@link PcapngWriter.addInterface} returned. */
  readonly interfaceId: number;
  /** Time in ms since 1970, or since the start of a virtual clock. */
  readonly timeMs: number;
  readonly direction?: 'inbound' | 'outbound';
  /** Wireshark shows it with the packet: why it was dropped, for example. */
  readonly comment?: string;
  readonly datagram: Datagram;
}

export interface PcapngOptions {
  /** The largest size of the file. Packets beyond it are left out and counted. 64 MiB by default. */
  readonly limitBytes?: number;
}

/** Block types of draft-ietf-opsawg-pcapng §4. */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
/** Each packet begins with its IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;
const OPTION = { comment: 1, userApplication: 4, interfaceName: 2, packetFlags: 2, timeResolution: 9 };
const MICROSECONDS = 6;
const DEFAULT_LIMIT_BYTES = 2 ** 26;

/**
 * Builds a capture file for Wireshark in memory. It adds the IP headers to SCTP packets, and the UDP headers if they are
 * encapsulated.
 */
export class PcapngWriter {
  readonly #limitBytes: number;
  readonly #blocks: Uint8Array[] = [];
  #size = 0;
  #interfaces = 0;
  #skipped = 0;

  constructor({ limitBytes = DEFAULT_LIMIT_BYTES }: PcapngOptions = {}) {
    this.#limitBytes = limitBytes;
    const unknownLength = uint32(0xffffffff, 0xffffffff);
    const fields = [uint32(0x1a2b3c4d), uint16(1, 0), unknownLength];
    this.#append(block(SECTION_HEADER, fields, [[OPTION.userApplication, 'usrsctp-wasm']]));
  }

  /** How many packets were left out because the file is full, or because they don't fit into an IP packet. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Adds an interface and returns its id. */
  addInterface(name: string): number {
    const options: BlockOption[] = [
      [OPTION.interfaceName, name],
      [OPTION.timeResolution, Uint8Array.of(MICROSECONDS)],
    ];
    this.#append(block(INTERFACE_DESCRIPTION, [uint16(LINKTYPE_RAW, 0), uint32(0)], options));
    return this.#interfaces++;
  }

  /** Adds a packet. Its bytes are copied. */
  add({ interfaceId, timeMs, direction, comment, datagram }: CapturedPacket): void {
    const packet = ipPacket(datagram);
    const options: BlockOption[] = [];
    if (comment !== undefined) options.push([OPTION.comment, comment]);
    if (direction !== undefined) options.push([OPTION.packetFlags, uint32(direction === 'inbound' ? 1 : 2)]);
    const bytes = packet && packetBlock(interfaceId, timeMs, packet, options);
    if (bytes !== undefined && this.#size + bytes.length <= this.#limitBytes) this.#append(bytes);
    else this.#skipped++;
  }

  /** The file so far. */
  bytes(): Uint8Array {
    return concat(this.#blocks);
  }

  #append(bytes: Uint8Array): void {
    this.#blocks.push(bytes);
    this.#size += bytes.length;
  }
}

function packetBlock(id: number, timeMs: number, packet: Uint8Array, options: readonly BlockOption[]): Uint8Array {
  const micros = Math.round(timeMs * 1000);
  const fields = uint32(id, Math.floor(micros / 2 ** 32), micros, packet.length, packet.length);
  return block(ENHANCED_PACKET, [fields, packet], options);
}
