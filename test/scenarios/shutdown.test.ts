import { describe, expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import { describePacket } from '../../src/wire/describe.js';
import { connected, dropChunks, finish, receiveAll, sendAll, upTo } from './fixture.js';

describe('shutdown', () => {
  for (const seed of upTo(10)) {
    test(
      `ends both ends after all messages at 30 % loss (seed ${seed})`,
      withNetwork({ seed, conditions: { latencyMs: 5, loss: 0.3 } }, async (network) => {
        const all = await connected(network, { stack: { timers: { associationRetransmits: 100 } } });
        await sendAll(all.here, 20);
        const closing = all.here.close();
        expect(await receiveAll(all.there, 20)).toEqual(upTo(20));
        expect(await all.there.receive()).toBeUndefined();
        await closing;
        expect(await all.there.closed).toBeUndefined();
        await Promise.all([all.socket.close(), all.listener.close()]);
      }),
    );
  }

  // A T5-shutdown-guard of 5 s (RTO.Max 1 s) or of 300 s would expire.
  for (const [preset, rateBps, leastMs] of [
    ['fast-failover', 50_000, 20_000],
    ['rfc9260', 4000, 400_000],
  ] as const) {
    test(
      `delivers all messages sent before, however long that takes (${preset})`,
      withNetwork({ seed: 1, conditions: { latencyMs: 5, rateBps } }, async (network) => {
        const all = await connected(network, { client: ['10.0.1.1'], server: ['10.0.1.2'], stack: { preset } });
        const began = network.clock.now();
        await sendAll(all.here, 200);
        const [numbers] = await Promise.all([receiveAll(all.there, 200), finish(all)]);
        expect(numbers).toEqual(upTo(200));
        expect(network.clock.now() - began).toBeGreaterThan(leastMs);
      }),
    );
  }

  test(
    'delivers the remaining messages of the peer, however short RTO.Max is',
    withNetwork({ seed: 1, conditions: { latencyMs: 5, rateBps: 50_000 } }, async (network) => {
      const all = await connected(network, {
        client: ['10.0.1.1'],
        server: ['10.0.1.2'],
        stack: { preset: 'fast-failover' },
      });
      await sendAll(all.there, 200);
      const [numbers] = await Promise.all([receiveAll(all.here, 200), finish(all)]);
      expect(numbers).toEqual(upTo(200));
    }),
  );

  test(
    'is not blocked by small messages of the peer that fill the window',
    withNetwork({ seed: 1, conditions: { latencyMs: 20 } }, async (network) => {
      const all = await connected(network, { client: ['10.0.1.1'], server: ['10.0.1.2'] });
      const began = network.clock.now();
      await sendAll(all.there, 3000, 64);
      const [numbers] = await Promise.all([receiveAll(all.here, 3000), finish(all)]);
      expect(numbers).toEqual(upTo(3000));
      expect(network.clock.now() - began).toBeLessThan(1000);
    }),
  );

  test(
    'can start at both ends at the same time',
    withNetwork({ seed: 1, conditions: { latencyMs: 20 } }, async (network) => {
      const all = await connected(network);
      await Promise.all([all.here.close(), all.there.close()]);
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  test(
    'ends at the peer even if SHUTDOWN COMPLETE is lost',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network);
      const stop = dropChunks(network, all.hosts.client, 'SHUTDOWN COMPLETE');
      await all.here.close();
      await network.advance(500);
      stop();
      expect(await all.there.closed.then((error) => error?.code)).toBeUndefined();
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  test(
    'is graceful at both ends if both shut down, SHUTDOWN COMPLETE is lost and a late SHUTDOWN gets an ABORT',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network);
      let late: Uint8Array | undefined;
      const seen: string[] = [];
      network.filter((packet, from) => {
        const what = `${from.name} ${describePacket(packet.bytes).replace(/ \d+$/, '')}`;
        seen.push(what);
        if (what === 'client SHUTDOWN') late = packet.bytes;
        if (what === 'client SHUTDOWN ACK' && seen.indexOf(what) < seen.length - 1) return { ...packet, bytes: late! };
        return what === 'client SHUTDOWN' || what === 'server SHUTDOWN COMPLETE' ? 'drop' : undefined;
      });
      await Promise.all([all.here.close(), all.there.close()]);
      expect(seen.at(-1)).toMatch(/^server ABORT/);
      expect(await all.here.closed).toBeUndefined();
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );
});
