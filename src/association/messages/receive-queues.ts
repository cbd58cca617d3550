import type { Clock } from '../../clock.js';
import type { Message } from '../../stack/socket/message.js';
import type { WaitOptions } from '../../wait.js';
import { ReceiveQueue, type ReceiveQueueOwner } from './receive-queue.js';

/** The receive queue of an association, and those of the streams from which someone receives by stream. */
export class ReceiveQueues {
  readonly #clock: Clock;
  readonly #owner: ReceiveQueueOwner;
  /** The association's queue: the messages of all streams that have no queue of their own. */
  readonly common: ReceiveQueue;
  #claimed: Map<number, ReceiveQueue> | undefined;
  #end: { readonly error: unknown } | undefined;

  constructor(clock: Clock, owner: ReceiveQueueOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.common = new ReceiveQueue(clock, owner);
  }

  get cost(): number {
    if (this.#claimed === undefined) return this.common.cost;
    return this.#all.reduce((sum, { cost }) => sum + cost, 0);
  }

  get isDiscarding(): boolean {
    return this.common.isDiscarding;
  }

  get isWanted(): boolean {
    return this.#claimed === undefined ? this.common.isWanted : this.#all.some(({ isWanted }) => isWanted);
  }

  /** The queue of one stream. From now on, until the stream's end, the stream's messages go there. */
  claim(stream: number): ReceiveQueue {
    const known = this.#claimed?.get(stream);
    if (known) return known;
    const queue = new ReceiveQueue(this.#clock, this.#owner);
    if (this.isDiscarding) queue.discard();
    if (this.#end) queue.end(this.#end.error); // before it has messages, whose cost was given back already
    queue.adopt(this.common, stream, () => this.#release(stream));
    this.#claimed ??= new Map();
    this.#claimed.set(stream, queue);
    return queue;
  }

  /** The stream has ended: later messages on it go to the association's queue. */
  #release(stream: number): void {
    const queue = this.#claimed?.get(stream);
    this.#claimed?.delete(stream);
    queue?.moveTo(this.common);
  }

  push(message: Message): void {
    (this.#claimed?.get(message.stream) ?? this.common).push(message);
  }

  take(options: WaitOptions): Promise<Message | undefined> {
    return this.common.take(options);
  }

  /** The peer has reset streams: those who receive from one of them reach its end after the messages that are here. */
  reset(streams: readonly number[] | 'all'): void {
    if (streams === 'all') for (const queue of this.#all) queue.resetAll();
    else for (const stream of streams) (this.#claimed?.get(stream) ?? this.common).reset(stream);
  }

  end(error?: unknown): void {
    this.#end = { error };
    for (const queue of this.#all) queue.end(error);
  }

  discard(): void {
    for (const queue of this.#all) queue.discard();
  }

  get #all(): ReceiveQueue[] {
    return [this.common, ...(this.#claimed?.values() ?? [])];
  }
}
