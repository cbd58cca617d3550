import type { ErrorCause } from '../errors.js';

/** Error causes by their code (RFC 9260 §3.3.10, RFC 4895 §4.2, RFC 5061 §4.3, RFC 6458). */
const NAMES: Readonly<Record<number, string>> = {
  1: 'Invalid Stream Identifier',
  2: 'Missing Mandatory Parameter',
  3: 'Stale Cookie',
  4: 'Out of Resource',
  5: 'Unresolvable Address',
  6: 'Unrecognized Chunk Type',
  7: 'Invalid Mandatory Parameter',
  8: 'Unrecognized Parameters',
  9: 'No User Data',
  10: 'Cookie Received While Shutting Down',
  11: 'Restart of an Association with New Addresses',
  12: 'User-Initiated Abort',
  13: 'Protocol Violation',
  160: 'Request to Delete Last Remaining IP Address',
  161: 'Operation Refused Due to Resource Shortage',
  162: 'Request to Delete Source IP Address',
  163: 'Association Aborted Due to Illegal ASCONF-ACK',
  164: 'Request Refused - No Authorization',
  261: 'Unsupported HMAC Identifier',
};

/** The causes whose value is text for people. */
const TEXTUAL = new Set([12, 13]);
const ABORT = 6;
const HEADER_BYTES = 4;

export function causeName(code: number): string {
  return NAMES[code] ?? `Error Cause ${code}`;
}

/** The causes of an ABORT chunk; `undefined` when the bytes are no ABORT chunk. Never throws: a peer wrote them. */
export function abortCauses(chunk: Uint8Array): ErrorCause[] | undefined {
  if (chunk.length < HEADER_BYTES || chunk[0] !== ABORT) return;
  const view = new DataView(chunk.buffer, chunk.byteOffset, Math.min(view16(chunk, 2), chunk.length));
  const causes: ErrorCause[] = [];
  for (let offset = HEADER_BYTES; offset + HEADER_BYTES <= view.byteLength; ) {
    const code = view.getUint16(offset);
    const length = view.getUint16(offset + 2);
    if (length < HEADER_BYTES) break;
    const value = chunk.subarray(offset + HEADER_BYTES, Math.min(offset + length, view.byteLength));
    const text = TEXTUAL.has(code) && value.length > 0 ? new TextDecoder().decode(value) : undefined;
    causes.push({ code, name: causeName(code), ...(text !== undefined && { text }) });
    offset += (length + 3) & ~3;
  }
  return causes;
}

function view16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
