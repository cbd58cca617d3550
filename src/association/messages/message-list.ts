import type { Place, WaitingMessage } from './waiting-message.js';

/** A doubly linked list of messages: adding and removing one take the same time in a list of any length. */
export class MessageList {
  #first: Place | undefined;
  #last: Place | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): WaitingMessage | undefined {
    return this.#first?.message;
  }

  /** All messages, in order. */
  *[Symbol.iterator](): IterableIterator<WaitingMessage> {
    for (let place = this.#first; place; place = place.next) yield place.message;
  }

  /** Returns the place of the message, with which it can be removed. */
  add(message: WaitingMessage, at: 'first' | 'last'): Place {
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
    this.#size++;
    return place;
  }

  /** Removes a place of this list. */
  remove(place: Place): void {
    const { previous, next } = place;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    // A removed place that V8 has moved to its old generation would keep all later ones alive.
    place.previous = undefined;
    place.next = undefined;
    this.#size--;
  }
}
