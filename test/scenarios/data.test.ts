import { describe, expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import { describePacket } from '../../src/wire/describe.js';
import { connected, finish, numbered, receiveAll, sendAll, transfer, upTo } from './fixture.js';

describe('messages arrive once and in order', () => {
  for (const percent of [1, 5, 10, 20, 30]) {
    test(
      `when ${percent} % of the packets are lost`,
      withNetwork({ seed: percent, conditions: { latencyMs: 10, loss: percent / 100 } }, async (network) => {
        const all = await connected(network, { stack: { timers: { associationRetransmits: 100 } } });
        await Promise.all([transfer(all.here, all.there, 200, 700), transfer(all.there, all.here, 200, 700)]);
        await finish(all);
      }),
    );
  }

  test(
    'when losses occur in bursts',
    withNetwork(
      { seed: 1, conditions: { latencyMs: 10, loss: { goodToBad: 0.02, badToGood: 0.1 } } },
      async (network) => {
        const all = await connected(network, { stack: { timers: { associationRetransmits: 100 } } });
        await transfer(all.here, all.there, 300, 700);
        await finish(all);
      },
    ),
  );

  test(
    'when packets are reordered',
    withNetwork({ seed: 1, conditions: { latencyMs: 10, reorder: 0.3, reorderMs: 15 } }, async (network) => {
      const all = await connected(network);
      await transfer(all.here, all.there, 500, 700);
      await finish(all);
    }),
  );

  test(
    'when every packet is duplicated',
    withNetwork({ seed: 1, conditions: { latencyMs: 10, duplicate: 1 } }, async (network) => {
      const all = await connected(network);
      await transfer(all.here, all.there, 500, 700);
      expect(all.listener.associations).toHaveLength(1);
      await finish(all);
    }),
  );

  test(
    'when bits are flipped',
    withNetwork({ seed: 1, conditions: { latencyMs: 10, corrupt: 0.1 } }, async (network) => {
      const all = await connected(network, { stack: { timers: { associationRetransmits: 100 } } });
      await transfer(all.here, all.there, 200, 700);
      await finish(all);
    }),
  );

  test(
    'when a slow link drops packets because its queue is full',
    withNetwork({ seed: 1, conditions: { latencyMs: 20, rateBps: 1e6, queueBytes: 10_000 } }, async (network) => {
      const all = await connected(network);
      await transfer(all.here, all.there, 200, 1400);
      const bitsPerMs = (200 * 1400 * 8) / network.clock.now();
      expect(bitsPerMs).toBeGreaterThan(500);
      expect(bitsPerMs).toBeLessThan(1000);
      await finish(all);
    }),
  );

  test(
    'when they are larger than all buffers',
    withNetwork({ seed: 1, conditions: { latencyMs: 5, loss: 0.01 } }, async (network) => {
      const all = await connected(network, { socket: { sendBufferBytes: 8192, receiveBufferBytes: 16_384 } });
      await transfer(all.here, all.there, 5, 300_000);
      await finish(all);
    }),
  );
});

describe('a busy path without losses', () => {
  // RFC 9260 §6.3.2 R3: each SACK that advances the Cumulative TSN Ack restarts T3-rtx.
  for (const [rateBps, latencyMs] of [
    [1e6, 20],
    [5e6, 60],
    [2e7, 20],
  ] as const) {
    test(
      `of ${rateBps / 1e6} Mbit/s and ${latencyMs} ms causes no retransmission`,
      withNetwork({ seed: 1, conditions: { latencyMs, rateBps, queueBytes: 1e6 } }, async (network) => {
        const all = await connected(network, { stack: { preset: 'fast-failover' } });
        const sent = new Map<string, number>();
        network.filter(({ bytes }) => {
          for (const [, tsn = ''] of describePacket(bytes).matchAll(/DATA \S.*? tsn (\d+)/g)) {
            sent.set(tsn, (sent.get(tsn) ?? 0) + 1);
          }
          return undefined;
        });
        await transfer(all.here, all.there, 400, 1200);
        expect(sent.size).toBe(400);
        expect([...sent.values()].filter((times) => times > 1)).toEqual([]);
        await finish(all);
      }),
    );
  }
});

describe('a peer that stops reading', () => {
  test(
    'stops the sender without loss, and resumes when it reads again',
    withNetwork({ seed: 1, conditions: { latencyMs: 5 }, limitMs: 1e7 }, async (network) => {
      const all = await connected(network);
      let taken = 0;
      const sending = (async () => {
        for (const number of upTo(2000)) {
          await all.here.send(numbered(number, 1000));
          taken++;
        }
      })();
      await network.advance(60_000);
      expect(taken).toBeLessThan(700); // both buffers of 256 KiB and the read-ahead
      const stalledAt = taken;
      await network.advance(600_000);
      expect(taken).toBe(stalledAt);
      expect(all.here.state).toBe('open');
      const [numbers] = await Promise.all([receiveAll(all.there, 2000), sending]);
      expect(numbers).toEqual(upTo(2000));
      await finish(all);
    }),
  );

  test(
    'does not stop messages in the other direction',
    withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
      const all = await connected(network);
      const sending = sendAll(all.here, 1000);
      await network.advance(10_000);
      await transfer(all.there, all.here, 300);
      await Promise.all([receiveAll(all.there, 1000), sending]);
      await finish(all);
    }),
  );

  test(
    'does not end the association, even for a day',
    withNetwork({ seed: 1, conditions: { latencyMs: 5 }, limitMs: 1e8 }, async (network) => {
      const all = await connected(network);
      const sending = sendAll(all.here, 1000);
      await network.advance(86_400_000);
      expect([all.here.state, all.there.state]).toEqual(['open', 'open']);
      await Promise.all([receiveAll(all.there, 1000), sending]);
      await finish(all);
    }),
  );
});
