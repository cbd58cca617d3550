/** A frame of a capture. */
export interface Frame {
  readonly timeMs: number;
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly interfaceName?: string;
  readonly direction?: 'inbound' | 'outbound';
  readonly comment?: string;
}

/** The magic number with microseconds, and with nanoseconds; in the byte order of the machine that wrote the file. */
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The frames of a pcap file (draft-ietf-opsawg-pcap); undefined if it isn't one. */
export function pcapFrames(bytes: Uint8Array): Iterable<Frame> | undefined {
  if (bytes.length < FILE_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MICROSECONDS) return framesOf(bytes, view, littleEndian, 1e3);
    if (magic === NANOSECONDS) return framesOf(bytes, view, littleEndian, 1e6);
  }
  return undefined;
}

function* framesOf(
  bytes: Uint8Array,
  view: DataView,
  littleEndian: boolean,
  perMs: number,
): Generator<Frame, void, undefined> {
  const uint32 = (at: number) => view.getUint32(at, littleEndian);
  const linkType = uint32(20) & 0xffff; // the upper bits are about a frame check sequence
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= bytes.length; ) {
    const start = at + RECORD_HEADER_BYTES;
    const end = start + uint32(at + 8);
    if (end > bytes.length) return;
    yield { timeMs: uint32(at) * 1e3 + uint32(at + 4) / perMs, linkType, bytes: bytes.subarray(start, end) };
    at = end;
  }
}
