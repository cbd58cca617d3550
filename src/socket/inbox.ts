import type { Clock } from '../clock.js';
import { checkWaitOptions, Waiter, type WaitOptions } from './deadline.js';
import type { Message } from './message.js';

/** Messages on their way from the stack to whoever receives them, in order. Its owner bounds it by `bytes`. */
export class Inbox {
  readonly #clock: Clock;
  readonly #left: (bytes: number) => void;
  readonly #messages: Message[] = [];
  #first = 0;
  #bytes = 0;
  readonly #waiters = new Set<Waiter<Message | undefined>>();
  #isDiscarding = false;
  #ended = false;
  #error: unknown;

  /** `left` is told of bytes that have left, or will never count again. */
  constructor(clock: Clock, left: (bytes: number) => void) {
    this.#clock = clock;
    this.#left = left;
  }

  /** Bytes of the messages that are here and count. */
  get bytes(): number {
    return this.#ended ? 0 : this.#bytes;
  }

  push(message: Message): void {
    const { length } = message.data;
    if (this.#ended || this.#isDiscarding) return this.#left(length);
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      if (waiter.settled) continue;
      this.#left(length);
      return waiter.resolve(message);
    }
    this.#messages.push(message);
    this.#bytes += length;
  }

  /**
   * No more messages will come; when those that are here are taken, takers get undefined, or the error. What nobody
   * takes any more holds nobody up: it doesn't count from now on.
   */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#left(this.#bytes);
    for (const waiter of this.#waiters) this.#finish(waiter);
    this.#waiters.clear();
  }

  /** Nobody will take any more: what is here goes, and what comes. */
  discard(): void {
    this.#isDiscarding = true;
    this.#messages.length = 0;
    this.#first = 0;
    if (!this.#ended) this.#left(this.#bytes);
    this.#bytes = 0;
  }

  take(options: WaitOptions): Promise<Message | undefined> {
    checkWaitOptions(options, 'receive');
    options.signal?.throwIfAborted();
    const message = this.#shift();
    if (message) return Promise.resolve(message);
    const waiter: Waiter<Message | undefined> = new Waiter(this.#clock, options, 'receive', () => {
      this.#waiters.delete(waiter);
    });
    if (this.#ended) this.#finish(waiter);
    else this.#waiters.add(waiter);
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
    this.#bytes -= message.data.length;
    if (!this.#ended) this.#left(message.data.length);
    return message;
  }
}
