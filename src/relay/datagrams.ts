import { type Address, addressBytes, familyOf, formatAddress } from '../address.js';
import type { UdpEndpoint } from './codec.js';
import { type Reader, Writer } from './octets.js';

/** The largest message in bytes that either side sends or takes. */
export const MAX_MESSAGE_BYTES: number = 65_536;
/** One UDP datagram, seen from the relay's client. */
export interface Datagram {
  /** Which of the allocated addresses it leaves from or has come to: an index, 0 to 127. */
  readonly local: number;
  readonly peer: UdpEndpoint;
  readonly bytes: Uint8Array;
}

/** The first byte of a message of datagrams. */
export const DATAGRAMS = 0;
/** How many addresses a client has at most. */
export const MAX_LOCALS = 128;

/** Beside the index of a local address: the peer's has 16 bytes. */
const IPV6 = 0x80;
/** Type, or flags and index, then address and port and length. */
const DATAGRAM_HEADER_BYTES = { IPv4: 1 + 4 + 2 + 2, IPv6: 1 + 16 + 2 + 2 } as const;

/** Datagrams as messages, each as full as it may be. What fits no message is left out. */
export function encodeDatagrams(datagrams: readonly Datagram[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let group: Datagram[] = [];
  let length = 1;
  const flush = () => {
    if (group.length > 0) messages.push(oneMessage(group, length));
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

function oneMessage(datagrams: readonly Datagram[], length: number): Uint8Array {
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

/** What follows the first byte of a message, undefined where it breaks off. Those of one peer behind each other share it: whoever looks at peers does so once. */
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
    if (reader.isShort || peer === undefined || bytes.length === 0) return undefined;
    datagrams.push({ local: head & ~IPV6, peer, bytes });
  }
  return datagrams.length > 0 ? datagrams : undefined;
}

/** Addresses have one form: an IPv4 address isn't written as an IPv6 one. */
function peerOf(raw: Uint8Array, port: number): UdpEndpoint | undefined {
  const address = formatAddress(raw);
  const isOneForm = (familyOf(address) === 'IPv6') === raw.length > 4;
  return isOneForm && port !== 0 ? { address, port } : undefined;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
