import type { Packet } from '../packet.js';

const INIT = 1;
const INIT_ACK = 2;
const COOKIE_ECHO = 10;
const IPV4_HEADER_BYTES = 20;
/** IPv6's header, and its fragment header (RFC 8200 §4.5). */
const IPV6_HEADERS_BYTES = 40 + 8;
const COMMON_HEADER_BYTES = 12;

/**
 * Whether IP fragments a packet that is larger than an MTU: the chunks that set up an association can't be divided by SCTP, and
 * the stack allows it for chunks that were made for a larger path MTU.
 */
export function isFragmentable({ bytes, mayBeFragmented }: Packet): boolean {
  const type = bytes[COMMON_HEADER_BYTES];
  return mayBeFragmented === true || type === INIT || type === INIT_ACK || type === COOKIE_ECHO;
}

/** The sizes of the fragments of an IP packet in bytes. All but the last carry a multiple of 8 bytes (RFC 791, RFC 8200). */
export function fragmentSizes(bytes: number, isIpv6: boolean, mtu: number): number[] {
  const headerBytes = isIpv6 ? IPV6_HEADERS_BYTES : IPV4_HEADER_BYTES;
  const mostBytes = Math.floor((mtu - headerBytes) / 8) * 8;
  const sizes: number[] = [];
  for (let left = bytes - (isIpv6 ? 40 : IPV4_HEADER_BYTES); left > 0; left -= mostBytes) {
    sizes.push(headerBytes + Math.min(left, mostBytes));
  }
  return sizes;
}
