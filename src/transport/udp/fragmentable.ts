import { sealPacket } from '../../wire/crc32c.js';
import { ETHERNET_MTU } from '../path-mtu.js';

/** The type of a PAD chunk (RFC 4820 §3), which a receiver skips. */
const PAD = 0x84;
const CHUNK_HEADER_BYTES = 4;
const COMMON_HEADER_BYTES = 12;
/** The type of INIT, which must be the only chunk of its packet (RFC 9260 §3). */
const INIT = 1;

/**
 * Lets IP fragment a packet that is larger than the path MTU. Linux sets the don't-fragment bit of a UDP datagram unless it is
 * larger than the MTU of its interface, and Node can't clear the bit. So a PAD chunk makes the packet larger than an Ethernet
 * frame; the kernel sends fragments then, which IPv4 routers fragment further. Over IPv6 routers don't.
 */
export function fragmentable(packet: Uint8Array): Uint8Array {
  const missing = ETHERNET_MTU - packet.length;
  if (missing < 0 || packet[COMMON_HEADER_BYTES] === INIT) return packet;
  const offset = (packet.length + 3) & ~3;
  const length = ((missing + 3) & ~3) + CHUNK_HEADER_BYTES;
  const padded = new Uint8Array(offset + length);
  padded.set(packet);
  padded.set([PAD, 0, length >> 8, length & 0xff], offset);
  sealPacket(padded);
  return padded;
}
