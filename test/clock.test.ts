import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';

test('the machine’s clock calls in the next turn when there is nothing to wait for, and not when that is cancelled', async () => {
  const called: string[] = [];
  systemClock.schedule(0, () => called.push('at once'));
  systemClock.schedule(0, () => called.push('never'))();
  await Promise.resolve();
  expect(called).toEqual([]);
  await new Promise(setImmediate);
  expect(called).toEqual(['at once']);
});
