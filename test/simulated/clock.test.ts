import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { NOBODY_WOKEN } from '../../src/simulated/network-clock.js';
import { TimerQueue } from '../../src/simulated/timer-queue.js';
import { RealTimeClock, VirtualClock } from '../../src/simulated.js';
import { cpuMs } from '../support/cpu.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([Number.POSITIVE_INFINITY, Number.MAX_VALUE])(
  'time can’t be advanced by %s ms: that would end it',
  async (ms) => {
    for (const clock of [new VirtualClock(), new RealTimeClock()]) {
      await expect(clock.advance(ms)).rejects.toThrow(RangeError);
      expect(clock.now()).toBeLessThan(1e6);
    }
  },
);

test('callbacks come in the order of their times, and in the order of scheduling where times are equal', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { maxLength: 60 }),
      async (plan) => {
        const clock = new VirtualClock();
        const happened: [number, number][] = [];
        const cancels = plan.map(([delay], index) => clock.schedule(delay, () => happened.push([clock.now(), index])));
        for (const [index, [, stays]] of plan.entries()) if (!stays) cancels[index]!();
        await clock.runUntilIdle();
        const expected = plan.flatMap(([delay, stays], index) => (stays ? [[delay, index] as [number, number]] : []));
        expect(happened).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

test('cancelled timers leave nothing behind', () => {
  const timers = new TimerQueue();
  for (let round = 0; round < 1000; round++) timers.remove(timers.add(1e9 - round, () => {}));
  expect(timers.size).toBe(0);
});

test('cancelling twice, or after the callback was called, is harmless', async () => {
  const clock = new VirtualClock();
  let count = 0;
  const cancel = clock.schedule(1, () => count++);
  clock.schedule(2, () => count++);
  await clock.advance(1);
  cancel();
  cancel();
  await clock.advance(1);
  expect(count).toBe(2);
});

test('advance moves time by exactly that much', async () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  for (const delay of [5, 10, 10.001]) clock.schedule(delay, () => times.push(clock.now()));
  await clock.advance(10);
  expect(times).toEqual([5, 10]);
  expect(clock.now()).toBe(10);
});

test('time that would move backwards, or is not a number, is refused', async () => {
  const clock = new VirtualClock(1000);
  await expect(clock.advance(-1)).rejects.toThrow(RangeError);
  await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError);
  expect(() => new VirtualClock(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  expect(() => clock.schedule(Number.NaN, () => {})).toThrow(RangeError);
  expect(clock.now()).toBe(1000);
});

test('a callback that is scheduled at an instant for the same instant is still called at it', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock.schedule(10, () => clock.schedule(0, () => void seen.push(`late at ${clock.now()}`)));
  await clock.advance(10);
  expect(seen).toEqual(['late at 10']);
});

test('time waits for chains of awaits, however long', async () => {
  const clock = new VirtualClock();
  const wake = new Promise<void>((resolve) => clock.schedule(1, resolve));
  clock.schedule(1.5, () => {});
  const finished = wake.then(async () => {
    for (let hop = 0; hop < 10_000; hop++) await Promise.resolve(hop);
    return clock.now();
  });
  await clock.advance(1000);
  expect(await finished).toBe(1);
});

test('if no code was woken, time moves on within the turn, for eight instants at most', async () => {
  const clock = new VirtualClock();
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  const seen: number[] = [];
  for (let ms = 1; ms <= 20; ms++) {
    clock.at(ms, () => {
      seen.push(turns);
      return NOBODY_WOKEN;
    });
  }
  await clock.advance(30);
  clearImmediate(next);
  const lengths = [...new Set(seen)].map((turn) => seen.filter((each) => each === turn).length);
  expect(lengths).toEqual([8, 8, 4]);
});

test('code that was woken at an instant runs before the next one, even if other callbacks woke none', async () => {
  const clock = new VirtualClock();
  const woken = new Promise<void>((resolve) => {
    clock.at(1, () => NOBODY_WOKEN);
    clock.at(2, resolve);
    clock.at(2, () => NOBODY_WOKEN);
    clock.at(3, () => NOBODY_WOKEN);
  });
  const seen = woken.then(() => clock.now());
  await clock.advance(5);
  expect(await seen).toBe(2);
});

test('time waits for next ticks and async iterators too', async () => {
  const clock = new VirtualClock();
  async function* values() {
    for (let value = 0; value < 100; value++) yield value;
  }
  const finished = new Promise<void>((resolve) => clock.schedule(1, resolve)).then(async () => {
    for await (const _ of values()) await new Promise<void>((resolve) => process.nextTick(resolve));
    return clock.now();
  });
  clock.schedule(2, () => {});
  await clock.advance(10);
  expect(await finished).toBe(1);
});

test('runUntil stops at the instant at which the promise settles, either way', async () => {
  const clock = new VirtualClock();
  clock.schedule(100, () => {});
  expect(await clock.runUntil(new Promise((resolve) => clock.schedule(7, () => resolve('done'))))).toBe('done');
  expect(clock.now()).toBe(7);
  const failing = new Promise((_, reject) => clock.schedule(7, () => reject(new TypeError('no'))));
  await expect(clock.runUntil(failing)).rejects.toThrow(TypeError);
  expect(clock.now()).toBe(14);
});

test('runUntil gives up at its limit, and says what is pending', async () => {
  const clock = new VirtualClock();
  const beat = () => void clock.schedule(30_000, beat);
  beat();
  await expect(clock.runUntil(new Promise(() => {}), 100_000)).rejects.toThrow(
    'the promise is unsettled at 100000.000 ms, the limit of 100000 ms: 1 scheduled, the next at 120000.000 ms',
  );
});

test('runUntil gives up at once when nothing is scheduled', async () => {
  const clock = new VirtualClock();
  clock.schedule(5, () => {});
  await expect(clock.runUntil(new Promise(() => {}))).rejects.toThrow('nothing is scheduled');
  expect(clock.now()).toBe(5);
});

test('runUntilIdle ends with the last event, or gives up at its limit', async () => {
  const clock = new VirtualClock();
  clock.schedule(5, () => clock.schedule(6, () => {}));
  await clock.runUntilIdle();
  expect(clock.now()).toBe(11);
  const beat = () => void clock.schedule(10, beat);
  beat();
  await expect(clock.runUntilIdle(1000)).rejects.toThrow('still not idle after 1000 virtual ms');
});

test('code that is driven can wait for virtual time itself', async () => {
  const clock = new VirtualClock();
  const body = async () => {
    await clock.advance(10);
    const inner = await clock.runUntil(new Promise((resolve) => clock.schedule(5, () => resolve(clock.now()))));
    await Promise.all([clock.advance(100), clock.advance(50)]);
    return [inner, clock.now()];
  };
  expect(await clock.runUntil(body())).toEqual([15, 115]);
});

test('time stands still while real work is done', async () => {
  const clock = new VirtualClock();
  const beat = () => void clock.schedule(1, beat);
  beat();
  const body = async () => {
    await clock.advance(10);
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    await clock.standStill(WebAssembly.compile(empty).then(() => new Promise((resolve) => setTimeout(resolve, 20))));
    return clock.now();
  };
  expect(await clock.runUntil(body())).toBe(10);
});

test('an error of a callback rejects the call that moves the clock', async () => {
  const clock = new VirtualClock();
  clock.schedule(1, () => {
    throw new RangeError('broken');
  });
  await expect(clock.advance(10)).rejects.toThrow(RangeError);
  await clock.advance(10);
  expect(clock.now()).toBe(11);
});

test('an endless loop of timers without delay is found', async () => {
  const clock = new VirtualClock();
  const loop = () => void clock.schedule(0, loop);
  loop();
  await expect(clock.advance(1)).rejects.toThrow('timers without delay start each other endlessly at 0 ms');
});

test('a year of timers every ten minutes takes less than five seconds', async () => {
  const clock = new VirtualClock();
  let beats = 0;
  const beat = () => {
    beats++;
    clock.schedule(600_000, beat);
  };
  beat();
  const began = cpuMs();
  await clock.advance(365 * 86_400_000);
  expect(beats).toBe(365 * 144 + 1);
  expect(cpuMs() - began).toBeLessThan(5000);
});

test.each([['MessageChannel'], ['setTimeout']])('where there is no setImmediate, %s makes turns', async (how) => {
  vi.stubGlobal('setImmediate', undefined);
  if (how === 'setTimeout') vi.stubGlobal('MessageChannel', undefined);
  vi.resetModules();
  const { VirtualClock: Elsewhere } = await import('../../src/simulated/virtual-clock.js');
  const clock = new Elsewhere();
  const times: number[] = [];
  for (let delay = 0; delay < 20; delay++) {
    void new Promise<void>((resolve) => clock.schedule(delay, resolve)).then(async () => {
      for (let hop = 0; hop < 100; hop++) await Promise.resolve(hop);
      times.push(clock.now());
    });
  }
  await clock.runUntilIdle();
  expect(times).toEqual(Array.from({ length: 20 }, (_, index) => index));
});
