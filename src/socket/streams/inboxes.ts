import type { Clock } from '../../clock.js';
import { Inbox, type InboxOwner } from '../messages/inbox.js';
import type { Message } from '../messages/message.js';
import type { WaitOptions } from '../setup/deadline.js';

/** The inbox of an association, and those of its streams that are received from one by one. */
export class Inboxes {
  readonly #clock: Clock;
  readonly #owner: InboxOwner;
  /** The association's own. */
  readonly common: Inbox;
  #claimed: Map<number, Inbox> | undefined;
  #end: { readonly error: unknown } | undefined;

  /** As an inbox's. */
  constructor(clock: Clock, owner: InboxOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.common = new Inbox(clock, owner);
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
  claim(stream: number): Inbox {
    const known = this.#claimed?.get(stream);
    if (known) return known;
    const inbox = new Inbox(this.#clock, this.#owner);
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

  get #all(): Inbox[] {
    return [this.common, ...(this.#claimed?.values() ?? [])];
  }
}
