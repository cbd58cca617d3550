import type { Address } from '../../address.js';
import { Block } from './block.js';
import type { SystemCalls } from './ffi.js';
import {
  cmsghdr,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_TCLASS,
  iovec,
  MSG_TRUNC,
  mmsghdr,
  msghdr,
  SOL_UDP,
  UDP_GRO,
} from './linux.js';
import { AddressReader, portIn, SOCKADDR_BYTES } from './sockaddr.js';

/** How many messages one call receives. */
export const MOST_MESSAGES = 32;
/** The largest message: an IP packet, or datagrams that the kernel has joined (UDP_GRO). */
const MESSAGE_BYTES = 65_536;
const CONTROL_BYTES = 128;

const HEADERS = 0;
const PIECES = HEADERS + MOST_MESSAGES * mmsghdr.size;
const NAMES = PIECES + MOST_MESSAGES * iovec.size;
const CONTROLS = NAMES + MOST_MESSAGES * SOCKADDR_BYTES;
const DATA = CONTROLS + MOST_MESSAGES * CONTROL_BYTES;
const SIZE = DATA + MOST_MESSAGES * MESSAGE_BYTES;

/** One message that has arrived. Its bytes are valid until the next call. */
export interface IncomingMessage {
  readonly source: Address;
  /** The UDP port, or 0. */
  readonly port: number;
  readonly bytes: Uint8Array;
  /** The traffic class, if the kernel has told it. */
  readonly trafficClass: number;
  /** The size of each of several datagrams that the kernel has joined, except the last; 0 if it is one datagram. */
  readonly segmentBytes: number;
}

/** Room of 2 MB for messages that `recvmmsg` receives. All sockets of a thread share it, since they take them out at once. */
export class IncomingMessages {
  readonly #system: SystemCalls;
  readonly #block: Block;
  readonly #addresses = new AddressReader();

  static readonly #ofSystem = new WeakMap<SystemCalls, IncomingMessages>();

  static of(system: SystemCalls): IncomingMessages {
    const known = IncomingMessages.#ofSystem.get(system);
    if (known !== undefined) return known;
    const created = new IncomingMessages(system);
    IncomingMessages.#ofSystem.set(system, created);
    return created;
  }

  private constructor(system: SystemCalls) {
    this.#system = system;
    this.#block = new Block(SIZE, system.addressOf);
    for (let index = 0; index < MOST_MESSAGES; index++) this.#prepare(index);
  }

  /** Receives messages. Returns how many, or a negative errno. */
  receive(fd: number): number {
    return this.#system.recvmmsg(fd, this.#block.addressAt(HEADERS), MOST_MESSAGES);
  }

  /** Takes a message that was received; `undefined` if it was too large. */
  take(index: number): IncomingMessage | undefined {
    const header = HEADERS + index * mmsghdr.size + mmsghdr.msg_hdr;
    const length = this.#block.word(HEADERS + index * mmsghdr.size + mmsghdr.msg_len);
    const name = NAMES + index * SOCKADDR_BYTES;
    const isTruncated = (this.#block.word(header + msghdr.msg_flags) & MSG_TRUNC) !== 0;
    const { trafficClass, segmentBytes } = this.#control(index, this.#block.word(header + msghdr.msg_controllen));
    this.#reset(header);
    if (isTruncated) return undefined;
    const start = DATA + index * MESSAGE_BYTES;
    return {
      source: this.#addresses.read(this.#block, name),
      port: portIn(this.#block.bytes, name),
      bytes: this.#block.bytes.subarray(start, start + length),
      trafficClass,
      segmentBytes,
    };
  }

  #prepare(index: number): void {
    const header = HEADERS + index * mmsghdr.size + mmsghdr.msg_hdr;
    const piece = PIECES + index * iovec.size;
    this.#block.setPointer(piece + iovec.iov_base, DATA + index * MESSAGE_BYTES);
    this.#block.setWord(piece + iovec.iov_len, MESSAGE_BYTES);
    this.#block.setPointer(header + msghdr.msg_name, NAMES + index * SOCKADDR_BYTES);
    this.#block.setPointer(header + msghdr.msg_iov, piece);
    this.#block.setWord(header + msghdr.msg_iovlen, 1);
    this.#block.setPointer(header + msghdr.msg_control, CONTROLS + index * CONTROL_BYTES);
    this.#reset(header);
  }

  /** The kernel overwrites these with what it has used. */
  #reset(header: number): void {
    this.#block.setWord(header + msghdr.msg_namelen, SOCKADDR_BYTES);
    this.#block.setWord(header + msghdr.msg_controllen, CONTROL_BYTES);
  }

  #control(index: number, length: number): { trafficClass: number; segmentBytes: number } {
    let trafficClass = 0;
    let segmentBytes = 0;
    const start = CONTROLS + index * CONTROL_BYTES;
    for (let at = start; at + cmsghdr.size <= start + length; ) {
      const bytes = this.#block.word(at + cmsghdr.cmsg_len);
      if (bytes < cmsghdr.size) break;
      const level = this.#block.word(at + cmsghdr.cmsg_level);
      const type = this.#block.word(at + cmsghdr.cmsg_type);
      const data = at + cmsghdr.size;
      if (level === SOL_UDP && type === UDP_GRO) segmentBytes = this.#block.half(data);
      else if (level === IPPROTO_IP && type === IP_TOS) trafficClass = this.#block.bytes[data] ?? 0;
      else if (level === IPPROTO_IPV6 && type === IPV6_TCLASS) trafficClass = this.#block.bytes[data] ?? 0;
      at += (bytes + 7) & ~7;
    }
    return { trafficClass, segmentBytes };
  }
}
