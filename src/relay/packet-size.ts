import { packetBytes, type UdpEndpoint } from './udp-endpoint.js';

const COMMON_HEADER_BYTES = 12;
const HEARTBEAT = 4;
/** RFC 4820 §3. */
const PAD = 0x84;
/** A PAD chunk makes a packet slightly larger than an Ethernet frame, and no larger. */
const MOST_PADDED_BYTES = 1512;

/**
 * Is a complete SCTP packet larger than the MTU? The PAD chunk at its end doesn't count, up to the size of an Ethernet frame: by
 * such a chunk a sender lets IP fragment a packet (`fragmentable` in `src/transport/udp`). In a packet that begins with HEARTBEAT
 * it does count: that is a probe of path MTU discovery (RFC 8899), which must find the MTU.
 */
export function isTooLarge(peer: UdpEndpoint, bytes: Uint8Array, mtu: number): boolean {
  if (packetBytes(peer, bytes) <= mtu) return false;
  return bytes.length > MOST_PADDED_BYTES || packetBytes(peer, withoutPadding(bytes)) > mtu;
}

function withoutPadding(bytes: Uint8Array): Uint8Array {
  if (bytes[COMMON_HEADER_BYTES] === HEARTBEAT) return bytes;
  for (let at = COMMON_HEADER_BYTES; ; ) {
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const next = at + ((length + 3) & ~3);
    if (next >= bytes.length) return bytes[at] === PAD ? bytes.subarray(0, at) : bytes;
    if (next === at) return bytes;
    at = next;
  }
}
