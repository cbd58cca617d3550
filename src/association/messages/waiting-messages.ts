import { MESSAGE_BYTES } from '../../stack/socket/message.js';
import { ExpendableMessages } from './expendable-messages.js';
import { MessageList } from './message-list.js';
import type { ResetBarriers } from './reset-barriers.js';
import { StreamTurns } from './stream-turns.js';
import { costOf, type WaitingMessage } from './waiting-message.js';

const NONE: readonly WaitingMessage[] = [];

/** The messages that wait, in order. */
export class WaitingMessages {
  /** The message that is being passed to usrsctp. */
  busy: WaitingMessage | undefined;
  #all = new MessageList();
  /** Those that usrsctp has taken a part of: one at most, unless parts of messages may be interleaved. */
  #begun: WaitingMessage[] = [];
  #expendable: ExpendableMessages | undefined;
  /** Once parts of messages may be interleaved. */
  #turns: StreamTurns | undefined;
  /** Made by `find`, because hardly anybody withdraws a message, and dropped when nothing waits. */
  #byPromise: Map<Promise<void>, WaitingMessage> | undefined;
  #bytes = 0;

  /** How many bytes of the messages usrsctp hasn't taken. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** All messages, in order. */
  [Symbol.iterator](): IterableIterator<WaitingMessage> {
    return this.#all[Symbol.iterator]();
  }

  /** The message of which `send` returned this promise. */
  find(promise: Promise<void>): WaitingMessage | undefined {
    this.#byPromise ??= new Map(Array.from(this.#all, (message) => [message.promise, message]));
    return this.#byPromise.get(promise);
  }

  /** Has usrsctp taken a part of the message, or is it just being passed to usrsctp? */
  hasBegun(message: WaitingMessage): boolean {
    return message.offset > 0 || message === this.busy;
  }

  /** The messages that usrsctp has taken a part of. */
  begun(): readonly WaitingMessage[] {
    return this.#begun.length === 0 ? NONE : [...this.#begun];
  }

  add(message: WaitingMessage, at: 'first' | 'last'): void {
    this.#bytes += message.bytes - message.offset;
    message.place = this.#all.add(message, at);
    this.#byPromise?.set(message.promise, message);
    this.#turns?.add(message, at);
    if (message.offset > 0) this.#begun.push(message);
    else if (message.priority > 0) {
      this.#expendable ??= new ExpendableMessages();
      this.#expendable.add(message, at);
    }
  }

  /**
   * The message to send next: the one that has begun, or the first without a barrier. If parts of messages may be
   * `interleaved`, several messages can have begun, at most one of each stream.
   */
  next(barriers: ResetBarriers | undefined, interleaved: boolean): WaitingMessage | undefined {
    if (interleaved) {
      this.#turns ??= new StreamTurns(this.#all);
      return this.#turns.next(barriers);
    }
    if (this.#begun.length > 0) return this.#begun[0];
    if (!barriers || barriers.isEmpty) return this.#all.first;
    for (const message of this.#all) if (!barriers.blocks(message)) return message;
    return undefined;
  }

  /** usrsctp has taken `offset` bytes, or none. Does nothing if the message no longer waits. */
  advance(message: WaitingMessage, offset: number): void {
    if (!message.place) return;
    this.#bytes -= offset - message.offset;
    message.offset = offset;
    if (offset === 0) this.#removeBegun(message);
    else if (!this.#begun.includes(message)) {
      this.#begun.push(message);
      this.#expendable?.remove(message);
    }
    this.#turns?.served(message.info.stream);
  }

  /** Removes a message. Returns false if it no longer waits. */
  remove(message: WaitingMessage): boolean {
    if (!message.place) return false;
    this.#all.remove(message.place);
    message.place = undefined;
    if (this.isEmpty) this.#byPromise = undefined;
    else this.#byPromise?.delete(message.promise);
    this.#bytes -= message.bytes - message.offset;
    this.#removeBegun(message);
    this.#expendable?.remove(message);
    this.#turns?.remove(message);
    return true;
  }

  #removeBegun(message: WaitingMessage): void {
    const index = this.#begun.indexOf(message);
    if (index >= 0) this.#begun.splice(index, 1);
  }

  /** Removes and returns all messages but those that have begun. */
  removeUnbegun(): readonly WaitingMessage[] {
    const removed: WaitingMessage[] = [];
    const begun: WaitingMessage[] = [];
    for (const message of this.removeAll()) (this.hasBegun(message) ? begun : removed).push(message);
    for (const message of begun) this.add(message, 'last');
    return removed;
  }

  removeAll(): readonly WaitingMessage[] {
    if (this.isEmpty) return NONE;
    const removed = [...this.#all];
    for (const message of removed) message.place = undefined;
    this.#all = new MessageList();
    this.#byPromise = undefined;
    this.#begun = [];
    this.#expendable = undefined;
    this.#turns = undefined;
    this.#bytes = 0;
    return removed;
  }

  /**
   * Removes and returns messages of lower priority until a message of `bytes` fits below `limit`: those of the lowest
   * priority first, and of those the last. Each message counts MESSAGE_BYTES more than its length. Returns undefined if
   * the message doesn't fit. A message always fits if no other one waits.
   */
  makeRoom(bytes: number, priority: number, limit: number): readonly WaitingMessage[] | undefined {
    const { size } = this.#all;
    const excess = this.#bytes + MESSAGE_BYTES * size + costOf(bytes) - limit;
    if (excess <= 0 || size === 0) return NONE;
    const removed = this.#expendable?.choose(excess, priority, this.busy, size) ?? [];
    for (const message of removed) this.remove(message);
    return removed.length > 0 ? removed : undefined;
  }
}
