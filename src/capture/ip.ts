import { formatAddress } from '../address.js';
import { packetChecksum, storedChecksum } from '../wire/crc32c.js';
import type { Datagram } from './datagram.js';

const PROTOCOL_UDP = 17;
const PROTOCOL_SCTP = 132;
const UDP_HEADER_BYTES = 8;
const SCTP_HEADER_BYTES = 12;
/** IPv6 extension headers that may be before SCTP: hop-by-hop options, routing, destination options. */
const EXTENSIONS = [0, 43, 60];

type IpPacket = Omit<Datagram, 'sourcePort' | 'destinationPort'> & { readonly protocol: number };

/**
 * The SCTP packet in an IP packet, directly or in UDP; undefined if it has none, or is a fragment. A UDP datagram is SCTP if
 * one of its ports is among `udpPorts`, or if it has the checksum of an SCTP packet.
 */
export function datagramIn(packet: Uint8Array, udpPorts: readonly number[]): Datagram | undefined {
  const ip = (packet[0] ?? 0) >> 4 === 4 ? readIpv4(packet) : readIpv6(packet);
  if (ip === undefined) return undefined;
  const { protocol, bytes, ...headers } = ip;
  if (protocol === PROTOCOL_SCTP) return { ...headers, sourcePort: 0, destinationPort: 0, bytes };
  if (protocol !== PROTOCOL_UDP || bytes.length < UDP_HEADER_BYTES) return undefined;
  const [sourcePort, destinationPort, length] = [word(bytes, 0), word(bytes, 2), word(bytes, 4)];
  const payload = bytes.subarray(UDP_HEADER_BYTES, Math.max(UDP_HEADER_BYTES, length));
  const isExpected = udpPorts.includes(sourcePort) || udpPorts.includes(destinationPort);
  if (!isExpected && !looksLikeSctp(payload)) return undefined;
  return { ...headers, sourcePort, destinationPort, bytes: payload };
}

/** RFC 791 §3.1. */
function readIpv4(packet: Uint8Array): IpPacket | undefined {
  const headerBytes = ((packet[0] ?? 0) & 15) * 4;
  const isFragment = (word(packet, 6) & 0x3fff) !== 0; // more fragments, or an offset
  if (headerBytes < 20 || packet.length < headerBytes || isFragment) return undefined;
  return {
    source: formatAddress(packet.subarray(12, 16)),
    destination: formatAddress(packet.subarray(16, 20)),
    trafficClass: packet[1] ?? 0,
    protocol: packet[9] ?? 0,
    // Behind the packet there may be padding of the link, and with segmentation offload the length is 0.
    bytes: packet.subarray(headerBytes, word(packet, 2) || packet.length),
  };
}

/** RFC 8200 §3. */
function readIpv6(packet: Uint8Array): IpPacket | undefined {
  if ((packet[0] ?? 0) >> 4 !== 6 || packet.length < 40) return undefined;
  const end = word(packet, 4) === 0 ? packet.length : 40 + word(packet, 4);
  let protocol = packet[6] ?? 0;
  let at = 40;
  while (EXTENSIONS.includes(protocol) && at + 8 <= packet.length) {
    protocol = packet[at] ?? 0;
    at += 8 * ((packet[at + 1] ?? 0) + 1);
  }
  return {
    source: formatAddress(packet.subarray(8, 24)),
    destination: formatAddress(packet.subarray(24, 40)),
    trafficClass: (word(packet, 0) >> 4) & 0xff,
    protocol,
    bytes: packet.subarray(at, end),
  };
}

function looksLikeSctp(payload: Uint8Array): boolean {
  return payload.length > SCTP_HEADER_BYTES && storedChecksum(payload) === packetChecksum(payload);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
