import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';

test('the system clock runs a callback with delay 0 in the next turn, unless it is cancelled', async () => {
  const called: string[] = [];
  systemClock.schedule(0, () => called.push('at once'));
  systemClock.schedule(0, () => called.push('never'))();
  await Promise.resolve();
  expect(called).toEqual([]);
  await new Promise(setImmediate);
  expect(called).toEqual(['at once']);
});
