import { sealPacket } from '../../src/wire/crc32c.js';

export interface PacketParts {
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly tag?: number;
  /** Of INIT and INIT ACK. */
  readonly initiateTag?: number;
  /** Of the first chunk. */
  readonly flags?: number;
  /** Chunk types with the lengths of their values. */
  readonly chunks?: readonly (readonly [type: number, valueBytes: number])[];
}

/** An SCTP packet with a correct checksum; a COOKIE ACK by default. */
export function sctp(parts: PacketParts = {}): Uint8Array {
  const { sourcePort = 49_200, destinationPort = 5001, tag = 7, initiateTag = 7, flags = 0 } = parts;
  const { chunks = [[11, 0]] } = parts;
  const sizes = chunks.map(([, valueBytes]) => (4 + valueBytes + 3) & ~3);
  const bytes = new Uint8Array(12 + sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint32(4, tag);
  let at = 12;
  for (const [index, [type, valueBytes]] of chunks.entries()) {
    view.setUint8(at, type);
    view.setUint16(at + 2, 4 + valueBytes);
    if (index === 0) view.setUint8(at + 1, flags);
    if ((type === 1 || type === 2) && valueBytes >= 4) view.setUint32(at + 4, initiateTag);
    at += sizes[index] ?? 0;
  }
  sealPacket(bytes);
  return bytes;
}

export function init(parts: PacketParts = {}): Uint8Array {
  return sctp({ tag: 0, chunks: [[1, 16]], ...parts });
}

/** A packet of the peer that `sctp()` sends to, with the tag of `init()`. */
export function answer(parts: PacketParts = {}): Uint8Array {
  return sctp({ sourcePort: 5001, destinationPort: 49_200, ...parts });
}

/** How much longer a packet is than the bytes that `wrap` puts into it. */
export const WRAPPING_BYTES = 20;

/** Puts any bytes into the value of a chunk of unknown type. Both ends have the same SCTP port and tag. */
export function wrap(payload: Uint8Array): Uint8Array {
  const packet = sctp({ ...WRAPPED, chunks: [[0x3f, payload.length]] });
  packet.set(payload, 16);
  sealPacket(packet);
  return packet;
}

/** Ports and tag of what `wrap` returns. */
export const WRAPPED = { sourcePort: 5001, destinationPort: 5001, tag: 7 };

export function unwrap(packet: Uint8Array): Uint8Array {
  const { byteOffset, buffer } = packet;
  return packet.slice(16, 12 + new DataView(buffer, byteOffset).getUint16(14));
}
