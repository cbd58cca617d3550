import type { Clock } from '../clock.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../wait.js';

/**
 * Items on their way to the program, in order: to those who wait for one, or to a listener. Without either they are
 * kept. Once a listener has been set, it gets every item.
 */
export class Mailbox<T> {
  readonly #clock: Clock;
  readonly #syscall: string;
  readonly #left: (item: T) => void;
  readonly #items: T[] = [];
  readonly #waiters: Waiter<T | undefined>[] = [];
  #listener: ((item: T) => void) | undefined;
  #end: { readonly error: unknown } | undefined;

  /** `syscall`: the method with which the program waits, for messages of errors. `left`: an item that was kept is taken. */
  constructor(clock: Clock, syscall: string, left: (item: T) => void = () => undefined) {
    this.#clock = clock;
    this.#syscall = syscall;
    this.#left = left;
  }

  /** How many items nobody has taken. */
  get size(): number {
    return this.#items.length;
  }

  get hasListener(): boolean {
    return this.#listener !== undefined;
  }

  /** Returns false if the item is kept until someone takes it. */
  push(item: T): boolean {
    if (this.#end) return true;
    if (this.#listener) {
      this.#listener(item);
      return true;
    }
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) {
      if (waiter.resolve(item)) return true;
    }
    this.#items.push(item);
    return false;
  }

  /** From now on a listener gets the items: those that are here in a microtask, after its caller. */
  listen(listener: (item: T) => void): void {
    if (this.#listener) return;
    let waiting: T[] | undefined = this.#items.splice(0);
    for (const item of waiting) this.#left(item);
    this.#listener = (item) => {
      if (waiting) waiting.push(item);
      else listener(item);
    };
    queueMicrotask(() => {
      for (const item of waiting ?? []) listener(item);
      waiting = undefined;
    });
  }

  /** The next item; undefined at the end. Rejects with the error of the end, and as `options` say. */
  take(options: WaitOptions): Promise<T | undefined> {
    try {
      checkWaitOptions(options, this.#syscall);
      options.signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    const item = this.#items.shift();
    if (item !== undefined) {
      this.#left(item);
      return Promise.resolve(item);
    }
    if (this.#end) return this.#end.error === undefined ? Promise.resolve(undefined) : Promise.reject(this.#end.error);
    const waiter = new Waiter<T | undefined>(this.#clock, options, this.#syscall, () => undefined);
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  /** Nothing more will come. Items that are here can still be taken. */
  end(error: unknown): void {
    if (this.#end) return;
    this.#end = { error };
    for (const waiter of this.#waiters.splice(0)) {
      if (error === undefined) waiter.resolve(undefined);
      else waiter.reject(error);
    }
  }
}

/** Iterates over what `take` returns, until it returns undefined. */
export function iterate<T>(take: () => Promise<T | undefined>): AsyncIterableIterator<T> {
  let isDone = false;
  const iterator: AsyncIterableIterator<T> = {
    async next() {
      const value = isDone ? undefined : await take();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    async return() {
      isDone = true;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
