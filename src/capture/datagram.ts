import { type Address, addressBytes } from '../address.js';

/** An SCTP packet with the fields of its IP and UDP headers. */
export interface Datagram {
  /** The source IP address. */
  readonly source: Address;
  /** The destination IP address. */
  readonly destination: Address;
  /** The source UDP port (RFC 6951); 0 if SCTP is directly over IP. */
  readonly sourcePort: number;
  /** The destination UDP port; 0 if SCTP is directly over IP. */
  readonly destinationPort: number;
  /** The traffic class octet of the IP header. */
  readonly trafficClass: number;
  /** The SCTP packet. */
  readonly bytes: Uint8Array;
}

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const UDP_HEADER_BYTES = 8;
const PROTOCOL_UDP = 17;
const PROTOCOL_SCTP = 132;
const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
const LARGEST = 65_535;

/** The IP packet for an SCTP packet; undefined if it would be too large, or if the addresses are of different families. */
export function ipPacket(datagram: Datagram): Uint8Array | undefined {
  const source = addressBytes(datagram.source);
  const destination = addressBytes(datagram.destination);
  if (source === undefined || source.length !== destination?.length) return undefined;
  const headerBytes = source.length === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  const udpBytes = datagram.destinationPort === 0 ? 0 : UDP_HEADER_BYTES;
  const packet = new Uint8Array(headerBytes + udpBytes + datagram.bytes.length);
  if (packet.length > LARGEST) return undefined;
  // The addresses are the last fields of both headers.
  packet.set(source, headerBytes - 2 * source.length);
  packet.set(destination, headerBytes - source.length);
  packet.set(datagram.bytes, headerBytes + udpBytes);
  const write = source.length === 4 ? writeIpv4 : writeIpv6;
  write(packet, datagram.trafficClass, udpBytes === 0 ? PROTOCOL_SCTP : PROTOCOL_UDP);
  if (udpBytes > 0) writeUdp(packet, headerBytes, 2 * source.length, datagram);
  return packet;
}

/** RFC 791 §3.1. */
function writeIpv4(packet: Uint8Array, trafficClass: number, protocol: number): void {
  const view = viewOf(packet);
  view.setUint8(0, 0x45);
  view.setUint8(1, trafficClass);
  view.setUint16(2, packet.length);
  view.setUint16(6, DONT_FRAGMENT);
  view.setUint8(8, HOP_LIMIT);
  view.setUint8(9, protocol);
  view.setUint16(10, internetChecksum(packet.subarray(0, IPV4_HEADER_BYTES)));
}

/** RFC 8200 §3. */
function writeIpv6(packet: Uint8Array, trafficClass: number, protocol: number): void {
  const view = viewOf(packet);
  view.setUint32(0, ((6 << 28) | (trafficClass << 20)) >>> 0);
  view.setUint16(4, packet.length - IPV6_HEADER_BYTES);
  view.setUint8(6, protocol);
  view.setUint8(7, HOP_LIMIT);
}

/** RFC 768. The checksum covers a pseudo header of both addresses, which are right before the UDP header, protocol and length. */
function writeUdp(
  packet: Uint8Array,
  at: number,
  addressesBytes: number,
  { sourcePort, destinationPort }: Datagram,
): void {
  const view = viewOf(packet);
  const length = packet.length - at;
  view.setUint16(at, sourcePort);
  view.setUint16(at + 2, destinationPort);
  view.setUint16(at + 4, length);
  const checksum = internetChecksum(packet.subarray(at - addressesBytes), PROTOCOL_UDP + length);
  view.setUint16(at + 6, checksum === 0 ? 0xffff : checksum);
}

/** The ones' complement of the ones' complement sum of 16-bit words (RFC 1071). */
function internetChecksum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
