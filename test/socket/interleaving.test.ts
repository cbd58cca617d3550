import { expect, test } from 'vitest';
import type { Reliability, SocketOptions } from '../../src/index.js';
import { SCHEDULERS } from '../../src/options/table.js';
import { connected, listening, pattern, SERVER, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

/** An association with I-DATA (RFC 8260) at both ends. */
async function interleaved(stacks: TwoStacks, here: SocketOptions = {}, there: SocketOptions = {}) {
  const [client, server] = [stacks.client.socket(here), listening(stacks, there)];
  for (const socket of [client, server]) socket.setOption('interleaving', true);
  const [a, b] = await Promise.all([client.connectx(SERVER), server.accept()]);
  expect(a.setup.features).toContain('interleaving');
  return { a, b };
}

/** Sends messages of one size on many streams at once, and checks that each of them arrives. */
async function fill(stacks: TwoStacks, streams: number, bytes: number, here?: SocketOptions, there?: SocketOptions) {
  const { a, b } = await interleaved(stacks, here, there);
  const sent = Array.from({ length: 3 * streams }, (_, index) =>
    a.send(pattern(bytes, index), { stream: index % streams, ppid: index }),
  );
  const seen = new Set<number>();
  while (seen.size < sent.length) {
    const message = await b.receive({ timeoutMs: 60_000 });
    if (!message) throw new Error('an early end');
    expect(Buffer.compare(message.data, pattern(bytes, message.ppid))).toBe(0);
    seen.add(message.ppid);
  }
  await Promise.all(sent);
  await Promise.all([a.close(), b.closed]);
}

const CASES: [string, number, number, SocketOptions?, SocketOptions?][] = [
  ['defaults', 10, 60_000],
  ['a large send buffer', 10, 60_000, { sendBufferBytes: 1 << 20 }],
  ['a small receive buffer', 4, 8000, {}, { receiveBufferBytes: 20_000 }],
  ['two hundred streams', 200, 3000, { streams: { outbound: 200 }, sendBufferBytes: 1 << 20 }],
];

test.each(CASES)(
  'I-DATA: messages of many streams that together fill the receive window all arrive, with %s',
  (_, ...given) => withTwoStacks((stacks) => fill(stacks, ...given), { limitMs: 1e6, conditions: { latencyMs: 20 } }),
);

test('I-DATA: messages of many streams all arrive if packets are lost', () =>
  withTwoStacks((stacks) => fill(stacks, 10, 60_000), { limitMs: 1e6, conditions: { latencyMs: 20, loss: 0.02 } }));

/** Sends on five streams in turn, every second message reliably. Returns which arrived, in order, and which failed. */
async function halfReliable(stacks: TwoStacks, reliability: Reliability, count = 30) {
  const { a, b } = await interleaved(stacks, { sendBufferBytes: 1 << 20 }, { receiveBufferBytes: 50_000 });
  a.setOption('scheduler', 'round-robin');
  const failed: number[] = [];
  a.on('sendFailed', ({ ppid }) => failed.push(ppid));
  const sending = Array.from({ length: count }, (_, ppid) =>
    a.send(pattern(20_000, ppid), { stream: ppid % 5, ppid, ...(ppid % 2 === 0 && { reliability }) }),
  );
  const arrived: number[] = [];
  const closing = a.close();
  for await (const { data, ppid } of b) {
    expect(Buffer.compare(data, pattern(20_000, ppid))).toBe(0);
    arrived.push(ppid);
  }
  await Promise.all([...sending, closing]);
  return { arrived, failed };
}

test.each([
  [{ retransmits: 0 }, 0.03],
  [{ lifetimeMs: 300 }, 0.03],
  [{ lifetimeMs: 20 }, 0],
  [{ priority: 1 }, 0.03],
])('I-DATA: abandoning a message loses no other one, %o, loss %d', (reliability, loss) =>
  withTwoStacks(
    async (stacks) => {
      const { arrived, failed } = await halfReliable(stacks, reliability);
      const reliable = Array.from({ length: 15 }, (_, index) => 2 * index + 1);
      expect(failed.filter((ppid) => ppid % 2 === 1)).toEqual([]);
      expect(arrived.filter((ppid) => ppid % 2 === 1).sort((x, y) => x - y)).toEqual(reliable);
      if (!('priority' in reliability)) expect(failed.length).toBeGreaterThan(0);
    },
    { limitMs: 1e6, conditions: { latencyMs: 20, loss } },
  ),
);

test('without I-DATA a message smaller than half the window is still read at once', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks);
      const sent = a.send(pattern(100_000));
      expect((await b.receive())?.data.length).toBe(100_000);
      await sent;
    },
    { conditions: { latencyMs: 20 } },
  ));

/* usrsctp counts the parts of a message that were read in 8 bits. After 256 parts it took the message for one that hadn't begun. */
test('I-DATA: two messages on two streams, each read in more than 256 parts, arrive', () =>
  withTwoStacks(
    async (stacks) => {
      const { network } = stacks;
      const { a, b } = await interleaved(stacks, { sendBufferBytes: 4_000_000 });
      const lengths = [1_500_000, 900_000];
      const sent = lengths.map((length, stream) => a.send(pattern(length, stream), { stream }));
      const before = network.clock.now();
      for (const _ of lengths) {
        const { stream, data } = (await b.receive())!;
        expect(Buffer.compare(data, pattern(lengths[stream]!, stream))).toBe(0);
      }
      expect(network.clock.now() - before).toBeLessThan(10_000); // 2.4 s at this rate
      await Promise.all(sent);
    },
    { limitMs: 1e6, conditions: { latencyMs: 10, rateBps: 8e6 } },
  ));

/** How long small messages take on a stream of their own, in ms, while a message of 4 MB is sent at 8 Mbit/s. */
async function delays(stacks: TwoStacks, scheduler: (typeof SCHEDULERS)[number]): Promise<number[]> {
  const { clock } = stacks.network;
  const { a, b } = await interleaved(stacks);
  a.setOption('scheduler', scheduler);
  const large = a.send(pattern(4_000_000, 1), { stream: 1 });
  const received: number[] = [];
  const sentAt: number[] = [];
  let isLargeHere = false;
  const reading = (async () => {
    while (!isLargeHere || received.length < 10) {
      const { stream, data, ppid } = (await b.receive())!;
      if (stream === 2) received.push(clock.now() - sentAt[ppid]!);
      else isLargeHere = Buffer.compare(data, pattern(4_000_000, 1)) === 0;
    }
  })();
  for (let ppid = 0; ppid < 10; ppid++) {
    await new Promise((resolve) => clock.schedule(150, () => resolve(undefined)));
    sentAt.push(clock.now());
    await a.send(pattern(50, 2), { stream: 2, ppid });
  }
  expect(isLargeHere).toBe(false);
  await Promise.all([large, reading]);
  return received;
}

/** The slowest of the small messages, in ms. */
function slowest(scheduler: (typeof SCHEDULERS)[number]): Promise<number> {
  const limits = { limitMs: 1e6, conditions: { latencyMs: 10, rateBps: 8e6 } };
  return withTwoStacks(async (stacks) => Math.max(...(await delays(stacks, scheduler))), limits);
}

test.each(SCHEDULERS.filter((each) => each !== 'first-come'))(
  'I-DATA, scheduler %s: small messages aren’t held up by one that is larger than the send buffer',
  async (scheduler) => expect(await slowest(scheduler)).toBeLessThan(600), // what is in flight, 262 ms, comes first
);

test('I-DATA, scheduler first-come: small messages come after one that was sent before, though they are taken before its end', async () => {
  expect(await slowest('first-come')).toBeGreaterThan(3000);
});

test('I-DATA: three messages larger than the send buffer arrive on three streams, also if packets are lost', () =>
  withTwoStacks((stacks) => fill(stacks, 3, 1_000_000), { limitMs: 1e6, conditions: { latencyMs: 10, loss: 0.01 } }));
