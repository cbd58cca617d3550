import type { Clock } from '../../clock.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../setup/deadline.js';
import { costOf, type Message } from './message.js';

/** Messages on their way from the stack to whoever receives them, in order. Its owner bounds it by `bytes`. */
export class Inbox {
  readonly #clock: Clock;
  readonly #left: (cost: number) => void;
  readonly #wanted: () => void;
  readonly #messages: Message[] = [];
  #first = 0;
  #cost = 0;
  readonly #waiters = new Set<Waiter<Message | undefined>>();
  #isDiscarding = false;
  #ended = false;
  #error: unknown;

  /**
   * `left` is told of the cost of what has left, or will never count again; `wanted`, that somebody waits for what isn't
   * here yet.
   */
  constructor(clock: Clock, left: (cost: number) => void, wanted: () => void) {
    this.#clock = clock;
    this.#left = left;
    this.#wanted = wanted;
  }

  /** What the messages cost that are here and count. */
  get cost(): number {
    return this.#ended ? 0 : this.#cost;
  }

  get isDiscarding(): boolean {
    return this.#isDiscarding;
  }

  /** Does somebody wait for a message, or will nobody ever? */
  get isWanted(): boolean {
    return this.#isDiscarding || this.#waiters.size > 0;
  }

  push(message: Message): void {
    const cost = costOf(message);
    if (this.#ended || this.#isDiscarding) return this.#left(cost);
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      if (waiter.settled) continue;
      this.#left(cost);
      return waiter.resolve(message);
    }
    this.#messages.push(message);
    this.#cost += cost;
  }

  /**
   * No more messages will come; when those that are here are taken, takers get undefined, or the error. What nobody
   * takes any more holds nobody up: it doesn't count from now on.
   */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#left(this.#cost);
    for (const waiter of this.#waiters) this.#finish(waiter);
    this.#waiters.clear();
  }

  /** Nobody will take any more: what is here goes, and what comes. */
  discard(): void {
    this.#isDiscarding = true;
    this.#messages.length = 0;
    this.#first = 0;
    if (!this.#ended) this.#left(this.#cost);
    this.#cost = 0;
    this.#wanted();
  }

  take(options: WaitOptions): Promise<Message | undefined> {
    try {
      checkWaitOptions(options, 'receive');
      options.signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    const message = this.#shift();
    if (message) return Promise.resolve(message);
    const waiter: Waiter<Message | undefined> = new Waiter(this.#clock, options, 'receive', () => {
      this.#waiters.delete(waiter);
    });
    if (this.#ended) this.#finish(waiter);
    else {
      this.#waiters.add(waiter);
      this.#wanted();
    }
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
    const cost = costOf(message);
    this.#cost -= cost;
    if (!this.#ended) this.#left(cost);
    return message;
  }
}
