import type { Inbox } from './inbox.js';
import type { Message } from './message.js';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
const DEFAULTS = {};

/**
 * Messages one after the other, until the association has ended or the loop over them has. An async generator would make
 * four promises for each message; of those that are here already this makes one: a fifth of the time of small ones.
 */
export class Messages implements AsyncIterableIterator<Message, undefined> {
  readonly #inbox: () => Inbox;
  #isDone = false;

  /** `inbox`: where they are now. */
  constructor(inbox: () => Inbox) {
    this.#inbox = inbox;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#isDone) return Promise.resolve(DONE);
    const value = this.#inbox().next();
    return value ? Promise.resolve({ done: false, value }) : this.#later();
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    this.#isDone = true;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #later(): Promise<IteratorResult<Message, undefined>> {
    try {
      const value = await this.#inbox().take(DEFAULTS);
      if (value) return { done: false, value };
    } catch (error) {
      this.#isDone = true;
      throw error;
    }
    this.#isDone = true;
    return DONE;
  }
}
