import { concat } from '../../src/capture/block.js';
import { CHUNK_TYPES, type ChunkType } from '../../src/wire/chunk-types.js';
import { sealPacket } from '../../src/wire/crc32c.js';

/** Values of 1, 2 and 4 bytes in network byte order. */
export const u8 = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const u16 = (...values: number[]): Uint8Array =>
  written(values, 2, (view, at, value) => view.setUint16(at, value));
export const u32 = (...values: number[]): Uint8Array =>
  written(values, 4, (view, at, value) => view.setUint32(at, value));

function written(values: readonly number[], size: number, set: (view: DataView, at: number, value: number) => void) {
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (const [index, value] of values.entries()) set(view, index * size, value);
  return new Uint8Array(view.buffer);
}

/** A chunk with its padding, which its length field doesn't include (RFC 9260 §3.2). */
export function chunk(type: number, flags: number, ...value: Uint8Array[]): Uint8Array {
  return padded(record(u8(type, flags), value));
}

/** A parameter or error cause, without the padding that is needed if another one follows. */
export function parameter(type: number, ...value: Uint8Array[]): Uint8Array {
  return record(u16(type), value);
}

/** A packet with a correct checksum, from port 5001 to 5002, with tag 0x01020304. */
export function sctp(...chunks: Uint8Array[]): Uint8Array {
  const packet = concat([u16(5001, 5002), u32(0x01020304, 0), ...chunks]);
  sealPacket(packet);
  return packet;
}

export const init = (...parameters: Uint8Array[]): Uint8Array =>
  chunk(1, 0, u32(0xaabbccdd, 131_072), u16(10, 2048), u32(17), ...parameters);
export const dataChunk = (tsn: number, text: string): Uint8Array =>
  chunk(0, 3, u32(tsn), u16(3, 0), u32(46), new TextEncoder().encode(text));

function record(head: Uint8Array, value: Uint8Array[]): Uint8Array {
  const body = concat(value.map((part, index) => (index < value.length - 1 ? padded(part) : part)));
  return concat([head, u16(body.length + 4), body]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat([bytes, new Uint8Array(-bytes.length & 3)]);
}

const SUPPORTED_EXTENSIONS = 0x8008;
const FORWARD_TSN_SUPPORTED = 0xc000;
export const IPV4_ADDRESS = 5;
export const STATE_COOKIE = 7;
/** The parameters of AUTH (RFC 4895 §3). */
export const RANDOM = 0x8002;
export const CHUNKS = 0x8003;
export const HMAC_ALGO = 0x8004;

export const chunkOf = (type: ChunkType, ...value: Uint8Array[]): Uint8Array => chunk(CHUNK_TYPES[type], 0, ...value);
export const chunkWithFlags = (type: ChunkType, flags: number, ...value: Uint8Array[]): Uint8Array =>
  chunk(CHUNK_TYPES[type], flags, ...value);

export const extensions = (...types: ChunkType[]): Uint8Array =>
  parameter(SUPPORTED_EXTENSIONS, u8(...types.map((type) => CHUNK_TYPES[type])));
export const forwardTsnSupported = parameter(FORWARD_TSN_SUPPORTED);
/** The parameters of a peer that supports all extensions that need no key. */
export const FEATURES: readonly Uint8Array[] = [extensions('RE-CONFIG', 'FORWARD TSN'), forwardTsnSupported];
/** ECN (RFC 9260 appendix A). Without it, ECNE and CWR are unknown chunks. */
export const ecnSupported: Uint8Array = parameter(0x8000);
export const ipv4 = (address: string): Uint8Array => parameter(IPV4_ADDRESS, u8(...address.split('.').map(Number)));

export interface Initiation {
  readonly tag: number;
  readonly tsn?: number;
  readonly window?: number;
  readonly outbound?: number;
  readonly inbound?: number;
  readonly parameters?: readonly Uint8Array[];
}

export function initiation(type: 'INIT' | 'INIT ACK', fields: Initiation): Uint8Array {
  const { tag, tsn = 1000, window = 131_072, outbound = 10, inbound = 10, parameters = FEATURES } = fields;
  return chunkOf(type, u32(tag, window), u16(outbound, inbound), u32(tsn), ...parameters);
}

export interface DataFields {
  readonly tsn: number;
  readonly stream?: number;
  readonly ssn?: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
}

export const data = ({ tsn, stream = 0, ssn = 0, flags = 3, payload = u8(1, 2, 3, 4) }: DataFields): Uint8Array =>
  chunkWithFlags('DATA', flags, u32(tsn), u16(stream, ssn), u32(0), payload);

export const sack = (
  cumulativeTsn: number,
  gaps: readonly (readonly [number, number])[] = [],
  window = 131_072,
): Uint8Array =>
  chunkOf('SACK', u32(cumulativeTsn, window), u16(gaps.length, 0), ...gaps.map(([start, end]) => u16(start, end)));

export interface Header {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tag: number;
}

/** A packet with a correct checksum. */
export function packetOf({ sourcePort, destinationPort, tag }: Header, ...chunks: Uint8Array[]): Uint8Array {
  const bytes = concat([u16(sourcePort, destinationPort), u32(tag, 0), ...chunks]);
  sealPacket(bytes);
  return bytes;
}
