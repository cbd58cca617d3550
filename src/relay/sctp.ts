import { packetChecksum, storedChecksum } from '../wire/crc32c.js';

/** What a relay needs to know about an SCTP packet. */
export interface SctpSummary {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The verification tag of the common header. */
  readonly tag: number;
  readonly isInit: boolean;
  /** The tag that an INIT or INIT ACK gives to its sender's side of the association; 0 in other packets. */
  readonly initiateTag: number;
  /** `ABORT` or `SHUTDOWN COMPLETE`: the association ends with this packet. */
  readonly isEnd: boolean;
  /** The T bit of that chunk: the tag is the one that its receiver uses in its own packets (RFC 9260 §8.4). */
  readonly isReflected: boolean;
}

const COMMON_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 4;
/** An INIT or INIT ACK without parameters (RFC 9260 §3.3.2). */
const INIT_BYTES = 20;
const INIT = 1;
const INIT_ACK = 2;
const ABORT = 6;
const SHUTDOWN_COMPLETE = 14;
const T_BIT = 1;

/**
 * Checks that a datagram is an SCTP packet: non-zero ports, chunks that end where the packet ends, INIT alone and with
 * the verification tag 0 (RFC 9260 §8.5.1), INIT and INIT ACK with an initiate tag, and a correct CRC32c. Returns
 * `undefined` if it isn't. It never throws.
 */
export function inspectPacket(bytes: Uint8Array): SctpSummary | undefined {
  if (bytes.length < COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [sourcePort, destinationPort, tag] = [view.getUint16(0), view.getUint16(2), view.getUint32(4)];
  if (sourcePort === 0 || destinationPort === 0) return undefined;
  const end = inspectChunks(view);
  if (end === undefined) return undefined;
  const type = view.getUint8(COMMON_HEADER_BYTES);
  const isInit = type === INIT;
  const initiateTag = isInit || type === INIT_ACK ? initiateTagOf(view) : 0;
  if (initiateTag === undefined || (isInit && tag !== 0)) return undefined;
  if (storedChecksum(bytes) !== packetChecksum(bytes)) return undefined;
  return { sourcePort, destinationPort, tag, isInit, initiateTag, ...end };
}

function initiateTagOf(view: DataView): number | undefined {
  if (view.getUint16(COMMON_HEADER_BYTES + 2) < INIT_BYTES) return undefined;
  return view.getUint32(COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES) || undefined;
}

/**
 * Looks at the header of each chunk; `undefined` if their lengths, with padding, don't add up to the packet's length,
 * or if a chunk that must be alone isn't.
 */
function inspectChunks(view: DataView): { isEnd: boolean; isReflected: boolean } | undefined {
  let isEnd = false;
  let isReflected = false;
  let mustBeAlone = false;
  let count = 0;
  let at = COMMON_HEADER_BYTES;
  for (; at + CHUNK_HEADER_BYTES <= view.byteLength; count++) {
    const length = view.getUint16(at + 2);
    if (length < CHUNK_HEADER_BYTES) return undefined;
    const type = view.getUint8(at);
    if (type === INIT || type === INIT_ACK || type === SHUTDOWN_COMPLETE) mustBeAlone = true;
    if (type === ABORT || type === SHUTDOWN_COMPLETE) {
      isEnd = true;
      isReflected = (view.getUint8(at + 1) & T_BIT) !== 0;
    }
    at += (length + 3) & ~3;
  }
  return at === view.byteLength && (count === 1 || !mustBeAlone) ? { isEnd, isReflected } : undefined;
}
