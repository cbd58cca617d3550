import type { Flight } from './flight.js';

/** What arrives at one instant, in a ring between what does before and after it. */
export class Batch {
  readonly timeMs: number;
  readonly flights: Flight[];
  before: Batch = this;
  after: Batch = this;

  constructor(timeMs: number, flights: Flight[]) {
    this.timeMs = timeMs;
    this.flights = flights;
  }
}

/**
 * What is on its way to a host, by the time of its arrival. Nearly always the last comes last, and the first goes first: in a
 * Map, whose places came and went, that took a microsecond of a set-up.
 */
export class Arrivals {
  /** Where the ring begins and ends. */
  readonly #end = new Batch(Number.NEGATIVE_INFINITY, []);

  /** Adds a packet to those of an instant; returns the batch when it is the first of it. */
  add(flight: Flight, timeMs: number): Batch | undefined {
    let { before } = this.#end;
    while (before.timeMs > timeMs) before = before.before;
    if (before.timeMs === timeMs) {
      before.flights.push(flight);
      return undefined;
    }
    const batch = new Batch(timeMs, [flight]);
    batch.before = before;
    batch.after = before.after;
    before.after.before = batch;
    before.after = batch;
    return batch;
  }

  remove({ before, after }: Batch): void {
    before.after = after;
    after.before = before;
  }
}
