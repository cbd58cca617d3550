import type { SendInfo } from '../../bridge/calls.js';
import { MESSAGE_BYTES } from '../../stack/socket/message.js';
import type { ResetBarriers } from './reset-barriers.js';

/** A message that waits for room in the send buffer. */
export interface WaitingMessage {
  data: Uint8Array;
  /** The length of the message. `data.length` becomes 0 if its buffer is transferred. */
  readonly bytes: number;
  readonly info: SendInfo;
  /** The message is given up if it hasn't begun by then; ms on the clock. */
  readonly expiresAt: number;
  /** The message may be given up for messages with a lower number, if it hasn't begun. 0: for none. */
  readonly priority: number;
  /** How many reset barriers had been made when it was sent. */
  readonly barriersBefore: number;
  /** How many bytes usrsctp has taken. */
  offset: number;
  /** The promise that `send` returned. */
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NONE: readonly WaitingMessage[] = [];

/** The messages that wait, in order. Only the first one can have begun. */
export class WaitingMessages {
  /** The message that is being passed to usrsctp. */
  busy: WaitingMessage | undefined;
  readonly #all: WaitingMessage[] = [];
  #bytes = 0;

  /** How many bytes of the messages usrsctp hasn't taken. */
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

  /** Has usrsctp taken a part of the message, or is it just being passed to usrsctp? */
  hasBegun(message: WaitingMessage): boolean {
    return message.offset > 0 || message === this.busy;
  }

  add(message: WaitingMessage, place: 'first' | 'last'): void {
    this.#bytes += message.bytes - message.offset;
    if (place === 'first') this.#all.unshift(message);
    else this.#all.push(message);
  }

  /** The message to send next: the one that has begun, or the first without a barrier, which is moved to the front. */
  next(barriers: ResetBarriers | undefined): WaitingMessage | undefined {
    const { first } = this;
    if (!first || first.offset > 0 || !barriers || barriers.isEmpty) return first;
    const index = this.#all.findIndex((message) => !barriers.blocks(message));
    if (index > 0) this.#all.unshift(...this.#all.splice(index, 1));
    return index < 0 ? undefined : this.first;
  }

  /** usrsctp has taken `offset` bytes. Does nothing if the message no longer waits. */
  advance(message: WaitingMessage, offset: number): void {
    if (!this.#all.includes(message)) return;
    this.#bytes -= offset - message.offset;
    message.offset = offset;
  }

  /** Removes a message. Returns false if it no longer waits. */
  remove(message: WaitingMessage): boolean {
    const index = this.#all.indexOf(message);
    if (index < 0) return false;
    this.#all.splice(index, 1);
    this.#bytes -= message.bytes - message.offset;
    return true;
  }

  /** Removes and returns all messages but the one that has begun. */
  removeUnbegun(): readonly WaitingMessage[] {
    const { first } = this;
    const removed = this.#all.splice(first && this.hasBegun(first) ? 1 : 0);
    for (const { bytes } of removed) this.#bytes -= bytes;
    return removed;
  }

  removeAll(): readonly WaitingMessage[] {
    this.#bytes = 0;
    return this.#all.splice(0);
  }

  /**
   * Removes and returns messages of lower priority until a message of `bytes` fits below `limit`: those of the lowest
   * priority first, and of those the last. Each message counts MESSAGE_BYTES more than its length. Returns undefined if
   * the message doesn't fit. A message always fits if no other one waits.
   */
  makeRoom(bytes: number, priority: number, limit: number): readonly WaitingMessage[] | undefined {
    const costOf = (ofBytes: number) => ofBytes + MESSAGE_BYTES;
    let excess = this.#bytes + MESSAGE_BYTES * this.#all.length + costOf(bytes) - limit;
    if (excess <= 0 || this.isEmpty) return NONE;
    const candidates = this.#all.filter((message) => !this.hasBegun(message) && message.priority > priority);
    const freed = candidates.reduce((sum, message) => sum + costOf(message.bytes), 0);
    if (excess > freed && candidates.length < this.#all.length) return undefined;
    candidates.sort((a, b) => a.priority - b.priority);
    const removed: WaitingMessage[] = [];
    for (let last = candidates.pop(); last && excess > 0; last = candidates.pop()) {
      excess -= costOf(last.bytes);
      this.remove(last);
      removed.push(last);
    }
    return removed;
  }
}
