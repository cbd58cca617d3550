import type { Message } from './message.js';
import type { PartialDeliveryAborted } from './notification.js';

type Part = Uint8Array<ArrayBuffer>;

/** A part of a message, as it is read: each part comes with the TSN that the message begins with. */
type Read = Pick<Message, 'stream' | 'unordered' | 'tsn'> & { readonly data: Part };

interface Partial {
  readonly stream: number;
  readonly unordered: boolean;
  readonly tsn: number;
  readonly parts: Part[];
  bytes: number;
}

/**
 * Puts together what usrsctp delivers in parts: messages that are larger than one read, or that it begins to deliver
 * before they have arrived as a whole (partial delivery, RFC 6458 §6.1.7).
 */
export class Reassembly {
  readonly #limit: number;
  /** Begun messages by association; there are few at any time, with I-DATA some for each stream at most. */
  #begun: Map<number, Partial[]> | undefined;
  #notification: Part[] | undefined;

  /** `limit`: how many bytes an association may have here, and so the largest message. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many bytes there are of an association's messages. */
  bytes(associationId: number): number {
    return this.#begun?.get(associationId)?.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
  }

  /** The whole message when this part completes it; undefined while it doesn't. */
  message(associationId: number, read: Read, complete: boolean): Part | undefined | 'oversized' {
    const begun = this.#begun?.get(associationId);
    const { data } = read;
    if (begun === undefined && complete) return data.length <= this.#limit ? data : 'oversized'; // nearly always
    return this.#join(associationId, begun ?? [], read, complete);
  }

  /** Is there a part of a notification? They are never interleaved. */
  get hasNotification(): boolean {
    return this.#notification !== undefined;
  }

  /** The whole notification when this part completes it. */
  notification(part: Part, complete: boolean): Part | undefined {
    const parts = [...(this.#notification ?? []), part];
    this.#notification = complete ? undefined : parts;
    return complete ? joined(parts) : undefined;
  }

  /** Takes over what another one has of an association. */
  adopt(associationId: number, from: Reassembly): void {
    this.#keep(associationId, from.#begun?.get(associationId) ?? []);
    from.forget(associationId);
  }

  /** An association has ended. */
  forget(associationId: number): void {
    this.#begun?.delete(associationId);
  }

  /** A message that was partly delivered will never be whole. */
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

/** Of the ordered messages of a stream one is begun at most; unordered ones are told apart by the TSN. */
function isOf({ stream, unordered, tsn }: Partial, aborted: PartialDeliveryAborted): boolean {
  return stream === aborted.stream && unordered === aborted.unordered && (!unordered || (tsn & 0xffff) === aborted.ssn);
}

/** Parts as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
