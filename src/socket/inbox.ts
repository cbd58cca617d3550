import type { Clock } from '../clock.js';
import { checkWaitOptions, Waiter, type WaitOptions } from './deadline.js';
import type { Message } from './message.js';

/** Messages on their way from the stack to whoever receives them, in order. Its owner bounds it by `bytes`. */
export class Inbox {
  readonly #clock: Clock;
  readonly #taken: (bytes: number) => void;
  readonly #messages: Message[] = [];
  #first = 0;
  readonly #waiters = new Set<Waiter<Message | undefined>>();
  #ended = false;
  #error: unknown;

  /** `taken` is told of the bytes of each message that leaves. */
  constructor(clock: Clock, taken: (bytes: number) => void) {
    this.#clock = clock;
    this.#taken = taken;
  }

  push(message: Message): void {
    const [waiter] = this.#waiters;
    if (waiter === undefined) {
      this.#messages.push(message);
      return;
    }
    this.#waiters.delete(waiter);
    this.#taken(message.data.length);
    waiter.resolve(message);
  }

  /** No more messages will come; when those that are here are taken, takers get undefined, or the error. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const waiter of this.#waiters) this.#finish(waiter);
    this.#waiters.clear();
  }

  take(options: WaitOptions): Promise<Message | undefined> {
    checkWaitOptions(options, 'receive');
    const message = this.#shift();
    if (message) {
      this.#taken(message.data.length);
      return Promise.resolve(message);
    }
    const waiter: Waiter<Message | undefined> = new Waiter(this.#clock, options, 'receive', () => {
      queueMicrotask(() => this.#waiters.delete(waiter));
    });
    if (this.#ended) this.#finish(waiter);
    else if (!waiter.settled) this.#waiters.add(waiter);
    return waiter.promise;
  }

  #finish(waiter: Waiter<Message | undefined>): void {
    if (this.#error === undefined) waiter.resolve(undefined);
    else waiter.reject(this.#error);
  }

  /** Array.shift would move the whole array each time. */
  #shift(): Message | undefined {
    const message = this.#messages[this.#first];
    if (message === undefined) return;
    this.#first++;
    if (this.#first === this.#messages.length) {
      this.#messages.length = 0;
      this.#first = 0;
    } else if (this.#first >= 1024) {
      this.#messages.splice(0, this.#first);
      this.#first = 0;
    }
    return message;
  }
}
