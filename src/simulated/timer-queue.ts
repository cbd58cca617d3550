/** A callback that is scheduled on a network's clock. */
export interface ScheduledCall {
  /** When it is due, in ms on the clock. */
  readonly timeMs: number;
  /** Counts up with each callback that is scheduled. Callbacks for the same time run in this order. */
  readonly sequence: number;
  /** The function that is called. */
  readonly callback: () => unknown;
  /** Its index in the heap; -1 once it has run or was cancelled. */
  index: number;
}

/** Scheduled callbacks, soonest first: a binary heap from which any entry can be removed, so cancelled timers leave nothing. */
export class TimerQueue {
  readonly #heap: ScheduledCall[] = [];
  #sequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the first callback is due; Infinity if none is scheduled. */
  get nextMs(): number {
    return this.#heap[0]?.timeMs ?? Number.POSITIVE_INFINITY;
  }

  add(timeMs: number, callback: () => unknown): ScheduledCall {
    const entry: ScheduledCall = { timeMs, sequence: this.#sequence++, callback, index: this.#heap.length };
    this.#heap.push(entry);
    this.#siftUp(entry);
    return entry;
  }

  /** Removes an entry. Does nothing if it was removed already. */
  remove(entry: ScheduledCall): void {
    const index = entry.index;
    if (index < 0) return;
    entry.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, index);
    this.#siftUp(last);
    this.#siftDown(last);
  }

  /** The sequence number that the next entry will get. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Removes and returns the first entry, if it is due at `timeMs` and has a sequence number below `before`. */
  take(timeMs: number, before: number = Number.POSITIVE_INFINITY): ScheduledCall | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.timeMs > timeMs || first.sequence >= before) return undefined;
    this.remove(first);
    return first;
  }

  #put(entry: ScheduledCall, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }

  #siftUp(entry: ScheduledCall): void {
    let index = entry.index;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isSooner(parent, entry)) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(entry, index);
  }

  #siftDown(entry: ScheduledCall): void {
    let index = entry.index;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && isSooner(right, left) ? right : left;
      if (child === undefined || isSooner(entry, child)) break;
      const below = child.index;
      this.#put(child, index);
      index = below;
    }
    this.#put(entry, index);
  }
}

function isSooner(a: ScheduledCall, b: ScheduledCall): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence);
}
