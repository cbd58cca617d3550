import { packetChecksum, storedChecksum } from '../wire/crc32c.js';

/** What a relay needs to know about an SCTP packet. */
export interface SctpSummary {
  readonly sourcePort: number;
  readonly isInit: boolean;
}

const COMMON_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 4;
const INIT = 1;
const INIT_ACK = 2;
const SHUTDOWN_COMPLETE = 14;

/**
 * Checks that a datagram is an SCTP packet: non-zero ports, chunks that end where the packet ends, INIT alone and with
 * the verification tag 0 (RFC 9260 §8.5.1), and a correct CRC32c. Returns `undefined` if it isn't. It never throws.
 */
export function inspectPacket(bytes: Uint8Array): SctpSummary | undefined {
  if (bytes.length < COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sourcePort = view.getUint16(0);
  if (sourcePort === 0 || view.getUint16(2) === 0) return undefined;
  const types = chunkTypes(view);
  if (types === undefined) return undefined;
  const isAlone = types.length === 1;
  if (!isAlone && types.some((type) => type === INIT || type === INIT_ACK || type === SHUTDOWN_COMPLETE))
    return undefined;
  const isInit = types[0] === INIT;
  if (isInit && view.getUint32(4) !== 0) return undefined;
  if (storedChecksum(bytes) !== packetChecksum(bytes)) return undefined;
  return { sourcePort, isInit };
}

/** The types of the chunks; `undefined` if their lengths, with padding, don't add up to the packet's length. */
function chunkTypes(view: DataView): number[] | undefined {
  const types: number[] = [];
  let at = COMMON_HEADER_BYTES;
  while (at + CHUNK_HEADER_BYTES <= view.byteLength) {
    const length = view.getUint16(at + 2);
    if (length < CHUNK_HEADER_BYTES) return undefined;
    types.push(view.getUint8(at));
    at += (length + 3) & ~3;
  }
  return at === view.byteLength ? types : undefined;
}
