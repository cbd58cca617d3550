import { describe, expect, test } from 'vitest';
import { connected, failure, SERVER, withTwoStacks } from '../support/two-stacks.js';

describe('timers', () => {
  const initTimes = async (preset: 'rfc9260' | 'fast-failover') =>
    withTwoStacks(
      async (stacks) => {
        stacks.serverHost.crash();
        const error = await failure(stacks.client.socket().connect(SERVER[0]!, { timeoutMs: 60_000 }));
        return (error as unknown as { attempts: { sentAtMs: number[] }[] }).attempts[0]!.sentAtMs;
      },
      { stack: { preset } },
    );

  test('rfc9260: INIT is retransmitted after 1 s, then 2 s, 4 s: RTO.Initial and its back-off', async () => {
    expect(await initTimes('rfc9260')).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
  });

  test('fast-failover: INIT is retransmitted after 500 ms, then every second', async () => {
    expect((await initTimes('fast-failover')).slice(0, 6)).toEqual([0, 500, 1500, 2500, 3500, 4500]);
  });

  test.each([
    ['rfc9260', 1000, 1100],
    ['fast-failover', 200, 250],
  ] as const)(
    '%s: a message takes the other path %d ms after the first one has failed',
    async (preset, least, most) => {
      await withTwoStacks(
        async (stacks) => {
          const { a, b } = await connected(stacks);
          await a.send('warm up');
          await b.receive();
          await stacks.network.advance(100);
          stacks.network.partition('10.0.1.1', '10.0.1.2');
          const before = stacks.network.clock.now();
          await a.send('over the other path');
          await b.receive();
          const elapsed = stacks.network.clock.now() - before;
          expect(elapsed).toBeGreaterThanOrEqual(least);
          expect(elapsed).toBeLessThan(most);
        },
        { stack: { preset } },
      );
    },
  );

  test('fast-failover: a failed path is reported after a second or two', async () => {
    await withTwoStacks(
      async (stacks) => {
        const { a } = await connected(stacks);
        await stacks.network.advance(3000);
        stacks.network.partition('10.0.1.1', '10.0.1.2');
        const before = stacks.network.clock.now();
        const reported = new Promise<number>((resolve) => {
          a.on('path', ({ address, change }) => {
            if (address === '10.0.1.2' && change === 'unreachable') resolve(stacks.network.clock.now() - before);
          });
        });
        void a.send('x');
        const elapsed = await reported;
        expect(elapsed).toBeGreaterThan(600); // 200 + 400 ms at least
        expect(elapsed).toBeLessThan(2500);
        expect(a.paths().find(({ address }) => address === '10.0.1.2')?.state).toBe('inactive');
      },
      { stack: { preset: 'fast-failover' } },
    );
  });

  // sctp_mark_all_for_resend() would compute the wait from the round trips alone, without RTO.Max.
  test('RTO.Max also applies after a round trip of 15 s: lost data is retransmitted', async () => {
    await withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks);
        const { network, clientHost, serverHost } = stacks;
        const release = network.hold(clientHost, serverHost);
        await network.advance(15_000);
        release();
        await network.advance(100);
        const stop = network.filter((_, from) => (from === clientHost ? 'drop' : undefined));
        await a.send('lost');
        await network.advance(100);
        stop();
        await b.receive({ timeoutMs: 2500 });
      },
      { stack: { preset: 'fast-failover', timers: { associationRetransmits: 100 } } },
    );
  });
});
