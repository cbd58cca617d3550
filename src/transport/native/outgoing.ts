import type { Packet } from '../../packet.js';
import { Block, halves, putPointer } from './block.js';
import type { SystemCalls } from './ffi.js';
import {
  cmsghdr,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_TCLASS,
  iovec,
  mmsghdr,
  msghdr,
  SOL_UDP,
  UDP_SEGMENT,
} from './linux.js';
import { SOCKADDR_BYTES, sockaddrOf } from './sockaddr.js';

const MOST_MESSAGES = 64;
const MOST_PIECES = 1024;
/** Older kernels take no more segments in one message (UDP_MAX_SEGMENTS). */
const MOST_SEGMENTS = 64;
/** All segments of a message together are less than the largest IP packet. */
const MOST_SEGMENT_BYTES = 65_000;
const CMSG_BYTES = cmsghdr.size + 8;
const CONTROL_BYTES = 2 * CMSG_BYTES;
const MOST_DESTINATIONS = 1024;

const HEADERS = 0;
const PIECES = HEADERS + MOST_MESSAGES * mmsghdr.size;
const NAMES = PIECES + MOST_PIECES * iovec.size;
const CONTROLS = NAMES + MOST_MESSAGES * SOCKADDR_BYTES;
const SIZE = CONTROLS + MOST_MESSAGES * CONTROL_BYTES;

/** Where packets of one socket go. */
export interface OutgoingSettings {
  readonly isIpv4: boolean;
  /** The UDP port for packets whose `port` is 0. 0 for raw sockets, which have no ports. */
  readonly defaultPort: number;
  /** The index of the interface for link-local destinations; 0 if there is none. */
  readonly scope: number;
}

/**
 * Packets as `sendmmsg` takes them. Packets of the same size to the same destination can be one message, which the kernel
 * divides again (UDP_SEGMENT, "GSO"). The packets aren't copied: the kernel reads them where they are.
 *
 *     mmsghdr ─► sockaddr, control data (UDP_SEGMENT, IP_TOS)
 *        └────► iovec, iovec, iovec … ─► the bytes of one packet each
 */
export class OutgoingMessages {
  readonly #system: SystemCalls;
  readonly #settings: OutgoingSettings;
  readonly #block: Block;
  readonly #destinations = new Map<string, Uint8Array>();
  /** How many packets each message has. */
  readonly #counts: number[] = [];
  #pieces = 0;
  #buffer: ArrayBufferLike | undefined;
  #low = 0;
  #high = 0;

  constructor(system: SystemCalls, settings: OutgoingSettings) {
    this.#system = system;
    this.#settings = settings;
    this.#block = new Block(SIZE, system.addressOf);
    for (let index = 0; index < MOST_MESSAGES; index++) {
      const header = HEADERS + index * mmsghdr.size + mmsghdr.msg_hdr;
      this.#block.setPointer(header + msghdr.msg_name, NAMES + index * SOCKADDR_BYTES);
    }
  }

  /** How many packets each message of the last `fill` has. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /**
   * Makes messages of packets from an index on, as many as there is room for, but at most up to the next packet that
   * IP may fragment. The one at `first` may be such a packet; it is then the only one.
   */
  fill(packets: readonly Packet[], first: number, hasSegmentation: boolean): void {
    this.#counts.length = 0;
    this.#pieces = 0;
    this.#buffer = undefined;
    for (let index = first; this.#counts.length < MOST_MESSAGES; ) {
      const packet = packets[index];
      if (packet === undefined || this.#pieces + MOST_SEGMENTS > MOST_PIECES) return;
      if (packet.mayBeFragmented === true && index > first) return;
      const count = hasSegmentation ? segments(packets, index) : 1;
      this.#add(packets, index, count);
      index += count;
      if (packet.mayBeFragmented === true) return;
    }
  }

  /** Passes the messages to the kernel, without the first `skipped`. Returns how many it has taken, or a negative errno. */
  send(fd: number, skipped = 0): number {
    const address = this.#block.addressAt(HEADERS + skipped * mmsghdr.size);
    return this.#system.sendmmsg(fd, address, this.#counts.length - skipped);
  }

  #add(packets: readonly Packet[], first: number, count: number): void {
    const index = this.#counts.push(count) - 1;
    const header = HEADERS + index * mmsghdr.size + mmsghdr.msg_hdr;
    const packet = packets[first];
    if (packet === undefined) return;
    const name = this.#destination(packet);
    this.#block.bytes.set(name, NAMES + index * SOCKADDR_BYTES);
    this.#block.setWord(header + msghdr.msg_namelen, name.length);
    this.#block.setPointer(header + msghdr.msg_iov, PIECES + this.#pieces * iovec.size);
    this.#block.setWord(header + msghdr.msg_iovlen, count);
    for (let i = first; i < first + count; i++) this.#addPiece(packets[i]?.bytes ?? packet.bytes);
    this.#setControl(index, header, count > 1 ? packet.bytes.length : 0, packet.trafficClass);
  }

  #addPiece(bytes: Uint8Array): void {
    const { buffer } = bytes;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      [this.#low, this.#high] = halves(this.#system.addressOf(buffer));
    }
    const { words } = this.#block;
    const at = (PIECES + this.#pieces++ * iovec.size) >> 2;
    putPointer(words, at + (iovec.iov_base >> 2), this.#low, this.#high, bytes.byteOffset);
    words[at + (iovec.iov_len >> 2)] = bytes.length;
  }

  #setControl(index: number, header: number, segmentBytes: number, trafficClass: number): void {
    const start = CONTROLS + index * CONTROL_BYTES;
    let at = start;
    if (segmentBytes > 0) {
      this.#setCmsg(at, 2, SOL_UDP, UDP_SEGMENT);
      this.#block.setHalf(at + cmsghdr.size, segmentBytes);
      at += CMSG_BYTES;
    }
    if (trafficClass !== 0) {
      if (this.#settings.isIpv4) this.#setCmsg(at, 4, IPPROTO_IP, IP_TOS);
      else this.#setCmsg(at, 4, IPPROTO_IPV6, IPV6_TCLASS);
      this.#block.setWord(at + cmsghdr.size, trafficClass);
      at += CMSG_BYTES;
    }
    this.#block.setPointer(header + msghdr.msg_control, start);
    this.#block.setWord(header + msghdr.msg_controllen, at - start);
  }

  #setCmsg(at: number, bytes: number, level: number, type: number): void {
    this.#block.setWord(at + cmsghdr.cmsg_len, cmsghdr.size + bytes);
    this.#block.setWord(at + cmsghdr.cmsg_level, level);
    this.#block.setWord(at + cmsghdr.cmsg_type, type);
  }

  #destination({ destination, port }: Packet): Uint8Array {
    const { defaultPort, scope } = this.#settings;
    const toPort = defaultPort === 0 ? 0 : port || defaultPort;
    const key = `${destination} ${toPort}`;
    const known = this.#destinations.get(key);
    if (known !== undefined) return known;
    const packed = sockaddrOf(destination, toPort, scope);
    if (this.#destinations.size >= MOST_DESTINATIONS) this.#destinations.clear();
    this.#destinations.set(key, packed);
    return packed;
  }
}

/** How many packets from an index on can be one message: all have the size of the first, except the last, which may be smaller. */
function segments(packets: readonly Packet[], first: number): number {
  const head = packets[first];
  if (head === undefined || head.mayBeFragmented === true) return 1;
  const size = head.bytes.length;
  const most = Math.min(MOST_SEGMENTS, Math.floor(MOST_SEGMENT_BYTES / Math.max(size, 1)));
  let count = 1;
  for (; count < most; count++) {
    const packet = packets[first + count];
    if (packet === undefined || packet.bytes.length > size || packet.bytes.length === 0) break;
    if (packet.destination !== head.destination || packet.port !== head.port) break;
    if (packet.trafficClass !== head.trafficClass || packet.mayBeFragmented === true) break;
    if (packet.bytes.length < size) return count + 1;
  }
  return count;
}
