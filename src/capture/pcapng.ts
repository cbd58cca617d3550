import { checkBytes, checkObject, checkOptions, checkType } from '../arguments.js';
import type { Names } from '../nearest-name.js';
import { uncaught } from '../uncaught.js';
import { type BlockOption, block, concat, uint16, uint32 } from './block.js';
import { type Datagram, ipPacket } from './datagram.js';

export type { Datagram } from './datagram.js';

/** One packet of a capture. */
export interface CapturedPacket {
  /** The id that {@link PcapngWriter.addInterface} returned. */
  readonly interfaceId: number;
  /** Time in ms since 1970, or since the start of a virtual clock. */
  readonly timeMs: number;
  /** Whether it arrived or left at the interface. */
  readonly direction?: 'inbound' | 'outbound';
  /** Wireshark shows it with the packet: why it was dropped, for example. */
  readonly comment?: string;
  /** The SCTP packet and its addresses. */
  readonly datagram: Datagram;
}

/** Options of a {@link PcapngWriter}. */
export interface PcapngOptions {
  /**
   * The largest size of the file, in bytes. Packets beyond it are left out and counted. Default 64 MiB in memory, and no limit
   * with `write`.
   */
  readonly limitBytes?: number;
  /**
   * Is given each part of the file as it grows, in order, to write it to a file or a stream. Without it the file is kept in memory.
   * An error that it throws becomes the program's uncaught error.
   */
  readonly write?: (bytes: Uint8Array) => void;
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

const PCAPNG_OPTIONS: Names<PcapngOptions> = { limitBytes: true, write: true };

/**
 * Writes a capture file for Wireshark, in memory or to a file or stream. It adds the IP headers to SCTP packets, and the UDP
 * headers if they are encapsulated.
 *
 * ```ts
 * const file = createWriteStream('client.pcapng');
 * const writer = new PcapngWriter({ write: (bytes) => file.write(bytes) });
 * ```
 */
export class PcapngWriter {
  readonly #limitBytes: number;
  readonly #write: ((bytes: Uint8Array) => void) | undefined;
  readonly #blocks: Uint8Array[] = [];
  #size = 0;
  #interfaces = 0;
  #skipped = 0;

  constructor(options: PcapngOptions = {}) {
    checkOptions(options, PCAPNG_OPTIONS, 'PcapngWriter');
    const { write, limitBytes = write ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT_BYTES } = options;
    if (write !== undefined) checkType(write, 'function', 'write', 'PcapngWriter');
    checkType(limitBytes, 'number', 'limitBytes', 'PcapngWriter');
    this.#limitBytes = limitBytes;
    this.#write = write;
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
    checkType(name, 'string', 'name', 'addInterface');
    const options: BlockOption[] = [
      [OPTION.interfaceName, name],
      [OPTION.timeResolution, Uint8Array.of(MICROSECONDS)],
    ];
    this.#append(block(INTERFACE_DESCRIPTION, [uint16(LINKTYPE_RAW, 0), uint32(0)], options));
    return this.#interfaces++;
  }

  /** Adds a packet. Its bytes are copied. */
  add(packet: CapturedPacket): void {
    checkObject(packet, 'the packet', 'add');
    checkObject(packet.datagram, 'datagram', 'add');
    checkBytes(packet.datagram.bytes, 'datagram.bytes', 'add');
    const { interfaceId, timeMs, direction, comment, datagram } = packet;
    const ip = ipPacket(datagram);
    const options: BlockOption[] = [];
    if (comment !== undefined) options.push([OPTION.comment, comment]);
    if (direction !== undefined) options.push([OPTION.packetFlags, uint32(direction === 'inbound' ? 1 : 2)]);
    const bytes = ip && packetBlock(interfaceId, timeMs, ip, options);
    if (bytes !== undefined && this.#size + bytes.length <= this.#limitBytes) this.#append(bytes);
    else this.#skipped++;
  }

  /** The file so far, if it is kept in memory. */
  bytes(): Uint8Array {
    return concat(this.#blocks);
  }

  #append(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#write === undefined) {
      this.#blocks.push(bytes);
      return;
    }
    try {
      this.#write(bytes);
    } catch (error) {
      uncaught(error); // a transport that is captured must go on
    }
  }
}

function packetBlock(id: number, timeMs: number, packet: Uint8Array, options: readonly BlockOption[]): Uint8Array {
  const micros = Math.round(timeMs * 1000);
  const fields = uint32(id, Math.floor(micros / 2 ** 32), micros, packet.length, packet.length);
  return block(ENHANCED_PACKET, [fields, packet], options);
}
