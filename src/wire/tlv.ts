/** A type-length-value record: a chunk, a parameter or an error cause (RFC 9260 §3.2). */
export interface Tlv {
  /** The first 16 bits: a parameter's type, or a chunk's type and flags. */
  readonly head: number;
  /** The length field. */
  readonly length: number;
  /** The bytes after the four-byte header, without padding. */
  readonly value: Uint8Array;
  /** Why this record, and everything after it, can't be read. */
  readonly problem?: string;
}

const HEADER_BYTES = 4;

/** Splits bytes into records. If a length doesn't fit, the last record has a problem. */
export function* tlvs(bytes: Uint8Array): Generator<Tlv> {
  for (let at = 0; at < bytes.length; ) {
    const reader = new Reader(bytes.subarray(at));
    const head = reader.uint16();
    const length = reader.uint16();
    const left = bytes.length - at;
    const problem = tlvProblem(left, length);
    const value = bytes.subarray(at + HEADER_BYTES, at + (problem === undefined ? length : left));
    yield { head, length, value, ...(problem !== undefined && { problem }) };
    if (problem !== undefined) return;
    at += (length + 3) & ~3;
  }
}

function tlvProblem(left: number, length: number): string | undefined {
  if (left < HEADER_BYTES) return `${left} stray bytes`;
  if (length < HEADER_BYTES) return `length ${length} is less than a header`;
  return length > left ? `length ${length}, but only ${left} bytes are left` : undefined;
}

/** Reads fields in network byte order. Past the end it returns zeroes and sets `isShort`. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Whether anything was read past the end. */
  get isShort(): boolean {
    return this.#isShort;
  }

  uint8(): number {
    if (this.#at >= this.#bytes.length) this.#isShort = true;
    return this.#bytes[this.#at++] ?? 0;
  }

  uint16(): number {
    const high = this.uint8();
    return (high << 8) | this.uint8();
  }

  uint32(): number {
    const high = this.uint16();
    return ((high << 16) | this.uint16()) >>> 0;
  }

  /** Reads as many entries as are left in full, up to `most`. */
  list<Entry>(entryBytes: number, read: () => Entry, most: number = Number.POSITIVE_INFINITY): Entry[] {
    const entries: Entry[] = [];
    while (entries.length < most && this.left >= entryBytes) entries.push(read());
    return entries;
  }

  /** Everything that is left, as a view. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = Math.max(this.#at, this.#bytes.length);
    return rest;
  }
}
