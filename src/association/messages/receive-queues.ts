import type { Clock } from '../../clock.js';
import type { Message } from '../../stack/socket/message.js';
import type { WaitOptions } from '../../wait.js';
import { ReceiveQueue, type ReceiveQueueOwner } from './receive-queue.js';

/** The inbox of an association, and those of its streams that are received from one by one. */
export class ReceiveQueues {
  readonly #clock: Clock;
  readonly #owner: ReceiveQueueOwner;
  /** The association's own. */
  readonly common: ReceiveQueue;
  #claimed: Map<number, ReceiveQueue> | undefined;
  #end: { readonly error: unknown } | undefined;

  /** As an inbox's. */
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

  /** From now on, until its end, the messages of a stream are for its own inbox; those that are here, too. */
  claim(stream: number): ReceiveQueue {
    const known = this.#claimed?.get(stream);
    if (known) return known;
    const inbox = new ReceiveQueue(this.#clock, this.#owner);
    if (this.isDiscarding) inbox.discard();
    if (this.#end) inbox.end(this.#end.error); // before it has any: their cost is given back already
    inbox.adopt(this.common, stream, () => this.#release(stream));
    this.#claimed ??= new Map();
    this.#claimed.set(stream, inbox);
    return inbox;
  }

  /** The stream's end is met: what comes now is another life of it, and for everybody. */
  #release(stream: number): void {
    const inbox = this.#claimed?.get(stream);
    this.#claimed?.delete(stream);
    inbox?.moveTo(this.common);
  }

  push(message: Message): void {
    (this.#claimed?.get(message.stream) ?? this.common).push(message);
  }

  take(options: WaitOptions): Promise<Message | undefined> {
    return this.common.take(options);
  }

  /** The peer has reset streams: who receives from one of them alone meets its end after what is here. */
  reset(streams: readonly number[] | 'all'): void {
    if (streams === 'all') for (const inbox of this.#all) inbox.resetAll();
    else for (const stream of streams) (this.#claimed?.get(stream) ?? this.common).reset(stream);
  }

  end(error?: unknown): void {
    this.#end = { error };
    for (const inbox of this.#all) inbox.end(error);
  }

  discard(): void {
    for (const inbox of this.#all) inbox.discard();
  }

  get #all(): ReceiveQueue[] {
    return [this.common, ...(this.#claimed?.values() ?? [])];
  }
}
