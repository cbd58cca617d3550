import type { WaitingMessage } from './waiting-message.js';

/** A place in the list. */
interface Place {
  readonly message: WaitingMessage;
  previous: Place | undefined;
  next: Place | undefined;
}

/** A list of messages, in which a message is added, found by its promise and removed without a walk over the others. */
export class MessageList {
  readonly #places = new Map<Promise<void>, Place>();
  #first: Place | undefined;
  #last: Place | undefined;

  get size(): number {
    return this.#places.size;
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

  add(message: WaitingMessage, at: 'first' | 'last'): void {
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
  }

  /** Returns false if the message isn't in the list. */
  remove(message: WaitingMessage): boolean {
    const place = this.#places.get(message.promise);
    if (!place) return false;
    const { previous, next } = place;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    this.#places.delete(message.promise);
    return true;
  }

  clear(): void {
    this.#places.clear();
    this.#first = undefined;
    this.#last = undefined;
  }
}
