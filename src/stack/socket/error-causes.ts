import type { ErrorCause } from '../../errors.js';
import { printable } from '../../printable.js';
import { decodeCauses } from '../../wire/parameter.js';

export { causeName } from '../../wire/parameter.js';

const ABORT = 6;
const ERROR = 9;
const HEADER_BYTES = 4;

/**
 * The causes in an ABORT chunk; undefined if the bytes aren't an ABORT chunk. Never throws, because a peer wrote them.
 * usrsctp keeps 512 bytes of the chunk (sctputil.c, sctp_notify_assoc_change), so the last cause may be cut off.
 */
export function abortCauses(chunk: Uint8Array): ErrorCause[] | undefined {
  return causesOf(ABORT, chunk);
}

/** The causes in an ERROR chunk. */
export function errorCauses(chunk: Uint8Array): ErrorCause[] | undefined {
  return causesOf(ERROR, chunk);
}

function causesOf(type: number, chunk: Uint8Array): ErrorCause[] | undefined {
  if (chunk.length < HEADER_BYTES || chunk[0] !== type) return;
  const length = ((chunk[2] ?? 0) << 8) | (chunk[3] ?? 0);
  const causes = decodeCauses(chunk.subarray(HEADER_BYTES, Math.max(HEADER_BYTES, length)));
  const legible = causes.filter(({ value, malformed }) => malformed === undefined || value.length > 0);
  return legible.map(({ code, name, text, value }) => {
    if (text !== undefined) return { code, name, text };
    return value.length > 0 ? { code, name, value: value.slice() } : { code, name };
  });
}

/** Explanations of causes that come without a text. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [
    11, // RFC 9260 §5.2.2
    'the peer still has an association with this port that knows fewer addresses: connect from those, or from another port',
  ],
]);

/** Describes causes in a few words, such as `User-Initiated Abort: bye`. */
export function describeCauses(causes: readonly ErrorCause[]): string {
  const describe = ({ code, name, text = MEANINGS.get(code) }: ErrorCause) =>
    text ? `${name}: ${printable(text)}` : name;
  return causes.map(describe).join('; ');
}
