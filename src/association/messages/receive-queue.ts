import type { Clock } from '../../clock.js';
import { costOf, type Message } from '../../stack/socket/message.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../../wait.js';

/** A message, or the number of a stream that the peer has reset after it sent the messages before. */
type Item = Message | number;

/** What a receive queue tells its owner, which limits how much is read ahead. */
export interface ReceiveQueueOwner {
  /** Messages of that cost have been received or dropped, or don't count any more. */
  messagesLeft(cost: number): void;
  /** Someone waits for a message that isn't here yet. */
  messageWanted(): void;
}

/** Someone who waits for a message. It is called while the socket is read, so it must not call the stack. */
export interface MessageReceiver {
  /**
   * Takes the message, or undefined at the end. Returns false if it no longer wants one; another receiver gets it then.
   */
  resolve(message: Message | undefined): boolean;
  reject(error: unknown): void;
}

/** Messages between the stack and the receivers, in order. Its owner limits how much it holds, by `cost`. */
export class ReceiveQueue {
  readonly #clock: Clock;
  readonly #owner: ReceiveQueueOwner;
  readonly #items: Item[] = [];
  /** The stream, if the queue has the messages of one stream only. */
  #stream: number | undefined;
  #onStreamEnd: (() => void) | undefined;
  #first = 0;
  #cost = 0;
  /** Not a Set, which would slow down round trips: see the figure in iterator.ts. */
  readonly #waiters: MessageReceiver[] = [];
  #isDiscarding = false;
  #ended = false;
  #error: unknown;

  constructor(clock: Clock, owner: ReceiveQueueOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** The cost of the messages that are here and count (see `costOf`). */
  get cost(): number {
    return this.#ended ? 0 : this.#cost;
  }

  /** The cost of the messages that are here, also after the end. */
  get waitingCost(): number {
    return this.#cost;
  }

  get isDiscarding(): boolean {
    return this.#isDiscarding;
  }

  get #hasWaiters(): boolean {
    return this.#waiters.length > 0;
  }

  /** Does someone wait for a message, or will nobody receive any more? */
  get isWanted(): boolean {
    return this.#isDiscarding || this.#hasWaiters;
  }

  push(message: Message): void {
    const left = this.#put(message);
    if (left > 0) this.#owner.messagesLeft(left);
  }

  /** Keeps a message or gives it to a receiver. Returns the cost of a message that doesn't stay. */
  #put(message: Message): number {
    const cost = costOf(message);
    if (this.#ended || this.#isDiscarding) return cost;
    if (this.#hand(message)) return cost;
    this.#items.push(message);
    this.#cost += cost;
    return 0;
  }

  /** Gives a message, or the end, to the first receiver that still wants it. Returns false if there is none. */
  #hand(message: Message | undefined): boolean {
    for (let receiver = this.#waiters.shift(); receiver; receiver = this.#waiters.shift()) {
      if (receiver.resolve(message)) return true;
    }
    return false;
  }

  /**
   * The peer has reset a stream. A queue of that stream alone returns undefined, once, after the messages that are
   * here. In a queue of several streams the reset matters only if `adopt` moves the stream's messages to a queue of its
   * own.
   */
  reset(stream: number): void {
    if (this.#ended || this.#isDiscarding) return;
    const isOwn = this.#stream === stream;
    if (isOwn && this.#hand(undefined)) return this.#over();
    const last = this.#items.slice(this.#first).findLast((item) => streamOf(item) === stream);
    if (typeof last === 'object' || (isOwn && last === undefined)) this.#items.push(stream);
  }

  /** The peer has reset all streams. */
  resetAll(): void {
    const streams = this.#stream === undefined ? new Set(this.#items.slice(this.#first).map(streamOf)) : [this.#stream];
    for (const stream of streams) this.reset(stream);
  }

  /** Takes over the messages of one stream. `onEnd` is called when a receiver has reached the stream's end. */
  adopt(from: ReceiveQueue, stream: number, onEnd: () => void): void {
    this.#stream = stream;
    this.#onStreamEnd = onEnd;
    const items = from.#items.splice(0).slice(from.#first);
    from.#first = 0;
    from.#items.push(...items.filter((item) => streamOf(item) !== stream));
    this.#items.push(...items.filter((item) => streamOf(item) === stream));
    for (const item of this.#items) if (typeof item === 'object') this.#cost += costOf(item);
    from.#cost -= this.#cost;
  }

  /** Moves its messages to another queue. The owner is told last, because it may read on then. */
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
    if (left > 0) this.#owner.messagesLeft(left);
  }

  /**
   * No more messages will come. When those that are here are received, receivers get undefined, or the error. The
   * messages don't count from now on: if nobody receives them, they must not keep other associations from being read.
   */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const waiter of this.#waiters.splice(0)) this.#finish(waiter);
    this.#owner.messagesLeft(this.#cost);
  }

  /** Drops the messages that are here and those that come: nobody will receive any more. */
  discard(): void {
    this.#isDiscarding = true;
    this.#items.length = 0;
    this.#first = 0;
    const { cost } = this;
    this.#cost = 0; // before the owner reads on, which may call this again
    this.#owner.messagesLeft(cost);
    this.#owner.messageWanted();
  }

  /** The next message, if it is here already. */
  next(): Message | undefined {
    return typeof this.#items[this.#first] === 'object' ? (this.#next() as Message) : undefined;
  }

  /** The next message, if it is here already, also behind the reset of a stream. For a queue of several streams. */
  poll(): Message | undefined {
    const item = this.#taken();
    return typeof item === 'object' ? item : undefined;
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

  /** Gives the next message, or the end, to a receiver: at once if it is here. */
  ask(receiver: MessageReceiver): void {
    const item = this.#taken();
    if (item === undefined) this.#wait(receiver);
    else receiver.resolve(typeof item === 'object' ? item : undefined);
  }

  /** A receiver no longer waits. */
  forget(receiver: MessageReceiver): void {
    const index = this.#waiters.indexOf(receiver);
    if (index >= 0) this.#waiters.splice(index, 1);
  }

  #wait(receiver: MessageReceiver): void {
    if (this.#ended) return this.#finish(receiver);
    this.#waiters.push(receiver);
    this.#owner.messageWanted();
  }

  #finish(receiver: MessageReceiver): void {
    if (this.#error === undefined) receiver.resolve(undefined);
    else receiver.reject(this.#error);
  }

  /** The next item, if it is here. */
  #taken(): Item | undefined {
    const item = this.#shift();
    if (typeof item === 'number') this.#over();
    return item;
  }

  /** A receiver has reached the stream's end, and nobody waits for what comes after it. */
  #over(): void {
    if (!this.#hasWaiters) this.#onStreamEnd?.();
  }

  /** The next item that matters here: a reset doesn't if there are several streams. */
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
    if (!this.#ended) this.#owner.messagesLeft(cost);
    return item;
  }
}

function streamOf(item: Item): number {
  return typeof item === 'number' ? item : item.stream;
}
