import { MESSAGE_BYTES } from '../../stack/socket/message.js';
import { ExpendableMessages } from './expendable-messages.js';
import type { ResetBarriers } from './reset-barriers.js';
import { costOf, type WaitingMessage } from './waiting-message.js';

/** A place in the queue. */
interface Place {
  readonly message: WaitingMessage;
  previous: Place | undefined;
  next: Place | undefined;
}

const NONE: readonly WaitingMessage[] = [];

/**
 * The messages that wait, in order. Only the first one can have begun. A list, in which a message is added, found by
 * its promise and removed without a walk over the others.
 */
export class WaitingMessages {
  /** The message that is being passed to usrsctp. */
  busy: WaitingMessage | undefined;
  readonly #places = new Map<Promise<void>, Place>();
  #first: Place | undefined;
  #last: Place | undefined;
  #expendable: ExpendableMessages | undefined;
  #bytes = 0;

  /** How many bytes of the messages usrsctp hasn't taken. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  get first(): WaitingMessage | undefined {
    return this.#first?.message;
  }

  /** All messages, in order. */
  *[Symbol.iterator](): IterableIterator<WaitingMessage> {
    for (let place = this.#first; place; place = place.next) yield place.message;
  }

  /** The message of which `send` returned this promise. */
  of(promise: Promise<void>): WaitingMessage | undefined {
    return this.#places.get(promise)?.message;
  }

  /** Has usrsctp taken a part of the message, or is it just being passed to usrsctp? */
  hasBegun(message: WaitingMessage): boolean {
    return message.offset > 0 || message === this.busy;
  }

  add(message: WaitingMessage, place: 'first' | 'last'): void {
    this.#bytes += message.bytes - message.offset;
    this.#insert(message, place);
  }

  /** The message to send next: the one that has begun, or the first without a barrier, which is moved to the front. */
  next(barriers: ResetBarriers | undefined): WaitingMessage | undefined {
    const { first } = this;
    if (!first || first.offset > 0 || !barriers || barriers.isEmpty) return first;
    for (const message of this) {
      if (barriers.blocks(message)) continue;
      if (message !== first) {
        this.#take(message);
        this.#insert(message, 'first');
      }
      return message;
    }
    return undefined;
  }

  /** usrsctp has taken `offset` bytes. Does nothing if the message no longer waits. */
  advance(message: WaitingMessage, offset: number): void {
    if (!this.#places.has(message.promise)) return;
    this.#bytes -= offset - message.offset;
    message.offset = offset;
  }

  /** Removes a message. Returns false if it no longer waits. */
  remove(message: WaitingMessage): boolean {
    if (!this.#take(message)) return false;
    this.#bytes -= message.bytes - message.offset;
    return true;
  }

  /** Removes and returns all messages but the one that has begun. */
  removeUnbegun(): readonly WaitingMessage[] {
    const { first } = this;
    const begun = first && this.hasBegun(first) ? first : undefined;
    const removed = this.removeAll().filter((message) => message !== begun);
    if (begun) this.add(begun, 'first');
    return removed;
  }

  removeAll(): readonly WaitingMessage[] {
    if (this.isEmpty) return NONE;
    const removed = [...this];
    this.#places.clear();
    this.#first = undefined;
    this.#last = undefined;
    this.#expendable = undefined;
    this.#bytes = 0;
    return removed;
  }

  /**
   * Removes and returns messages of lower priority until a message of `bytes` fits below `limit`: those of the lowest
   * priority first, and of those the last. Each message counts MESSAGE_BYTES more than its length. Returns undefined if
   * the message doesn't fit. A message always fits if no other one waits.
   */
  makeRoom(bytes: number, priority: number, limit: number): readonly WaitingMessage[] | undefined {
    const { first } = this;
    const excess = this.#bytes + MESSAGE_BYTES * this.#places.size + costOf(bytes) - limit;
    if (excess <= 0 || first === undefined) return NONE;
    const begun = this.hasBegun(first) ? first : undefined;
    const removed = this.#expendable?.choose(excess, priority, begun, this.#places.size) ?? [];
    for (const message of removed) this.remove(message);
    return removed.length > 0 ? removed : undefined;
  }

  #insert(message: WaitingMessage, at: 'first' | 'last'): void {
    const isFirst = at === 'first';
    const place: Place = {
      message,
      previous: isFirst ? undefined : this.#last,
      next: isFirst ? this.#first : undefined,
    };
    if (place.previous) place.previous.next = place;
    else this.#first = place;
    if (place.next) place.next.previous = place;
    else this.#last = place;
    this.#places.set(message.promise, place);
    if (message.priority === 0) return;
    this.#expendable ??= new ExpendableMessages();
    this.#expendable.add(message, at);
  }

  /** Removes a message from the list. Returns false if it isn't there. */
  #take(message: WaitingMessage): boolean {
    const place = this.#places.get(message.promise);
    if (!place) return false;
    const { previous, next } = place;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    this.#places.delete(message.promise);
    if (message.priority > 0) this.#expendable?.remove(message);
    return true;
  }
}
