import type { Address } from '../../address.js';
import { Block } from './block.js';
import { errnoName } from './errno.js';
import type { SystemCalls } from './ffi.js';
import {
  cmsghdr,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVERR,
  iovec,
  MSG_ERRQUEUE,
  msghdr,
  SO_EE_ORIGIN_ICMP,
  SO_EE_ORIGIN_ICMP6,
  sock_extended_err,
} from './linux.js';
import { AddressReader, SOCKADDR_BYTES } from './sockaddr.js';

/** An ICMP message about a packet that was sent. Anyone on the way can forge it. */
export interface IcmpError {
  /** Where the packet was sent. */
  readonly destination: Address;
  /** What the kernel makes of it, such as EHOSTUNREACH, ECONNREFUSED, or EMSGSIZE for "fragmentation needed". */
  readonly errno: string;
  /** With EMSGSIZE: the largest IP packet that the next link takes, as the router says. */
  readonly mtu: number;
  /** The beginning of the SCTP packet that the router quotes. Valid until the next call. */
  readonly quoted: Uint8Array;
}

const CONTROL_BYTES = 256;
/** Of the packet that ICMP quotes, only the common header is needed. */
const QUOTED_BYTES = 64;

const NAME = msghdr.size;
const PIECE = NAME + SOCKADDR_BYTES;
const CONTROL = PIECE + iovec.size;
const QUOTED = CONTROL + CONTROL_BYTES;

/** The error queue of a socket (IP_RECVERR, see ip(7)). */
export class ErrorQueue {
  readonly #system: SystemCalls;
  readonly #fd: number;
  readonly #block: Block;
  readonly #addresses = new AddressReader();

  constructor(system: SystemCalls, fd: number) {
    this.#system = system;
    this.#fd = fd;
    this.#block = new Block(QUOTED + QUOTED_BYTES, system.addressOf);
    this.#block.setPointer(msghdr.msg_name, NAME);
    this.#block.setPointer(msghdr.msg_iov, PIECE);
    this.#block.setWord(msghdr.msg_iovlen, 1);
    this.#block.setPointer(msghdr.msg_control, CONTROL);
    this.#block.setPointer(PIECE + iovec.iov_base, QUOTED);
    this.#block.setWord(PIECE + iovec.iov_len, QUOTED_BYTES);
  }

  /** The next error; `undefined` if there is none. Local errors are left out: the call that failed has returned them. */
  next(): IcmpError | undefined {
    for (;;) {
      this.#block.setWord(msghdr.msg_namelen, SOCKADDR_BYTES);
      this.#block.setWord(msghdr.msg_controllen, CONTROL_BYTES);
      const quotedBytes = this.#system.recvmsg(this.#fd, this.#block.addressAt(0), MSG_ERRQUEUE);
      if (quotedBytes < 0) return undefined;
      const error = this.#parse(this.#block.word(msghdr.msg_controllen), quotedBytes);
      if (error !== undefined) return error;
    }
  }

  #parse(length: number, quotedBytes: number): IcmpError | undefined {
    const end = CONTROL + length;
    for (let at = CONTROL; at + cmsghdr.size <= end; ) {
      const bytes = this.#block.word(at + cmsghdr.cmsg_len);
      if (bytes < cmsghdr.size || bytes > end - at) return undefined;
      const level = this.#block.word(at + cmsghdr.cmsg_level);
      const type = this.#block.word(at + cmsghdr.cmsg_type);
      const isError =
        (level === IPPROTO_IP && type === IP_RECVERR) || (level === IPPROTO_IPV6 && type === IPV6_RECVERR);
      if (isError) return this.#extended(at + cmsghdr.size, quotedBytes);
      at += (bytes + 7) & ~7;
    }
    return undefined;
  }

  /** Reads a `struct sock_extended_err`. The kernel has put the packet's destination into `msg_name`. */
  #extended(at: number, quotedBytes: number): IcmpError | undefined {
    const origin = this.#block.bytes[at + sock_extended_err.ee_origin];
    if (origin !== SO_EE_ORIGIN_ICMP && origin !== SO_EE_ORIGIN_ICMP6) return undefined;
    return {
      destination: this.#addresses.read(this.#block, NAME),
      errno: errnoName(-this.#block.word(at + sock_extended_err.ee_errno)),
      mtu: this.#block.word(at + sock_extended_err.ee_info),
      quoted: this.#block.bytes.subarray(QUOTED, QUOTED + quotedBytes),
    };
  }
}
