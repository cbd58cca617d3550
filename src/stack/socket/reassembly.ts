import type { Bytes } from '../../lib-types.js';
import type { Message } from './message.js';
import type { PartialDeliveryAborted } from './notification.js';

type Part = Bytes;

/** A part of a message. All parts of a message have the TSN of its first chunk. */
type Read = Pick<Message, 'stream' | 'unordered' | 'tsn'> & { readonly data: Part };

interface Partial {
  readonly stream: number;
  readonly unordered: boolean;
  readonly tsn: number;
  readonly parts: Part[];
  bytes: number;
}

/**
 * Reassembles messages that usrsctp delivers in parts: those that are larger than one read, or of which it delivers the
 * beginning before the rest has arrived (partial delivery, RFC 6458 §6.1.7).
 */
export class Reassembly {
  readonly #limit: number;
  /** The incomplete messages of each association: few, and with I-DATA at most some for each stream. */
  #begun: Map<number, Partial[]> | undefined;
  #notification: Part[] | undefined;

  /** `limit`: the most bytes of incomplete messages that an association may have, and so the largest message. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many bytes of incomplete messages an association has. */
  bytes(associationId: number): number {
    return this.#begun?.get(associationId)?.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
  }

  /** Adds a part. Returns the whole message if it is complete now, undefined if it isn't. */
  message(associationId: number, read: Read, complete: boolean): Part | undefined | 'oversized' {
    const begun = this.#begun?.get(associationId);
    const { data } = read;
    if (begun === undefined && complete) return data.length <= this.#limit ? data : 'oversized'; // nearly always
    return this.#join(associationId, begun ?? [], read, complete);
  }

  /** Is there an incomplete notification? Notifications are never interleaved. */
  get hasNotification(): boolean {
    return this.#notification !== undefined;
  }

  /** Adds a part of a notification. Returns the whole notification if it is complete now. */
  notification(part: Part, complete: boolean): Part | undefined {
    const parts = [...(this.#notification ?? []), part];
    this.#notification = complete ? undefined : parts;
    return complete ? joined(parts) : undefined;
  }

  /** Takes over the incomplete messages of an association from another socket. */
  adopt(associationId: number, from: Reassembly): void {
    this.#keep(associationId, from.#begun?.get(associationId) ?? []);
    from.forget(associationId);
  }

  /** Drops the messages of an association that has ended. */
  forget(associationId: number): void {
    this.#begun?.delete(associationId);
  }

  /** Drops a message that the peer has given up. */
  abort(associationId: number, aborted: PartialDeliveryAborted): void {
    const begun = this.#begun?.get(associationId);
    if (begun)
      this.#keep(
        associationId,
        begun.filter((each) => !isOf(each, aborted)),
      );
  }

  #join(
    associationId: number,
    begun: Partial[],
    { stream, unordered, tsn, data }: Read,
    complete: boolean,
  ): Part | undefined | 'oversized' {
    const partial = begun.find((each) => each.tsn === tsn) ?? { stream, unordered, tsn, parts: [], bytes: 0 };
    partial.parts.push(data);
    partial.bytes += data.length;
    const others = begun.filter((each) => each !== partial);
    const bytes = others.reduce((sum, each) => sum + each.bytes, partial.bytes);
    const oversized = bytes > this.#limit;
    this.#keep(associationId, oversized ? [] : complete ? others : [...others, partial]);
    if (oversized) return 'oversized';
    return complete ? joined(partial.parts) : undefined;
  }

  #keep(associationId: number, begun: Partial[]): void {
    if (begun.length === 0) {
      this.#begun?.delete(associationId);
      return;
    }
    this.#begun ??= new Map();
    this.#begun.set(associationId, begun);
  }
}

/** At most one ordered message of a stream is incomplete; unordered ones differ by their TSN. */
function isOf({ stream, unordered, tsn }: Partial, aborted: PartialDeliveryAborted): boolean {
  return stream === aborted.stream && unordered === aborted.unordered && (!unordered || (tsn & 0xffff) === aborted.ssn);
}

/** Concatenates byte arrays. */
export function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
