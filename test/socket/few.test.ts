import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FewMap, FewSet } from '../../src/few.js';

const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 14 }));

test('a set of few is a set, however many there are', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const few = new FewSet<number>();
      const all = new Set<number>();
      for (const [isAdded, value] of steps) {
        if (isAdded) few.add(value) && all.add(value);
        else expect(few.delete(value)).toBe(all.delete(value));
        expect([...few]).toEqual([...all]);
        expect([few.size, few.has(value)]).toEqual([all.size, all.has(value)]);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('a map of few is a map, however many there are', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const few = new FewMap<number, string>();
      const all = new Map<number, string>();
      for (const [index, [isSet, key]] of steps.entries()) {
        if (isSet) {
          few.set(key, `value ${index}`);
          all.set(key, `value ${index}`);
        } else expect(few.delete(key)).toBe(all.delete(key));
        expect([...few]).toEqual([...all]);
        expect([few.keys(), few.values()]).toEqual([[...all.keys()], [...all.values()]]);
        expect([few.size, few.has(key), few.get(key)]).toEqual([all.size, all.has(key), all.get(key)]);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('who goes through a set sees it as it was, whatever is added and deleted meanwhile', () => {
  const few = new FewSet<number>().add(1).add(2).add(3);
  const seen: number[] = [];
  for (const value of few) {
    seen.push(value);
    few.delete(2);
    few.add(value + 10);
  }
  expect(seen).toEqual([1, 2, 3]);
  expect([...few]).toEqual([1, 3, 11, 12, 13]);
});
