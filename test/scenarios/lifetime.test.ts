import { expect, test } from 'vitest';
import type { Association, Message } from '../../src/index.js';
import type { Network } from '../../src/simulated.js';
import { withNetwork } from '../../src/testing.js';
import { decodePacket } from '../../src/wire/decode.js';
import { connected, numbered, numberOf, upTo } from './fixture.js';
import { RandomChoices } from './plan.js';

/** The numbers of all messages until the end. */
async function received(association: Association): Promise<number[]> {
  const numbers: number[] = [];
  for await (const message of association) numbers.push(numberOf(message));
  return numbers;
}

const SINGLE = { client: ['10.0.1.1'], server: ['10.0.1.2'] };

/** The ages of messages that the client sent or retransmitted after their lifetime. */
function late(network: Network, sentAt: readonly number[], lifetimeMs: number): number[] {
  const sent = network.trace.entries().filter(({ from }) => from === 'client');
  const ages = sent.flatMap(({ bytes, sentMs }) =>
    decodePacket(bytes).chunks.flatMap((chunk) => {
      if (chunk.type !== 'DATA' || !chunk.isBeginning) return [];
      return [sentMs - sentAt[numberOf({ data: chunk.payload } as Message)]!];
    }),
  );
  expect(ages.length).toBeGreaterThan(1);
  return ages.filter((age) => age > lifetimeMs);
}

for (const lifetimeMs of [20, 140]) {
  test(
    `no message is sent after its lifetime of ${lifetimeMs} ms over a slow link, and each failure is reported`,
    withNetwork(
      { seed: 7, traceLength: 5000, conditions: { latencyMs: 40, rateBps: 1e6, queueBytes: 20_000 } },
      async (network) => {
        const all = await connected(network, SINGLE);
        const sentAt: number[] = [];
        let failed = 0;
        all.here.on('sendFailed', () => failed++);
        const receiving = received(all.there);
        for (const number of upTo(300)) {
          sentAt.push(network.clock.now());
          await all.here.send(numbered(number, 1000), { reliability: { lifetimeMs } });
          await network.advance(4);
        }
        await network.advance(5000);
        await all.here.close();
        expect(late(network, sentAt, lifetimeMs)).toEqual([]);
        const numbers = await receiving;
        expect(numbers.length).toBeGreaterThan(30);
        expect(failed).toBeGreaterThanOrEqual(300 - numbers.length);
        await Promise.all([all.socket.close(), all.listener.close()]);
      },
    ),
  );
}

test(
  'no message is sent after its lifetime while the receive window is closed, and its failure is reported in time',
  withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
    const all = await connected(network, {
      ...SINGLE,
      socket: { receiveBufferBytes: 20_000, readAheadBytes: 2000, sendBufferBytes: 400_000 },
    });
    const failedAt: number[] = [];
    all.here.on('sendFailed', () => failedAt.push(network.clock.now()));
    const began = network.clock.now();
    for (const number of upTo(100)) {
      await all.here.send(numbered(number, 1200), { reliability: { lifetimeMs: 200 } });
    }
    await network.advance(1000);
    const { queuedBytes, flightBytes } = all.here.statistics();
    expect([queuedBytes, flightBytes <= 1500]).toEqual([0, true]);
    expect(failedAt.every((at) => at - began >= 200 && at - began <= 210)).toBe(true);
    const closing = all.here.close();
    const numbers = await received(all.there);
    await closing;
    expect(numbers).toEqual(upTo(numbers.length));
    expect(numbers.length).toBeLessThan(25);
    expect(numbers.length + failedAt.length).toBeGreaterThanOrEqual(100);
    expect(late(network, Array(100).fill(began), 200)).toEqual([]);
    await Promise.all([all.socket.close(), all.listener.close()]);
  }),
);

test(
  'SHUTDOWN is sent once the lifetimes of all messages before it have ended',
  withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
    const all = await connected(network, { ...SINGLE, socket: { receiveBufferBytes: 20_000, readAheadBytes: 1 } });
    const heal = network.filter((_, from) => (from === all.hosts.client ? 'drop' : undefined));
    for (const number of upTo(50)) {
      await all.here.send(numbered(number, 1200), { reliability: { lifetimeMs: 200 } });
    }
    const closing = all.here.close();
    await network.advance(300);
    heal();
    expect(all.here.statistics().queuedBytes).toBe(0);
    await closing;
    expect(await all.there.closed).toBeUndefined();
    await Promise.all([all.socket.close(), all.listener.close()]);
  }),
);

test(
  'a lifetime starts at send(), even if the message waits for space in the send buffer',
  withNetwork({ seed: 1, conditions: { latencyMs: 5, rateBps: 80_000 } }, async (network) => {
    const all = await connected(network, { ...SINGLE, socket: { sendBufferBytes: 5000 } });
    let failed = 0;
    all.here.on('sendFailed', () => failed++);
    const began = network.clock.now();
    const sending = [all.here.send(numbered(0, 5000))];
    const sentAt = [Number.POSITIVE_INFINITY];
    for (const number of upTo(20)) {
      sending.push(all.here.send(numbered(number + 1, 1000), { reliability: { lifetimeMs: 700 } }));
      sentAt.push(began);
    }
    const numbers = received(all.there);
    await Promise.all([...sending, all.here.close()]);
    expect((await numbers).length).toBeLessThan(18);
    expect((await numbers).length + failed).toBeGreaterThanOrEqual(21);
    expect(late(network, sentAt, 700)).toEqual([]);
    await Promise.all([all.socket.close(), all.listener.close()]);
  }),
);

test.each(upTo(12))(
  'the end of a lifetime does not remove messages before it; each message arrives or is reported, seed %d',
  (seed) =>
    withNetwork({ seed, conditions: { latencyMs: 5 } }, async (network) => {
      const random = new RandomChoices(seed, 'lifetimes');
      const all = await connected(network, { ...SINGLE, socket: { receiveBufferBytes: 8192, readAheadBytes: 1 } });
      const missing = new Set(upTo(40));
      all.here.on('sendFailed', ({ ppid }) => missing.delete(ppid));
      const sending: Promise<unknown>[] = [];
      for (const ppid of upTo(40)) {
        const lifetimeMs = random.pick([undefined, undefined, undefined, 20, 100, 300]);
        const options = { ppid, stream: random.integer(0, 3), ...(lifetimeMs && { reliability: { lifetimeMs } }) };
        sending.push(all.here.send(new Uint8Array(random.integer(1, 2000)), options).catch(() => undefined));
        if (ppid % 4 === 3) await network.advance(random.integer(0, 10));
      }
      await network.advance(500);
      const closing = all.here.close();
      for await (const { ppid } of all.there) missing.delete(ppid);
      await Promise.all([closing, ...sending]);
      expect([...missing]).toEqual([]);
      await Promise.all([all.socket.close(), all.listener.close()]);
    })(),
);
