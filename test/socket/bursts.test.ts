import { expect, test } from 'vitest';
import { decodePacket } from '../../src/chunk.js';
import { connected, inWorld, type Pair, pattern, type World, type WorldOptions } from '../support/world.js';

const CLIENT = '10.0.1.1';
const LONG: WorldOptions = { conditions: { latencyMs: 25 }, limitMs: 1e6 };

/** How long each of so many messages takes, one every `everyMs`. */
async function times({ network }: World, { a, b }: Pair, bytes: number, everyMs: number, count: number) {
  const took: number[] = [];
  for (let number = 0; number < count; number++) {
    const sentMs = network.clock.now();
    await a.send(pattern(bytes, number));
    await b.receive();
    took.push(network.clock.now() - sentMs);
    await network.advance(everyMs - took[number]!);
  }
  return took;
}

const cwnd = ({ a }: Pair) => a.statistics().paths[0]!.cwndBytes;

/** The most packets that left at the same time. */
function most(times: readonly number[]): number {
  return Math.max(...times.map((ms) => times.filter((other) => other === ms).length));
}

/** The times at which packets with data leave the client. */
function departures({ network }: World): number[] {
  const times: number[] = [];
  network.filter(({ source, bytes }) => {
    const isData = decodePacket(bytes).chunks.some(({ type }) => type === 'DATA');
    if (source === CLIENT && isData) times.push(network.clock.now());
    return undefined;
  });
  return times;
}

test('a message behind a silence has the congestion window that those before it have opened', async () => {
  await inWorld(async (world) => {
    const took = await times(world, await connected(world), 60_000, 400, 20);
    expect(took[0]).toBeGreaterThan(150); // slow start
    expect(took[19]).toBeLessThan(40); // 25 ms, and 42 packets in bursts of 4 a millisecond
  }, LONG);
});

test('no more than 4 packets leave at once', async () => {
  await inWorld(async (world) => {
    const pair = await connected(world);
    await times(world, pair, 60_000, 400, 10);
    const left = departures(world);
    await times(world, pair, 60_000, 400, 1);
    expect(left.length).toBeGreaterThan(41);
    expect(most(left)).toBe(4);
    expect(left.at(-1)! - left[0]!).toBeLessThan(12);
  }, LONG);
});

test('maxBurst is how many', async () => {
  await inWorld(async (world) => {
    const pair = await connected(world);
    pair.a.setOption('maxBurst', 10);
    await times(world, pair, 60_000, 400, 10);
    const left = departures(world);
    await times(world, pair, 60_000, 400, 1);
    expect(most(left)).toBe(10);
  }, LONG);
});

test('a path that is idle loses half of its congestion window for each RTO, down to 4 packets', async () => {
  await inWorld(async (world) => {
    const pair = await connected(world);
    await times(world, pair, 200_000, 900, 10);
    const before = cwnd(pair);
    expect(before).toBeGreaterThan(100_000);
    await world.network.advance(1500); // RTO.Min is 1,000 ms
    await times(world, pair, 100, 100, 1);
    expect(cwnd(pair)).toBe(Math.floor(before / 4));
    await world.network.advance(20_000);
    await times(world, pair, 100, 100, 1);
    expect(cwnd(pair)).toBeLessThanOrEqual(4 * 1500);
  }, LONG);
});

test('associations that end with bursts to come are no trouble to the others', async () => {
  await inWorld(async (world) => {
    const pair = await connected(world);
    await times(world, pair, 60_000, 400, 10);
    const others = await Promise.all(
      Array.from({ length: 5 }, () => world.client.socket().connectx([{ address: '10.0.1.2', port: 5001 }])),
    );
    for (const other of others) void other.send(pattern(60_000));
    const sending = pair.a.send(pattern(60_000));
    for (const other of others) other.abort();
    await sending;
    expect((await pair.b.receive())?.data.length).toBe(60_000);
  }, LONG);
});

test('slow start goes on beyond the first receive window of the peer', async () => {
  await inWorld(async (world) => {
    const { a, b } = await connected(world);
    const { slowStartThresholdBytes } = a.statistics().paths[0]!;
    expect(slowStartThresholdBytes).toBe(64 * 1024 * 1024);
    expect(b.statistics().paths.map((path) => path.slowStartThresholdBytes)).toEqual([
      slowStartThresholdBytes,
      slowStartThresholdBytes,
    ]);
  });
});
