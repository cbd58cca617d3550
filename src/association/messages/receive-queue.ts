import type { Clock } from '../../clock.js';
import { FewSet } from '../../few.js';
import { costOf, type Message } from '../../stack/socket/message.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../../wait.js';

/** A message, or the number of a stream that the peer has reset when it had sent what is before it. */
type Item = Message | number;

/** Who bounds an inbox. */
export interface ReceiveQueueOwner {
  /** Messages of that cost have left, or will never count again. */
  left(cost: number): void;
  /** Somebody waits for what isn't here yet. */
  wanted(): void;
}

/** Somebody who waits for a message. Is told while the stack is read, so it must not call the stack. */
export interface MessageReceiver {
  /** The message, or undefined at the end. False: it wants none any more, and somebody else gets it. */
  resolve(message: Message | undefined): boolean;
  reject(error: unknown): void;
}

/** Messages on their way from the stack to whoever receives them, in order. Its owner bounds it by `bytes`. */
export class ReceiveQueue {
  readonly #clock: Clock;
  readonly #owner: ReceiveQueueOwner;
  readonly #items: Item[] = [];
  /** The only stream whose messages these are. */
  #stream: number | undefined;
  #isOver: (() => void) | undefined;
  #first = 0;
  #cost = 0;
  readonly #waiters = new FewSet<MessageReceiver>();
  #isDiscarding = false;
  #ended = false;
  #error: unknown;

  constructor(clock: Clock, owner: ReceiveQueueOwner) {
    this.#clock = clock;
    this.#owner = owner;
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
    const left = this.#put(message);
    if (left > 0) this.#owner.left(left);
  }

  /** Keeps a message, or gives it to somebody. Returns the cost of what doesn't stay. */
  #put(message: Message): number {
    const cost = costOf(message);
    if (this.#ended || this.#isDiscarding) return cost;
    if (this.#waiters.size > 0 && this.#hand(message)) return cost;
    this.#items.push(message);
    this.#cost += cost;
    return 0;
  }

  /** Gives a message, or the end, to the first who waits and still wants it; false: nobody does. */
  #hand(message: Message | undefined): boolean {
    for (const taker of this.#waiters) {
      this.#waiters.delete(taker);
      if (taker.resolve(message)) return true;
    }
    return false;
  }

  /**
   * The peer has reset a stream. Where there are messages of that stream alone, whoever takes what is after those that
   * are here gets undefined, once. Else it matters only to whom `adopt` gives them.
   */
  reset(stream: number): void {
    if (this.#ended || this.#isDiscarding) return;
    const isOwn = this.#stream === stream;
    if (isOwn && this.#hand(undefined)) return this.#over();
    const last = this.#items.slice(this.#first).findLast((item) => streamOf(item) === stream);
    if (typeof last === 'object' || (isOwn && last === undefined)) this.#items.push(stream);
  }

  /** All of them. */
  resetAll(): void {
    const streams = this.#stream === undefined ? new Set(this.#items.slice(this.#first).map(streamOf)) : [this.#stream];
    for (const stream of streams) this.reset(stream);
  }

  /** Takes over the messages of a stream, and will get no others. `over` is told when its end is met. */
  adopt(from: ReceiveQueue, stream: number, over: () => void): void {
    this.#stream = stream;
    this.#isOver = over;
    const items = from.#items.splice(0).slice(from.#first);
    from.#first = 0;
    from.#items.push(...items.filter((item) => streamOf(item) !== stream));
    this.#items.push(...items.filter((item) => streamOf(item) === stream));
    for (const item of this.#items) if (typeof item === 'object') this.#cost += costOf(item);
    from.#cost -= this.#cost;
  }

  /** Gives what it has to another one; the owner is told last, as it may read on then. */
  moveTo(to: ReceiveQueue): void {
    const items = this.#items.splice(0).slice(this.#first);
    this.#first = 0;
    this.#cost = 0;
    let left = 0;
    for (const item of items) {
      if (typeof item === 'number') to.reset(item);
      else if (!to.#ended) left += to.#put(item);
      else to.#items.push(item);
    }
    if (left > 0) this.#owner.left(left);
  }

  /**
   * No more messages will come; when those that are here are taken, takers get undefined, or the error. What nobody
   * takes any more holds nobody up: it doesn't count from now on.
   */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const waiters = this.#waiters.values();
    this.#waiters.clear();
    for (const waiter of waiters) this.#finish(waiter);
    this.#owner.left(this.#cost);
  }

  /** Nobody will take any more: what is here goes, and what comes. */
  discard(): void {
    this.#isDiscarding = true;
    this.#items.length = 0;
    this.#first = 0;
    const { cost } = this;
    this.#cost = 0; // first: the owner reads on when it is told, and what it reads may call this again
    this.#owner.left(cost);
    this.#owner.wanted();
  }

  /** The next message where it is here already, at the least cost. */
  next(): Message | undefined {
    return typeof this.#items[this.#first] === 'object' ? (this.#next() as Message) : undefined;
  }

  take(options: WaitOptions): Promise<Message | undefined> {
    try {
      checkWaitOptions(options, 'receive');
      options.signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    const item = this.#taken();
    if (item !== undefined) return Promise.resolve(typeof item === 'object' ? item : undefined);
    const waiter: Waiter<Message | undefined> = new Waiter(this.#clock, options, 'receive', () => this.forget(waiter));
    this.#wait(waiter);
    return waiter.promise;
  }

  /** Gives the next message, or the end, to `taker`: at once where it is here. */
  ask(taker: MessageReceiver): void {
    const item = this.#taken();
    if (item === undefined) this.#wait(taker);
    else taker.resolve(typeof item === 'object' ? item : undefined);
  }

  /** It waits no longer. */
  forget(taker: MessageReceiver): void {
    this.#waiters.delete(taker);
  }

  #wait(taker: MessageReceiver): void {
    if (this.#ended) return this.#finish(taker);
    this.#waiters.add(taker);
    this.#owner.wanted();
  }

  #finish(taker: MessageReceiver): void {
    if (this.#error === undefined) taker.resolve(undefined);
    else taker.reject(this.#error);
  }

  /** What is next, if it is here. */
  #taken(): Item | undefined {
    const item = this.#shift();
    if (typeof item === 'number') this.#over();
    return item;
  }

  /** The end of the stream is met, and nobody waits for what comes after it. */
  #over(): void {
    if (this.#waiters.size === 0) this.#isOver?.();
  }

  /** The first item that is one for those who take here. */
  #shift(): Item | undefined {
    let item = this.#next();
    while (typeof item === 'number' && this.#stream === undefined) item = this.#next();
    return item;
  }

  /** Array.shift would move the whole array each time. */
  #next(): Item | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return;
    this.#first++;
    if (this.#first === this.#items.length) {
      this.#items.length = 0;
      this.#first = 0;
    } else if (this.#first >= 1024) {
      this.#items.splice(0, this.#first);
      this.#first = 0;
    }
    if (typeof item === 'number') return item;
    const cost = costOf(item);
    this.#cost -= cost;
    if (!this.#ended) this.#owner.left(cost);
    return item;
  }
}

function streamOf(item: Item): number {
  return typeof item === 'number' ? item : item.stream;
}
