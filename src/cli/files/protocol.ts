import { quoted } from '../../arguments.js';
import { printable } from '../../printable.js';

/**
 * How `send` and `receive` carry files, in this order on stream 0. The payload protocol identifiers are private ones, not of
 * IANA's registry: the ASCII codes of `uwf` and a number. Messages with another one are plain data.
 *
 * ```
 * sender                                   receiver
 *   BEGIN { name, bytes } ───────────────────►
 *   DATA … ──────────────────────────────────►
 *   END { sha256 } ──────────────────────────►
 *   ◄────────── RECEIPT { bytes, sha256 } or { error }, which may also come before the end
 * ```
 */
export const FILE_PPID = { begin: 0x75776601, data: 0x75776602, end: 0x75776603, receipt: 0x75776604 } as const;

/** Longer announcements are refused. */
const LONGEST_JSON = 8192;
const LONGEST_NAME_BYTES = 255;

/** The beginning of a file. */
export interface Begin {
  readonly name: string;
  /** Absent if it isn't known. */
  readonly bytes?: number;
}

/** The end of a file. */
export interface End {
  readonly sha256: string;
}

/** The answer to a file. */
export type Receipt = { readonly bytes: number; readonly sha256: string } | { readonly error: string };

export function encode(value: Begin | End | Receipt): string {
  return JSON.stringify(value);
}

/** Throws if the peer has sent something else. */
export function decodeBegin(data: Uint8Array): Begin {
  const { name, bytes } = decoded(data);
  if (typeof name !== 'string') throw new Error('the peer has announced a file without a name');
  if (bytes === undefined) return { name: safeName(name) };
  if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) {
    throw new Error('the peer has announced a file of an impossible size');
  }
  return { name: safeName(name), bytes: bytes as number };
}

/** Throws if the peer has sent something else. */
export function decodeEnd(data: Uint8Array): End {
  const { sha256 } = decoded(data);
  if (typeof sha256 === 'string') return { sha256 };
  throw new Error('the peer has ended a file without its SHA-256');
}

/** Throws if the peer has sent something else. */
export function decodeReceipt(data: Uint8Array): Receipt {
  const { error, bytes, sha256 } = decoded(data);
  if (typeof error === 'string') return { error: printable(error.slice(0, 1000)) };
  if (typeof bytes === 'number' && typeof sha256 === 'string') return { bytes, sha256 };
  throw new Error('the peer has sent a receipt that can’t be read');
}

/**
 * The name for a file in the receiver's directory. Throws for names that would be elsewhere, hidden, or unreadable in a
 * terminal.
 */
export function safeName(name: string): string {
  const isBad =
    name === '' ||
    name.startsWith('.') ||
    /[/\\:]/.test(name) ||
    printable(name) !== name ||
    Buffer.byteLength(name) > LONGEST_NAME_BYTES;
  if (isBad) throw new Error(`the peer's name for a file is refused: ${quoted(printable(name))}`);
  return name;
}

function decoded(data: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = data.length > LONGEST_JSON ? undefined : JSON.parse(new TextDecoder().decode(data));
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // not JSON
  }
  throw new Error('the peer has sent an announcement that can’t be read');
}
