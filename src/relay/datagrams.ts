import { type Address, addressBytes, familyOf, formatAddress } from '../address.js';
import { type Reader, Writer } from './octets.js';
import type { UdpEndpoint } from './udp-endpoint.js';

/** The largest message that either side sends or accepts, in bytes. */
export const MAX_MESSAGE_BYTES: number = 65_536;

/** One UDP datagram, from the point of view of the relay's client. */
export interface Datagram {
  /** The index, 0 to 127, of the allocated address that it is sent from or was received at. */
  readonly local: number;
  readonly peer: UdpEndpoint;
  readonly bytes: Uint8Array;
}

/** The type of a message of datagrams: its first byte. */
export const DATAGRAMS = 0;
/** The most addresses that a client has. */
export const MAX_LOCALS = 128;

/** Flag beside the index of the local address: the peer's address is IPv6. */
const IPV6 = 0x80;
/** Flag and index, address, port, length. */
const DATAGRAM_HEADER_BYTES = { IPv4: 1 + 4 + 2 + 2, IPv6: 1 + 16 + 2 + 2 } as const;

/** Encodes datagrams as messages, with as many in each as fit. A datagram that fits into no message is left out. */
export function encodeDatagrams(datagrams: readonly Datagram[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let group: Datagram[] = [];
  let length = 1;
  const flush = () => {
    if (group.length > 0) messages.push(encodeMessage(group, length));
    group = [];
    length = 1;
  };
  for (const datagram of datagrams) {
    const size =
      DATAGRAM_HEADER_BYTES[familyOf(datagram.peer.address) === 'IPv4' ? 'IPv4' : 'IPv6'] + datagram.bytes.length;
    if (1 + size > MAX_MESSAGE_BYTES) continue;
    if (length + size > MAX_MESSAGE_BYTES) flush();
    group.push(datagram);
    length += size;
  }
  flush();
  return messages;
}

function encodeMessage(datagrams: readonly Datagram[], length: number): Uint8Array {
  const writer = new Writer(length);
  writer.uint8(DATAGRAMS);
  let address: Address | undefined;
  let raw: Uint8Array = new Uint8Array(4);
  for (const { local, peer, bytes } of datagrams) {
    if (peer.address !== address) {
      address = peer.address;
      raw = addressBytes(address) ?? new Uint8Array(4);
    }
    writer.uint8(local | (raw.length > 4 ? IPV6 : 0));
    writer.bytes(raw);
    writer.uint16(peer.port);
    writer.uint16(bytes.length);
    writer.bytes(bytes);
  }
  return writer.written();
}

/**
 * Decodes what follows the type; `undefined` if it is truncated or malformed. Consecutive datagrams from one peer share
 * the same `peer` object, so that it is looked up once.
 */
export function readDatagrams(reader: Reader): Datagram[] | undefined {
  const datagrams: Datagram[] = [];
  let raw: Uint8Array = new Uint8Array();
  let peer: UdpEndpoint | undefined;
  while (reader.left > 0) {
    const head = reader.uint8();
    const own = reader.bytes(head & IPV6 ? 16 : 4);
    const port = reader.uint16();
    const bytes = reader.bytes(reader.uint16());
    if (peer?.port !== port || !isSame(own, raw)) {
      raw = own;
      peer = peerOf(own, port);
    }
    if (reader.hasFailed || peer === undefined || bytes.length === 0) return undefined;
    datagrams.push({ local: head & ~IPV6, peer, bytes });
  }
  return datagrams.length > 0 ? datagrams : undefined;
}

/** `undefined` for port 0 and for IPv4-mapped IPv6 addresses: an IPv4 address has one encoding only. */
function peerOf(raw: Uint8Array, port: number): UdpEndpoint | undefined {
  const address = formatAddress(raw);
  const isUnmapped = (familyOf(address) === 'IPv6') === raw.length > 4;
  return isUnmapped && port !== 0 ? { address, port } : undefined;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
