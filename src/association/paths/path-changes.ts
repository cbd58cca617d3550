import type { EventListeners } from '../../event-listeners.js';
import type { AssociationEvents, PathEvent } from '../events.js';

/** The most changes that wait to be taken. If there are more, the oldest is dropped. */
const MOST_WAITING = 256;

/** The changes of an association's paths from now on, one after another, until the association ends. */
export class PathChanges implements AsyncIterableIterator<PathEvent> {
  readonly #waiting: PathEvent[] = [];
  readonly #waiters: ((result: IteratorResult<PathEvent>) => void)[] = [];
  readonly #release: (() => void)[];
  #ended = false;

  /** `isEnded`: the association has ended, so there are no more changes. */
  constructor(events: EventListeners<AssociationEvents>, isEnded: boolean) {
    this.#release = [events.on('path', (change) => this.#add(change)), events.on('close', () => this.#end())];
    if (isEnded) this.#end();
  }

  next(): Promise<IteratorResult<PathEvent>> {
    const value = this.#waiting.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Stops listening and drops the changes that wait. */
  return(): Promise<IteratorResult<PathEvent>> {
    this.#waiting.length = 0;
    this.#end();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #add(value: PathEvent): void {
    const waiter = this.#waiters.shift();
    if (waiter) return waiter({ done: false, value });
    if (this.#waiting.length === MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(value);
  }

  #end(): void {
    this.#ended = true;
    for (const release of this.#release.splice(0)) release();
    for (const waiter of this.#waiters.splice(0)) waiter({ done: true, value: undefined });
  }
}
