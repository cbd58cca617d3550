import { createHmac } from 'node:crypto';
import { concat } from '../../src/capture/block.js';
import type { Chunk } from '../../src/wire/chunk.js';
import { CHUNK_TYPES, type ChunkType } from '../../src/wire/chunk-types.js';
import { CHUNKS, chunkOf, extensions, HMAC_ALGO, ipv4, parameter, RANDOM, u8, u16, u32 } from './packets.js';
import type { ScriptedPeer } from './scripted-peer.js';

/** AUTH (RFC 4895): its parameters in INIT, the association's key, and authenticated chunks. */
const [HMAC_BYTES, SHA1] = [20, 1];
const [ADD_IP_ADDRESS, DELETE_IP_ADDRESS] = [0xc001, 0xc002];

/** The parameters of an INIT that requires these chunks to be authenticated (RFC 4895 §3). */
export function authParameters(...types: ChunkType[]): Uint8Array[] {
  return [
    parameter(RANDOM, new Uint8Array(32).fill(9)),
    parameter(CHUNKS, u8(...types.map((type) => CHUNK_TYPES[type]))),
    parameter(HMAC_ALGO, u16(SHA1)),
  ];
}

/** The key of an association without a shared key: the key vectors of both ends, the smaller one first (RFC 4895 §6.1). */
export function authKey(own: readonly Uint8Array[], ack: Chunk | undefined): Uint8Array {
  if (ack?.type !== 'INIT ACK') throw new Error('no INIT ACK');
  const named = (code: number) => ack.parameters.find((each) => each.code === code);
  const theirs = [RANDOM, CHUNKS, HMAC_ALGO].map((code) => parameter(code, named(code)?.value ?? u8()));
  const vectors = [unpadded(own), unpadded(theirs)];
  return concat(vectors.toSorted((a, b) => Buffer.compare(wide(a, vectors), wide(b, vectors)) || a.length - b.length));
}

/** The parameters without their padding. */
const unpadded = (parameters: readonly Uint8Array[]) =>
  concat(parameters.map((each) => each.subarray(0, (each[2]! << 8) | each[3]!)));

/** The vector as a number in network byte order, padded to the longest vector. */
function wide(vector: Uint8Array, vectors: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(Math.max(...vectors.map(({ length }) => length)));
  bytes.set(vector, bytes.length - vector.length);
  return bytes;
}

/** An AUTH chunk followed by the chunks that it authenticates. */
export function authenticated(key: Uint8Array, ...chunks: Uint8Array[]): Uint8Array[] {
  const auth = (hmac: Uint8Array) => chunkOf('AUTH', u16(0, SHA1), hmac);
  const text = concat([auth(new Uint8Array(HMAC_BYTES)), ...chunks]);
  return [auth(createHmac('sha1', key).update(text).digest()), ...chunks];
}

/** Connects a peer that supports ASCONF (RFC 5061) and lists these addresses. Returns the key for its AUTH chunks. */
export async function connectWithAsconf(peer: ScriptedPeer, addresses: readonly Uint8Array[]): Promise<Uint8Array> {
  const own = authParameters('ASCONF', 'ASCONF ACK');
  await peer.connect({ parameters: [extensions('ASCONF', 'ASCONF ACK', 'AUTH'), ...own, ...addresses] });
  return authKey(own, peer.initAck);
}

/** An ASCONF that adds an address (RFC 5061 §4.1.1). `lookup` is its address parameter. */
export const addition = (serial: number, lookup: string, added: string): Uint8Array =>
  chunkOf('ASCONF', u32(serial), ipv4(lookup), parameter(ADD_IP_ADDRESS, u32(1), ipv4(added)));

/** An ASCONF that deletes an address. */
export const deletion = (serial: number, lookup: string, deleted: string): Uint8Array =>
  chunkOf('ASCONF', u32(serial), ipv4(lookup), parameter(DELETE_IP_ADDRESS, u32(1), ipv4(deleted)));
