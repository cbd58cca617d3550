import type { SendInfo } from '../../bridge/calls.js';
import { MESSAGE_BYTES } from '../../stack/socket/message.js';
import type { ResetBarriers } from './reset-barriers.js';

/** A message that waits for room in the send buffer. */
export interface WaitingMessage {
  data: Uint8Array;
  /** Bytes of the message; those of `data` are none once its buffer is transferred to somebody else. */
  readonly bytes: number;
  readonly info: SendInfo;
  /** Not begun by then, it is given up; ms on the clock. */
  readonly expiresAt: number;
  /** Not begun yet, it is given up for messages of a lower number; 0: for none. */
  readonly priority: number;
  /** How many holds were made before it. */
  readonly turn: number;
  /** Bytes that usrsctp has taken. */
  offset: number;
  /** Its sender's. */
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NOBODY: readonly WaitingMessage[] = [];

/** The messages that wait, in order, and the bytes of them that usrsctp hasn't taken. Only the first can be begun. */
export class WaitingMessages {
  /** The one that usrsctp is being given. */
  busy: WaitingMessage | undefined;
  readonly #all: WaitingMessage[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  get all(): readonly WaitingMessage[] {
    return this.#all;
  }

  get first(): WaitingMessage | undefined {
    return this.#all[0];
  }

  /** Its rest must follow. */
  isBegun(waiting: WaitingMessage): boolean {
    return waiting.offset > 0 || waiting === this.busy;
  }

  add(waiting: WaitingMessage, place: 'first' | 'last'): void {
    this.#bytes += waiting.bytes - waiting.offset;
    if (place === 'first') this.#all.unshift(waiting);
    else this.#all.push(waiting);
  }

  /** The one to send next: that which is begun, or the first that no hold keeps, which comes to the front. */
  next(holds: ResetBarriers | undefined): WaitingMessage | undefined {
    const { first } = this;
    if (!first || first.offset > 0 || !holds || holds.isEmpty) return first;
    const index = this.#all.findIndex((each) => !holds.holds(each));
    if (index > 0) this.#all.unshift(...this.#all.splice(index, 1));
    return index < 0 ? undefined : this.first;
  }

  /** usrsctp has so many bytes of it; without effect when it doesn't wait any more. */
  advance(waiting: WaitingMessage, offset: number): void {
    if (!this.#all.includes(waiting)) return;
    this.#bytes -= offset - waiting.offset;
    waiting.offset = offset;
  }

  /** Takes one out; false: it was none of them any more. */
  take(waiting: WaitingMessage): boolean {
    const index = this.#all.indexOf(waiting);
    if (index < 0) return false;
    this.#all.splice(index, 1);
    this.#bytes -= waiting.bytes - waiting.offset;
    return true;
  }

  /** Takes out all but the one that is begun. */
  takeUnbegun(): readonly WaitingMessage[] {
    const { first } = this;
    const taken = this.#all.splice(first && this.isBegun(first) ? 1 : 0);
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }

  takeAll(): readonly WaitingMessage[] {
    this.#bytes = 0;
    return this.#all.splice(0);
  }

  /**
   * Takes out messages of lower priority, the least, and the last of those, first, until one more of so many bytes fits
   * below the limit, where each message counts 128 more than it has. undefined: it won't. One that is alone always fits.
   */
  makeRoom(bytes: number, priority: number, limit: number): readonly WaitingMessage[] | undefined {
    const costOf = (ofBytes: number) => ofBytes + MESSAGE_BYTES;
    let excess = this.#bytes + MESSAGE_BYTES * this.#all.length + costOf(bytes) - limit;
    if (excess <= 0 || this.isEmpty) return NOBODY;
    const weaker = this.#all.filter((each) => !this.isBegun(each) && each.priority > priority);
    const freed = weaker.reduce((sum, each) => sum + costOf(each.bytes), 0);
    if (excess > freed && weaker.length < this.#all.length) return undefined;
    weaker.sort((a, b) => a.priority - b.priority);
    const taken: WaitingMessage[] = [];
    for (let last = weaker.pop(); last && excess > 0; last = weaker.pop()) {
      excess -= costOf(last.bytes);
      this.take(last);
      taken.push(last);
    }
    return taken;
  }
}
