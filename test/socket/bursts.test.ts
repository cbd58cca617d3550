import { expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/decode.js';
import {
  connected,
  type Pair,
  pattern,
  type TwoStacks,
  type TwoStacksOptions,
  withTwoStacks,
} from '../support/two-stacks.js';

const CLIENT = '10.0.1.1';
const LONG: TwoStacksOptions = { conditions: { latencyMs: 25 }, limitMs: 1e6 };

/** The time in ms that each of `count` messages takes, sent one every `everyMs`. */
async function times({ network }: TwoStacks, { a, b }: Pair, bytes: number, everyMs: number, count: number) {
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

/** The largest number of packets that were sent at the same time. */
function largestBurst(times: readonly number[]): number {
  return Math.max(...times.map((ms) => times.filter((other) => other === ms).length));
}

/** The times at which the client sends packets with DATA. */
function sendTimes({ network }: TwoStacks): number[] {
  const times: number[] = [];
  network.filter(({ source, bytes }) => {
    const isData = decodePacket(bytes).chunks.some(({ type }) => type === 'DATA');
    if (source === CLIENT && isData) times.push(network.clock.now());
    return undefined;
  });
  return times;
}

test('a message after a pause has the congestion window that earlier messages have opened', async () => {
  await withTwoStacks(async (stacks) => {
    const took = await times(stacks, await connected(stacks), 60_000, 400, 20);
    expect(took[0]).toBeGreaterThan(150); // slow start
    expect(took[19]).toBeLessThan(40); // 25 ms, and 42 packets in bursts of 4 a millisecond
  }, LONG);
});

test('no more than 4 packets are sent at once', async () => {
  await withTwoStacks(async (stacks) => {
    const pair = await connected(stacks);
    await times(stacks, pair, 60_000, 400, 10);
    const left = sendTimes(stacks);
    await times(stacks, pair, 60_000, 400, 1);
    expect(left.length).toBeGreaterThan(41);
    expect(largestBurst(left)).toBe(4);
    expect(left.at(-1)! - left[0]!).toBeLessThan(12);
  }, LONG);
});

test('maxBurst limits the number of packets that are sent at once', async () => {
  await withTwoStacks(async (stacks) => {
    const pair = await connected(stacks);
    pair.a.setOption('maxBurst', 10);
    await times(stacks, pair, 60_000, 400, 10);
    const left = sendTimes(stacks);
    await times(stacks, pair, 60_000, 400, 1);
    expect(largestBurst(left)).toBe(10);
  }, LONG);
});

test('the congestion window of an idle path is halved for each RTO, down to 4 packets', async () => {
  await withTwoStacks(async (stacks) => {
    const pair = await connected(stacks);
    await times(stacks, pair, 200_000, 900, 10);
    const before = cwnd(pair);
    expect(before).toBeGreaterThan(100_000);
    await stacks.network.advance(1500); // RTO.Min is 1,000 ms
    await times(stacks, pair, 100, 100, 1);
    expect(cwnd(pair)).toBe(Math.floor(before / 4));
    await stacks.network.advance(20_000);
    await times(stacks, pair, 100, 100, 1);
    expect(cwnd(pair)).toBeLessThanOrEqual(4 * 1500);
  }, LONG);
});

test('associations that end with pending bursts do not affect others', async () => {
  await withTwoStacks(async (stacks) => {
    const pair = await connected(stacks);
    await times(stacks, pair, 60_000, 400, 10);
    const others = await Promise.all(
      Array.from({ length: 5 }, () => stacks.client.socket().connectx([{ address: '10.0.1.2', port: 5001 }])),
    );
    for (const other of others) void other.send(pattern(60_000));
    const sending = pair.a.send(pattern(60_000));
    for (const other of others) other.abort();
    await sending;
    expect((await pair.b.receive())?.data.length).toBe(60_000);
  }, LONG);
});

test('slow start goes on beyond the first receive window of the peer', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const { slowStartThresholdBytes } = a.statistics().paths[0]!;
    expect(slowStartThresholdBytes).toBe(64 * 1024 * 1024);
    expect(b.statistics().paths.map((path) => path.slowStartThresholdBytes)).toEqual([
      slowStartThresholdBytes,
      slowStartThresholdBytes,
    ]);
  });
});

test('the congestion window of an end that sends no data is halved once an RTO, also while it receives (RFC 9260 7.2.1)', async () => {
  await withTwoStacks(async (stacks) => {
    const pair = await connected(stacks);
    await times(stacks, pair, 60_000, 400, 10);
    const before = cwnd(pair);
    for (let count = 0; count < 14; count++) {
      await pair.b.send(pattern(1000, count)); // the SACKs are sent by a
      await pair.a.receive();
      await stacks.network.advance(100);
    }
    expect(cwnd(pair)).toBeGreaterThanOrEqual(before / 2 - 1);
    expect(cwnd(pair)).toBeLessThan(before);
  }, LONG);
});

test('a lost packet causes few timer calls until its retransmission, and then one packet is sent', async () => {
  await withTwoStacks(async (stacks) => {
    const { network, clientHost } = stacks;
    const pair = await connected(stacks);
    await times(stacks, pair, 60_000, 400, 5);
    let left = 0;
    network.filter(({ bytes }, from) => {
      if (from !== clientHost) return undefined;
      if (bytes[12] === 0) left++;
      return 'drop';
    });
    await pair.a.send(pattern(3000));
    await network.advance(100);
    left = 0;
    const { schedule } = network.clock;
    let woken = 0;
    network.clock.schedule = (delayMs, callback) => {
      woken++;
      return schedule.call(network.clock, delayMs, callback);
    };
    await network.advance(1050);
    network.clock.schedule = schedule;
    expect(woken).toBeLessThan(20);
    expect(left).toBe(1);
  }, LONG);
});

test('with Nagle’s algorithm a second small message waits for the SACK of the first one', async () => {
  await withTwoStacks(async (stacks) => {
    const pair = await connected(stacks, { noDelay: false });
    await times(stacks, pair, 60_000, 400, 5);
    const left = sendTimes(stacks);
    const before = stacks.network.clock.now();
    await pair.a.send(pattern(100));
    await pair.a.send(pattern(100));
    await stacks.network.advance(40);
    expect(left.map((ms) => ms - before)).toEqual([0]);
    await stacks.network.advance(300);
    expect(left).toHaveLength(2);
  }, LONG);
});

test('a path no longer counts as short once its round trips have become long', async () => {
  await withTwoStacks(
    async (stacks) => {
      const pair = await connected(stacks);
      await times(stacks, pair, 100, 100, 5);
      stacks.network.link(CLIENT, '10.0.1.2', { latencyMs: 25 });
      await times(stacks, pair, 100, 100, 110); // 11 s
      let bytes = 0;
      const receive = async () => {
        while (await pair.b.receive()) bytes += 16_384;
      };
      receive().catch(() => undefined);
      const end = stacks.network.clock.now() + 4000;
      while (stacks.network.clock.now() < end - 1000) await pair.a.send(pattern(16_384));
      bytes = 0;
      while (stacks.network.clock.now() < end) await pair.a.send(pattern(16_384));
      expect(bytes / 1e6).toBeGreaterThan(8); // MB/s; 262,144 bytes a round trip are 5
    },
    { conditions: { latencyMs: 0.5 }, limitMs: 1e6 },
  );
});
