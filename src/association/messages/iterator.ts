import { FewSet } from '../../few.js';
import type { Message } from '../../stack/socket/message.js';
import type { MessageReceiver, ReceiveQueue } from './receive-queue.js';

type Result = IteratorResult<Message, undefined>;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Messages one after the other, until the association has ended or the loop over them has. An async generator would make
 * four promises for each message; this makes one: a fifth of the time of small ones.
 */
export class MessageIterator implements AsyncIterableIterator<Message, undefined> {
  readonly #inbox: () => ReceiveQueue;
  readonly #waiting = new FewSet<Next>();
  #isDone = false;

  /** `inbox`: where they are now. */
  constructor(inbox: () => ReceiveQueue) {
    this.#inbox = inbox;
  }

  next(): Promise<Result> {
    if (this.#isDone) return Promise.resolve(DONE);
    const inbox = this.#inbox();
    const value = inbox.next();
    return value ? Promise.resolve({ done: false, value }) : this.#later(inbox);
  }

  /** Ends it: a `next` that waits takes no message any more. */
  return(): Promise<Result> {
    this.#isDone = true;
    for (const next of this.#waiting) next.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #later(inbox: ReceiveQueue): Promise<Result> {
    const next = new Next(inbox, (isLast) => {
      this.#waiting.delete(next);
      if (isLast) this.#isDone = true;
    });
    this.#waiting.add(next);
    inbox.ask(next);
    return next.promise;
  }
}

/** A `next` that waits. */
class Next implements MessageReceiver {
  readonly promise: Promise<Result>;
  readonly #inbox: ReceiveQueue;
  readonly #settled: (isLast: boolean) => void;
  #resolve!: (result: Result) => void;
  #reject!: (error: unknown) => void;

  constructor(inbox: ReceiveQueue, settled: (isLast: boolean) => void) {
    this.#inbox = inbox;
    this.#settled = settled;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(value: Message | undefined): boolean {
    this.#settled(value === undefined);
    this.#resolve(value === undefined ? DONE : { done: false, value });
    return true;
  }

  reject(error: unknown): void {
    this.#settled(true);
    this.#reject(error);
  }

  end(): void {
    this.#inbox.forget(this);
    this.resolve(undefined);
  }
}
