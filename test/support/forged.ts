import { concat } from '../../src/capture/block.js';
import { CHUNK_TYPES, type ChunkType } from '../../src/wire/chunk-types.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { chunk, parameter, u8, u16, u32 } from '../simulated/wire.js';

/**
 * Chunks and packets that a test makes up: bytes only, without an association. {@link ./signed.ts} puts AUTH in front of
 * chunks; a Puppet and a WrittenPeer send them.
 */
export { parameter, u8, u16, u32 };

const SUPPORTED_EXTENSIONS = 0x8008;
const FORWARD_TSN_SUPPORTED = 0xc000;
export const IPV4_ADDRESS = 5;
export const STATE_COOKIE = 7;
/** The parameters of AUTH (RFC 4895 §3). */
export const RANDOM = 0x8002;
export const CHUNKS = 0x8003;
export const HMAC_ALGO = 0x8004;

export const of = (type: ChunkType, ...value: Uint8Array[]): Uint8Array => chunk(CHUNK_TYPES[type], 0, ...value);
export const flagged = (type: ChunkType, flags: number, ...value: Uint8Array[]): Uint8Array =>
  chunk(CHUNK_TYPES[type], flags, ...value);

export const extensions = (...types: ChunkType[]): Uint8Array =>
  parameter(SUPPORTED_EXTENSIONS, u8(...types.map((type) => CHUNK_TYPES[type])));
export const forwardTsnSupported = parameter(FORWARD_TSN_SUPPORTED);
/** What a peer says that can do all that needs no key. */
export const FEATURES: readonly Uint8Array[] = [extensions('RE-CONFIG', 'FORWARD TSN'), forwardTsnSupported];
/** ECN (RFC 9260 appendix A), without which ECNE and CWR are chunks that nobody knows. */
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
  return of(type, u32(tag, window), u16(outbound, inbound), u32(tsn), ...parameters);
}

export interface DataFields {
  readonly tsn: number;
  readonly stream?: number;
  readonly ssn?: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
}

export const data = ({ tsn, stream = 0, ssn = 0, flags = 3, payload = u8(1, 2, 3, 4) }: DataFields): Uint8Array =>
  flagged('DATA', flags, u32(tsn), u16(stream, ssn), u32(0), payload);

export const sack = (
  cumulativeTsn: number,
  gaps: readonly (readonly [number, number])[] = [],
  window = 131_072,
): Uint8Array =>
  of('SACK', u32(cumulativeTsn, window), u16(gaps.length, 0), ...gaps.map(([start, end]) => u16(start, end)));

export interface Header {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tag: number;
}

/** A packet with a right checksum. */
export function packetOf({ sourcePort, destinationPort, tag }: Header, ...chunks: Uint8Array[]): Uint8Array {
  const bytes = concat([u16(sourcePort, destinationPort), u32(tag, 0), ...chunks]);
  sealPacket(bytes);
  return bytes;
}
