import { checkObject } from '../arguments.js';
import type { Chunk } from './chunk.js';
import { decodePacket } from './decode.js';

/** Describes a packet briefly, such as `DATA sid 3 ssn 0 tsn 17 40 B + SACK 16`. Never throws for bytes. */
export function describePacket(bytes: Uint8Array): string {
  const { chunks, malformed } = decodePacket(bytes);
  const words = chunks.map(describeChunk);
  if (malformed !== undefined) words.push(`(malformed: ${malformed})`);
  return words.join(' + ');
}

/** Describes a chunk briefly. */
export function describeChunk(chunk: Chunk): string {
  checkObject(chunk, 'the chunk', 'describeChunk');
  switch (chunk.type) {
    case 'DATA':
      return describeFragment(chunk, `ssn ${chunk.ssn}`);
    case 'I-DATA':
      return describeFragment(chunk, `mid ${chunk.mid}`);
    case 'SACK':
      return [`SACK ${chunk.cumulativeTsn}`, ...chunk.gaps.map(({ start, end }) => `+${start}-${end}`)].join(' ');
    case 'ABORT':
    case 'ERROR':
      return [chunk.type, ...chunk.causes.map(({ name }) => `(${name})`)].join(' ');
    case 'SHUTDOWN':
    case 'FORWARD TSN':
    case 'I-FORWARD TSN':
      return `${chunk.type} ${chunk.cumulativeTsn}`;
    case 'ASCONF':
    case 'ASCONF ACK':
      return `${chunk.type} ${chunk.serial}`;
    case 'RE-CONFIG':
      return [chunk.type, ...chunk.parameters.map(({ name }) => `(${name})`)].join(' ');
    case 'UNKNOWN':
      return `chunk type ${chunk.code}`;
    case 'MALFORMED':
      return `malformed chunk type ${chunk.code} (${chunk.reason})`;
    default:
      return chunk.type;
  }
}

function describeFragment(chunk: Chunk & { type: 'DATA' | 'I-DATA' }, order: string): string {
  const { type, streamId, tsn, payload, isUnordered, isBeginning, isEnd } = chunk;
  const part = isBeginning ? (isEnd ? '' : ' first') : isEnd ? ' last' : ' middle';
  const sequence = isUnordered && type === 'DATA' ? 'unordered' : order;
  return `${type} sid ${streamId} ${sequence} tsn ${tsn} ${payload.length} B${part}`;
}
