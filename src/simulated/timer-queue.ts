/** Something that will happen at a virtual time. */
export interface Appointment {
  /** When it is due, in ms on the clock. */
  readonly timeMs: number;
  /** Equal times are kept in the order in which they were made. */
  readonly sequence: number;
  /** What is called then. */
  readonly callback: () => unknown;
  /** Where it is in the heap; -1: done or cancelled. */
  index: number;
}

/** What will happen, soonest first: a binary heap that can take out any entry, so that cancelled timers leave nothing. */
export class TimerQueue {
  readonly #heap: Appointment[] = [];
  #sequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next thing happens; Infinity: never. */
  get nextMs(): number {
    return this.#heap[0]?.timeMs ?? Number.POSITIVE_INFINITY;
  }

  add(timeMs: number, callback: () => unknown): Appointment {
    const entry: Appointment = { timeMs, sequence: this.#sequence++, callback, index: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** Takes an entry out; harmless when it has gone already. */
  remove(entry: Appointment): void {
    const index = entry.index;
    if (index < 0) return;
    entry.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  /** The sequence of the next one that is added. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Takes out the soonest entry when its time isn't after `timeMs`, and it was made before a sequence. */
  take(timeMs: number, before: number = Number.POSITIVE_INFINITY): Appointment | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.timeMs > timeMs || first.sequence >= before) return undefined;
    this.remove(first);
    return first;
  }

  #put(entry: Appointment, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }

  #rise(entry: Appointment): void {
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

  #sink(entry: Appointment): void {
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

function isSooner(a: Appointment, b: Appointment): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence);
}
