/**
 * Puts together what usrsctp delivers in parts: messages that are larger than one read, or that it begins to deliver
 * before they have arrived as a whole (partial delivery, RFC 6458 §6.1.7).
 */
export class Reassembly {
  readonly #limit: number;
  readonly #partial = new Map<string, { parts: Uint8Array<ArrayBuffer>[]; bytes: number }>();

  /** `limit`: the largest message in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The whole message when this part completes it; undefined while it doesn't. */
  message(
    associationId: number,
    stream: number,
    unordered: boolean,
    part: Uint8Array<ArrayBuffer>,
    complete: boolean,
  ): Uint8Array<ArrayBuffer> | undefined | 'oversized' {
    return this.#add(`${associationId}/${stream}/${unordered}`, part, complete, this.#limit);
  }

  /** The same for a notification; they are never interleaved. */
  notification(part: Uint8Array<ArrayBuffer>, complete: boolean): Uint8Array<ArrayBuffer> | undefined {
    const whole = this.#add('notification', part, complete, Number.POSITIVE_INFINITY);
    return whole === 'oversized' ? undefined : whole;
  }

  /** The peer has given up a message that was partly delivered, or an association has ended. */
  forget(associationId: number, stream?: number): void {
    const prefix = stream === undefined ? `${associationId}/` : `${associationId}/${stream}/`;
    for (const key of this.#partial.keys()) if (key.startsWith(prefix)) this.#partial.delete(key);
  }

  #add(
    key: string,
    part: Uint8Array<ArrayBuffer>,
    complete: boolean,
    limit: number,
  ): Uint8Array<ArrayBuffer> | undefined | 'oversized' {
    if (this.#partial.size === 0 && complete && part.length <= limit) return part; // nearly always
    const partial = this.#partial.get(key) ?? { parts: [], bytes: 0 };
    partial.parts.push(part);
    partial.bytes += part.length;
    if (partial.bytes > limit) {
      this.#partial.delete(key);
      return 'oversized';
    }
    if (!complete) {
      this.#partial.set(key, partial);
      return;
    }
    this.#partial.delete(key);
    return joined(partial.parts, partial.bytes);
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
