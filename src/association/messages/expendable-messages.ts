import { costOf, type WaitingMessage } from './waiting-message.js';

/** The messages of one priority. */
interface Group {
  /** In order. Those that are no longer in `live` have left the queue. */
  all: WaitingMessage[];
  readonly live: Set<WaitingMessage>;
  /** What the live ones count towards the limit of the queue. */
  cost: number;
}

/**
 * The waiting messages that haven't begun and may be given up for messages with a lower number, by their number. The time that a choice
 * takes depends on how many different numbers there are, not on how many messages.
 */
export class ExpendableMessages {
  readonly #groups = new Map<number, Group>();

  add(message: WaitingMessage, at: 'first' | 'last'): void {
    const group = this.#groups.get(message.priority) ?? { all: [], live: new Set(), cost: 0 };
    this.#groups.set(message.priority, group);
    if (at === 'first') group.all.unshift(message);
    else group.all.push(message);
    group.live.add(message);
    group.cost += costOf(message.bytes);
  }

  remove(message: WaitingMessage): void {
    const group = this.#groups.get(message.priority);
    if (!group?.live.delete(message)) return;
    group.cost -= costOf(message.bytes);
    if (group.live.size === 0) this.#groups.delete(message.priority);
    else if (group.all.length > 2 * group.live.size) group.all = group.all.filter((each) => group.live.has(each));
  }

  /**
   * Chooses messages that count `excess` together, for a message of `priority`: those with the highest number first,
   * and of those the last, but never `busy`. Chooses none if they don't suffice, unless they are all `count` messages of
   * the queue.
   */
  choose(excess: number, priority: number, busy: WaitingMessage | undefined, count: number): WaitingMessage[] {
    const numbers = [...this.#groups.keys()].filter((each) => each > priority).sort((a, b) => b - a);
    let [freed, messages] = [0, 0];
    for (const number of numbers) {
      const group = this.#groups.get(number);
      freed += group?.cost ?? 0;
      messages += group?.live.size ?? 0;
    }
    if (busy && busy.priority > priority && this.#groups.get(busy.priority)?.live.has(busy)) {
      [freed, messages] = [freed - costOf(busy.bytes), messages - 1];
    }
    if (excess > freed && messages < count) return [];
    const chosen: WaitingMessage[] = [];
    let left = excess;
    for (const number of numbers) {
      const { all, live } = this.#groups.get(number) ?? { all: [], live: new Set() };
      for (let index = all.length - 1; index >= 0 && left > 0; index--) {
        const message = all[index];
        if (message === undefined || message === busy || !live.has(message)) continue;
        chosen.push(message);
        left -= costOf(message.bytes);
      }
    }
    return chosen;
  }
}
