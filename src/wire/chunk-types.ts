/** Chunk types by their names in RFC 9260 §3.2 and the RFCs that extend it. */
export const CHUNK_TYPES = {
  DATA: 0,
  INIT: 1,
  'INIT ACK': 2,
  SACK: 3,
  HEARTBEAT: 4,
  'HEARTBEAT ACK': 5,
  ABORT: 6,
  SHUTDOWN: 7,
  'SHUTDOWN ACK': 8,
  ERROR: 9,
  'COOKIE ECHO': 10,
  'COOKIE ACK': 11,
  ECNE: 12,
  CWR: 13,
  'SHUTDOWN COMPLETE': 14,
  AUTH: 15,
  'I-DATA': 64,
  'ASCONF ACK': 0x80,
  'RE-CONFIG': 0x82,
  PAD: 0x84,
  'FORWARD TSN': 0xc0,
  ASCONF: 0xc1,
  'I-FORWARD TSN': 0xc2,
} as const;

/** The name of a chunk type, such as `DATA`. */
export type ChunkType = keyof typeof CHUNK_TYPES;

const NAMES = new Map<number, ChunkType>(
  Object.entries(CHUNK_TYPES).map(([name, type]) => [type, name as ChunkType] as const),
);

/** A chunk type's name, or the number itself if it is unknown. */
export function chunkTypeName(type: number): ChunkType | number {
  return NAMES.get(type) ?? type;
}
