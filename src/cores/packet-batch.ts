import type { Packet } from '../packet.js';

/** Packets on their way to another thread: one buffer, which is transferred, and the addresses. */
export interface PacketBatch {
  /** The addresses that the packets name by number. */
  readonly addresses: readonly string[];
  /** For each packet a header and its bytes, padded to a multiple of 4. */
  readonly buffer: ArrayBuffer;
}

/** In 32-bit words: length; UDP port and traffic class; source; destination. */
const HEADER_WORDS = 4;
const MAY_BE_FRAGMENTED = 1 << 24;

/** Copies packets into a batch. Their bytes often share a buffer with others, so they can't be transferred themselves. */
export function packBatch(packets: readonly Packet[]): PacketBatch {
  let words = 0;
  for (const { bytes } of packets) words += HEADER_WORDS + ((bytes.length + 3) >> 2);
  const heads = new Uint32Array(words);
  const all = new Uint8Array(heads.buffer);
  const numbers = new Map<string, number>();
  const numberOf = (address: string): number => {
    const known = numbers.get(address) ?? numbers.size;
    numbers.set(address, known);
    return known;
  };
  let at = 0;
  for (const { source, destination, port, trafficClass, mayBeFragmented, bytes } of packets) {
    heads[at] = bytes.length;
    heads[at + 1] = port | (trafficClass << 16) | (mayBeFragmented ? MAY_BE_FRAGMENTED : 0);
    heads[at + 2] = numberOf(source);
    heads[at + 3] = numberOf(destination);
    all.set(bytes, (at + HEADER_WORDS) * 4);
    at += HEADER_WORDS + ((bytes.length + 3) >> 2);
  }
  return { addresses: [...numbers.keys()], buffer: heads.buffer };
}

/** The packets of a batch. Their bytes are in its buffer. */
export function unpackBatch({ addresses, buffer }: PacketBatch): Packet[] {
  const heads = new Uint32Array(buffer);
  const packets: Packet[] = [];
  for (let at = 0; at < heads.length; ) {
    const [length = 0, kind = 0, source = 0, destination = 0] = heads.subarray(at, at + HEADER_WORDS);
    const bytes = new Uint8Array(buffer, (at + HEADER_WORDS) * 4, length);
    const packet: Packet = {
      source: addresses[source] ?? '',
      destination: addresses[destination] ?? '',
      port: kind & 0xffff,
      trafficClass: (kind >> 16) & 0xff,
      bytes,
    };
    packets.push((kind & MAY_BE_FRAGMENTED) !== 0 ? { ...packet, mayBeFragmented: true } : packet);
    at += HEADER_WORDS + ((length + 3) >> 2);
  }
  return packets;
}
