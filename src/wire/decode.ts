import { checkBytes } from '../arguments.js';
import type { Chunk, ChunkHeader, DecodedPacket } from './chunk.js';
import { packetChecksum, storedChecksum } from './crc32c.js';
import { decodeCauses, decodeParameters } from './parameter.js';
import { Reader, type Tlv, tlvs } from './tlv.js';

const COMMON_HEADER_BYTES = 12;

/**
 * Decodes an SCTP packet, for tests, diagrams and diagnosis. It never throws for bytes: the result says what is malformed.
 * Byte fields are views into `bytes`.
 */
export function decodePacket(bytes: Uint8Array): DecodedPacket {
  checkBytes(bytes, 'the packet', 'decodePacket');
  const header = new Uint8Array(COMMON_HEADER_BYTES);
  header.set(bytes.subarray(0, COMMON_HEADER_BYTES));
  const view = new DataView(header.buffer);
  const malformed = packetProblem(bytes);
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    verificationTag: view.getUint32(4),
    checksum: storedChecksum(header),
    isChecksumRight: bytes.length >= COMMON_HEADER_BYTES && storedChecksum(bytes) === packetChecksum(bytes),
    chunks: decodeChunks(bytes.subarray(COMMON_HEADER_BYTES)),
    ...(malformed !== undefined && { malformed }),
  };
}

/** Decodes chunks without a common header, such as the ABORT in an association change notification. */
export function decodeChunks(bytes: Uint8Array): Chunk[] {
  checkBytes(bytes, 'the chunks', 'decodeChunks');
  return Array.from(tlvs(bytes), decodeChunk);
}

function packetProblem(bytes: Uint8Array): string | undefined {
  if (bytes.length < COMMON_HEADER_BYTES) return `${bytes.length} bytes are shorter than a common header`;
  if (bytes.length === COMMON_HEADER_BYTES) return 'no chunk';
  return bytes.length % 4 === 0 ? undefined : `${bytes.length} bytes are not a multiple of 4`;
}

type Decoder = (header: ChunkHeader, reader: Reader) => Chunk;

/** By chunk type: RFC 9260 §3.2, and the RFCs that extend it. */
const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [0, data],
  [1, (header, reader) => initiation('INIT', header, reader)],
  [2, (header, reader) => initiation('INIT ACK', header, reader)],
  [3, sack],
  [4, (header, reader) => ({ type: 'HEARTBEAT', ...header, parameters: decodeParameters(reader.rest()) })],
  [5, (header, reader) => ({ type: 'HEARTBEAT ACK', ...header, parameters: decodeParameters(reader.rest()) })],
  [6, (header, reader) => ({ type: 'ABORT', ...header, ...tBit(header), causes: decodeCauses(reader.rest()) })],
  [7, (header, reader) => ({ type: 'SHUTDOWN', ...header, cumulativeTsn: reader.uint32() })],
  [8, (header) => ({ type: 'SHUTDOWN ACK', ...header })],
  [9, (header, reader) => ({ type: 'ERROR', ...header, causes: decodeCauses(reader.rest()) })],
  [10, (header, reader) => ({ type: 'COOKIE ECHO', ...header, cookie: reader.rest() })],
  [11, (header) => ({ type: 'COOKIE ACK', ...header })],
  [12, (header, reader) => ({ type: 'ECNE', ...header, lowestTsn: reader.uint32() })],
  [13, (header, reader) => ({ type: 'CWR', ...header, lowestTsn: reader.uint32() })],
  [14, (header) => ({ type: 'SHUTDOWN COMPLETE', ...header, ...tBit(header) })],
  [15, auth],
  [64, interleavedData],
  [0x80, (header, reader) => asconf('ASCONF ACK', header, reader)],
  [0x82, (header, reader) => ({ type: 'RE-CONFIG', ...header, parameters: decodeParameters(reader.rest()) })],
  [0x84, (header) => ({ type: 'PAD', ...header })],
  [0xc0, forwardTsn],
  [0xc1, (header, reader) => asconf('ASCONF', header, reader)],
  [0xc2, interleavedForwardTsn],
]);

/** Decodes one chunk. The result has the type `MALFORMED` if it can't be read. */
function decodeChunk({ head, length, value, problem }: Tlv): Chunk {
  const code = head >> 8;
  const header = { flags: head & 0xff, length };
  if (problem !== undefined) return { type: 'MALFORMED', ...header, code, reason: problem };
  const decode = DECODERS.get(code);
  if (decode === undefined) return { type: 'UNKNOWN', ...header, code, value };
  const reader = new Reader(value);
  const chunk = decode(header, reader);
  return reader.isShort ? { type: 'MALFORMED', ...header, code, reason: `too short for ${chunk.type}` } : chunk;
}

/** The fields of an object literal are evaluated in order, so the decoders list them in the order of the wire. */
function data(header: ChunkHeader, reader: Reader): Chunk {
  return {
    type: 'DATA',
    ...header,
    ...fragmentBits(header),
    tsn: reader.uint32(),
    streamId: reader.uint16(),
    ssn: reader.uint16(),
    ppid: reader.uint32(),
    payload: reader.rest(),
  };
}

/** RFC 8260 §2.1: the stream is followed by 16 reserved bits. The last word is the PPID in the first fragment, else the FSN. */
function interleavedData(header: ChunkHeader, reader: Reader): Chunk {
  const bits = fragmentBits(header);
  const tsn = reader.uint32();
  const streamId = reader.uint32() >>> 16;
  const mid = reader.uint32();
  const word = reader.uint32();
  const place = bits.isBeginning ? { ppid: word } : { fsn: word };
  return { type: 'I-DATA', ...header, ...bits, tsn, streamId, mid, ...place, payload: reader.rest() };
}

function fragmentBits({ flags }: ChunkHeader) {
  return {
    isEnd: (flags & 1) !== 0,
    isBeginning: (flags & 2) !== 0,
    isUnordered: (flags & 4) !== 0,
    isImmediate: (flags & 8) !== 0,
  };
}

function tBit({ flags }: ChunkHeader) {
  return { isTagReflected: (flags & 1) !== 0 };
}

function initiation(type: 'INIT' | 'INIT ACK', header: ChunkHeader, reader: Reader): Chunk {
  return {
    type,
    ...header,
    initiateTag: reader.uint32(),
    receiverWindow: reader.uint32(),
    outboundStreams: reader.uint16(),
    inboundStreams: reader.uint16(),
    initialTsn: reader.uint32(),
    parameters: decodeParameters(reader.rest()),
  };
}

function sack(header: ChunkHeader, reader: Reader): Chunk {
  const cumulativeTsn = reader.uint32();
  const receiverWindow = reader.uint32();
  const gapCount = reader.uint16();
  const duplicateCount = reader.uint16();
  const gaps = reader.list(4, () => ({ start: reader.uint16(), end: reader.uint16() }), gapCount);
  const duplicateTsns = reader.list(4, () => reader.uint32(), duplicateCount);
  if (gaps.length < gapCount || duplicateTsns.length < duplicateCount) {
    const reason = `announces ${gapCount} gaps and ${duplicateCount} duplicates, more than fit`;
    return { type: 'MALFORMED', ...header, code: 3, reason };
  }
  return { type: 'SACK', ...header, cumulativeTsn, receiverWindow, gaps, duplicateTsns };
}

function auth(header: ChunkHeader, reader: Reader): Chunk {
  return { type: 'AUTH', ...header, keyId: reader.uint16(), hmacId: reader.uint16(), hmac: reader.rest() };
}

function asconf(type: 'ASCONF' | 'ASCONF ACK', header: ChunkHeader, reader: Reader): Chunk {
  return { type, ...header, serial: reader.uint32(), parameters: decodeParameters(reader.rest()) };
}

function forwardTsn(header: ChunkHeader, reader: Reader): Chunk {
  const cumulativeTsn = reader.uint32();
  const streams = reader.list(4, () => ({ streamId: reader.uint16(), ssn: reader.uint16() }));
  return { type: 'FORWARD TSN', ...header, cumulativeTsn, streams };
}

function interleavedForwardTsn(header: ChunkHeader, reader: Reader): Chunk {
  const cumulativeTsn = reader.uint32();
  const streams = reader.list(8, () => ({
    streamId: reader.uint16(),
    isUnordered: (reader.uint16() & 1) !== 0,
    mid: reader.uint32(),
  }));
  return { type: 'I-FORWARD TSN', ...header, cumulativeTsn, streams };
}
