import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arrivals, type Batch } from '../../src/simulated/arrivals.js';
import type { Flight } from '../../src/simulated/flight.js';

test('what arrives at one instant is one batch, in the order of sending, whatever overtakes it', () => {
  const step = fc.record({ delayMs: fc.integer({ min: 0, max: 5 }), passes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const arrivals = new Arrivals();
      const batches = new Map<number, Batch>();
      const expected = new Map<number, number[]>();
      let nowMs = 0;
      for (const [number, { delayMs, passes }] of steps.entries()) {
        const timeMs = nowMs + delayMs;
        const begun = arrivals.add({ number } as Flight, timeMs);
        expect(begun !== undefined).toBe(!expected.has(timeMs));
        if (begun) batches.set(timeMs, begun);
        expected.set(timeMs, [...(expected.get(timeMs) ?? []), number]);
        if (!passes) continue;
        const batch = batches.get(nowMs);
        expect(batch?.flights.map((flight) => flight.number)).toEqual(expected.get(nowMs));
        if (batch) arrivals.remove(batch);
        batches.delete(nowMs);
        expected.delete(nowMs++);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});
