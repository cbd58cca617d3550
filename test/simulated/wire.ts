import { concat } from '../../src/capture/block.js';
import { sealPacket } from '../../src/wire/crc32c.js';

/** Writes SCTP for tests of what reads it: values of 1, 2 and 4 bytes in network order. */
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

/** A chunk with the padding at its end, which its length doesn't count (RFC 9260 §3.2). */
export function chunk(type: number, flags: number, ...value: Uint8Array[]): Uint8Array {
  return padded(record(u8(type, flags), value));
}

/** A parameter or an error cause, without the padding that it needs when another one follows. */
export function parameter(type: number, ...value: Uint8Array[]): Uint8Array {
  return record(u16(type), value);
}

/** A packet with a right checksum, from port 5001 to 5002 with tag 0x01020304. */
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
