import { describe, expect, test } from 'vitest';
import { type RateDrop, Shaper, SharedRate } from '../../src/relay/shaper.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';

/** A shaper that records when it sends, and drops by reason. */
function recorded(bytesPerSecond: number, shared: SharedRate, clock: VirtualClock) {
  const sent: { item: number; atMs: number }[] = [];
  const drops: Record<RateDrop, number> = { rate: 0, total_rate: 0 };
  const shaper = new Shaper<number>(bytesPerSecond, shared, clock.now(), {
    send: (item, atMs) => sent.push({ item, atMs }),
    dropped: (_item, reason) => drops[reason]++,
  });
  return { shaper, sent, drops };
}

const UNLIMITED = 1e12;

describe('a shaper', () => {
  test('sends a burst of 64 KiB at once, then at its rate, in order; what exceeds a tenth of a second is dropped', async () => {
    const clock = new VirtualClock();
    const { shaper, sent, drops } = recorded(1_000_000, new SharedRate(UNLIMITED, clock), clock);
    for (let item = 0; item < 200; item++) shaper.push(item, 1000, clock.now());
    expect(sent).toHaveLength(65);
    await clock.advance(200);
    expect([sent.length, drops]).toEqual([165, { rate: 35, total_rate: 0 }]);
    expect(sent.map(({ item }) => item)).toEqual(Array.from({ length: 165 }, (_, item) => item));
    expect(sent.at(-1)?.atMs).toBeLessThanOrEqual(102);
    expect(sent.at(-1)?.atMs).toBeGreaterThan(90);
    expect(clock.pending.count).toBe(0);
  });

  test('keeps its rate over a long time, whatever the size of packets', async () => {
    const clock = new VirtualClock();
    const { shaper, sent } = recorded(2_500_000, new SharedRate(UNLIMITED, clock), clock);
    let bytes = 0;
    for (let ms = 0; ms < 10_000; ms++) {
      for (const size of [60, 1500, 400, 1500, 1500]) {
        shaper.push(size, size, clock.now());
      }
      await clock.advance(1);
    }
    for (const { item } of sent) bytes += item;
    expect(bytes / 25e6).toBeGreaterThan(0.98);
    expect(bytes).toBeLessThanOrEqual(25e6 + 125_000);
  });

  test('returns what waits when it is cleared', async () => {
    const clock = new VirtualClock();
    const { shaper } = recorded(1_000_000, new SharedRate(UNLIMITED, clock), clock);
    for (let item = 0; item < 70; item++) shaper.push(item, 1000, clock.now());
    expect(shaper.clear()).toEqual([65, 66, 67, 68, 69]);
    await clock.advance(10);
    expect(clock.pending.count).toBe(0);
  });
});

describe('a rate that clients share', () => {
  /** Each client sends packets of a size at so many times its fair share. Returns the bytes that each could send in 10 s. */
  async function shares(clients: readonly { size: number; bytesPerMs: number }[]): Promise<number[]> {
    const clock = new VirtualClock();
    const shared = new SharedRate(1_000_000, clock);
    const all = clients.map((each) => ({ ...each, ...recorded(2_500_000, shared, clock), owed: 0 }));
    for (let ms = 0; ms < 10_000; ms++) {
      for (const each of all) {
        each.owed += each.bytesPerMs;
        for (; each.owed >= each.size; each.owed -= each.size) each.shaper.push(each.size, each.size, clock.now());
      }
      await clock.advance(1);
    }
    return all.map(({ sent, size }) => sent.length * size);
  }

  test('is divided equally, however much each client wants', async () => {
    const bytes = await shares([
      { size: 1400, bytesPerMs: 20_000 },
      { size: 1400, bytesPerMs: 1000 },
      { size: 200, bytesPerMs: 1000 },
      { size: 1400, bytesPerMs: 500 },
    ]);
    for (const each of bytes) expect(each / 2.5e6).toBeGreaterThan(0.93);
    for (const each of bytes) expect(each / 2.5e6).toBeLessThan(1.07);
  });

  test('a client that wants less than its share gets all that it wants', async () => {
    const [greedy = 0, modest = 0] = await shares([
      { size: 1400, bytesPerMs: 20_000 },
      { size: 100, bytesPerMs: 100 },
    ]);
    expect(modest).toBeGreaterThan(990_000);
    expect(greedy).toBeGreaterThan(8.7e6);
  });

  test('nobody waits longer than a quarter of a second', async () => {
    const clock = new VirtualClock();
    const shared = new SharedRate(100_000, clock);
    const waits: number[] = [];
    const shaper = new Shaper<number>(2_500_000, shared, clock.now(), {
      send: (sinceMs, nowMs) => waits.push(nowMs - sinceMs),
      dropped: () => {},
    });
    for (let ms = 0; ms < 3000; ms += 5) {
      for (let i = 0; i < 10; i++) shaper.push(clock.now(), 1400, clock.now());
      await clock.advance(5);
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(250);
    expect(waits.length * 1400).toBeGreaterThan(300_000);
  });
});
