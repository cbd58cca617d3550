import { checkBytes, checkOptions } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { Names } from '../nearest-name.js';
import type { Datagram } from './datagram.js';
import { datagramIn } from './ip.js';
import { ipPacketIn, isBareSctp } from './link-layer.js';
import { type Frame, pcapFrames } from './pcap-frames.js';
import { pcapngFrames } from './pcapng-frames.js';

/** An SCTP packet that was read from a capture. */
export interface ReadPacket extends Datagram {
  /** When it was captured, in ms since 1970 or since the start of a virtual clock. */
  readonly timeMs: number;
  /** The number of its frame in the capture, from 1, as Wireshark counts them. */
  readonly frame: number;
  /** The name of the interface, if the capture has it. */
  readonly interfaceName?: string;
  /** Whether it arrived or left there, if the capture says so. */
  readonly direction?: 'inbound' | 'outbound';
  /** The comment, if it has one. */
  readonly comment?: string;
}

/** Options of {@link readCapture}. */
export interface ReadOptions {
  /**
   * UDP ports of encapsulated SCTP. Default 9899. Datagrams on other ports are SCTP packets if they have a correct checksum
   * of SCTP.
   */
  readonly udpPorts?: readonly number[];
}

const READ_OPTIONS: Names<ReadOptions> = { udpPorts: true };
const NO_OPTIONS = {};

/**
 * The SCTP packets in a capture: a pcap or pcapng file of Wireshark, tcpdump or {@link PcapngWriter}. Packets of other protocols,
 * and fragments, are left out. If the end of the file is cut off, the packets before it are read. Byte fields are views into
 * `bytes`. Throws EINVAL if it isn't a capture.
 *
 * ```ts
 * for (const { timeMs, source, destination, bytes } of readCapture(await readFile('sctp.pcap'))) {
 *   console.log(timeMs, source, destination, describePacket(bytes));
 * }
 * ```
 */
export function readCapture(bytes: Uint8Array, options: ReadOptions = NO_OPTIONS): IterableIterator<ReadPacket> {
  checkBytes(bytes, 'the capture', 'readCapture');
  checkOptions(options, READ_OPTIONS, 'readCapture');
  const { udpPorts = [9899] } = options;
  const frames = pcapFrames(bytes) ?? pcapngFrames(bytes);
  if (frames !== undefined) return packets(frames, udpPorts);
  const what = 'this is neither pcap nor pcapng: give the content of a file by Wireshark, tcpdump or PcapngWriter';
  throw new SctpError('EINVAL', `readCapture: ${what}`, { syscall: 'readCapture' });
}

function* packets(frames: Iterable<Frame>, udpPorts: readonly number[]): Generator<ReadPacket, void, undefined> {
  let number = 0;
  for (const { linkType, bytes, ...about } of frames) {
    number++;
    const datagram = datagramOf(linkType, bytes, udpPorts);
    if (datagram) yield { ...about, ...datagram, frame: number };
  }
}

function datagramOf(linkType: number, bytes: Uint8Array, udpPorts: readonly number[]): Datagram | undefined {
  if (isBareSctp(linkType)) {
    return { source: '', destination: '', sourcePort: 0, destinationPort: 0, trafficClass: 0, bytes };
  }
  const packet = ipPacketIn(linkType, bytes);
  return packet && datagramIn(packet, udpPorts);
}
