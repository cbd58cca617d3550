import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/simulated.js';

test('the same seed gives the same numbers, another seed gives others', () => {
  const numbers = (seed: number | string) =>
    Array.from(
      { length: 20 },
      (
        (random) => () =>
          random.next()
      )(new SeededRandom(seed)),
    );
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).toEqual(numbers('7'));
  expect(numbers(7)).not.toEqual(numbers(8));
});

test('its first numbers never change, or every seed in a bug report would lose its meaning', () => {
  const random = new SeededRandom(1);
  expect([random.word(), random.word(), random.word()]).toMatchInlineSnapshot(`
    [
      44107584,
      1503263182,
      1694232030,
    ]
  `);
});

test('a fork depends on its name alone, not on what was drawn before', () => {
  const fresh = new SeededRandom(7).fork('loss');
  const used = new SeededRandom(7);
  used.bytes(1000);
  used.fork('jitter').next();
  expect(used.fork('loss').bytes(32)).toEqual(fresh.bytes(32));
});

test('forks and their parent differ', () => {
  const random = new SeededRandom(7);
  const words = [random.fork('a'), random.fork('b'), random.fork('a').fork('b'), random].map((stream) => stream.word());
  expect(new Set(words).size).toBe(4);
});

test('numbers are even over [0, 1), and so are bytes', () => {
  const random = new SeededRandom('even');
  const buckets = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 100_000; draw++) buckets[Math.floor(random.next() * 10)]!++;
  for (const bucket of buckets) expect(Math.abs(bucket - 10_000)).toBeLessThan(400);
  const bytes = random.bytes(256_000);
  const counts = new Array<number>(256).fill(0);
  for (const byte of bytes) counts[byte]!++;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(chiSquare).toBeLessThan(340);
});

test('below stays below, and bytes of any length are filled', () => {
  const random = new SeededRandom(3);
  for (let draw = 0; draw < 1000; draw++) expect(random.below(7)).toBeLessThan(7);
  for (const length of [0, 1, 2, 3, 4, 5]) expect(random.bytes(length)).toHaveLength(length);
});
