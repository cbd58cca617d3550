import { describe, expect, test } from 'vitest';
import type { StackOptions } from '../../src/index.js';
import { connected, textOf, withTwoStacks } from '../support/two-stacks.js';

const LATENCY = { conditions: { latencyMs: 10 }, limitMs: 1e8 };
const SINGLE = { client: ['10.0.1.1'], server: ['10.0.1.2'] };
const HOUR = 3_600_000;

/** The seconds until a single-homed association ends after its peer has vanished, with or without data in flight. */
function endsAfter(timers: StackOptions['timers'], isIdle: boolean): Promise<number> {
  return withTwoStacks(
    async ({ network, client, server, serverHost }) => {
      const [endpoint] = [{ address: '10.0.1.2', port: 5001 }];
      const listener = server.socket();
      listener.bindx([endpoint]);
      listener.listen();
      const a = await client.socket().connect(endpoint);
      await network.advance(2000);
      serverHost.crash();
      const before = network.clock.now();
      if (!isIdle) void a.send('unheard');
      await expect(a.closed).resolves.toMatchObject({ code: 'ETIMEDOUT' });
      return (network.clock.now() - before) / 1000;
    },
    { ...LATENCY, addresses: SINGLE, stack: timers === undefined ? {} : { timers } },
  );
}

describe('an association whose peer has vanished ends', () => {
  test('when its only path becomes inactive (RFC 9260 8.2)', async () => {
    expect(Math.round(await endsAfter(undefined, false))).toBe(63);
    expect(await endsAfter(undefined, true)).toBeLessThan(300);
  });

  test('later, if associationRetransmits is larger', async () => {
    expect(await endsAfter({ associationRetransmits: 10 }, false)).toBeGreaterThan(240);
  });

  test('also if no address of the peer is confirmed any more', async () => {
    await withTwoStacks(
      async (stacks) => {
        const { network, clientHost, client, server } = stacks;
        const endpoint = { address: '10.0.1.2', port: 5001 };
        const listener = server.socket();
        listener.bindx([endpoint]);
        listener.listen();
        const [, b] = await Promise.all([client.socket().connect(endpoint), listener.accept()]);
        await network.advance(3000);
        clientHost.addressDown('10.0.1.1');
        await network.advance(500);
        clientHost.addressUp('10.0.1.9/16');
        while (b.paths().some(({ address }) => address !== '10.0.1.9')) await network.advance(1);
        expect(b.paths()[0]?.state).toBe('unconfirmed');
        network.link('10.0.1.9', '10.0.1.2', { loss: 1 });
        void b.send(new Uint8Array(10_000)).catch(() => undefined);
        const before = network.clock.now();
        await expect(b.closed).resolves.toMatchObject({ code: 'ETIMEDOUT' });
        expect(network.clock.now() - before).toBeLessThan(600_000);
      },
      { ...LATENCY, addresses: { client: ['10.0.1.1/16'], server: ['10.0.1.2/16'] } },
    );
  });
});

test('a failed path that is not in use does not end an association, however long it has failed', async () => {
  await withTwoStacks(async (stacks) => {
    const { network } = stacks;
    const { a, b } = await connected(stacks);
    await network.advance(3000);
    for (const end of [a, b]) {
      const [used] = end.paths().filter(({ primary }) => primary);
      end.setOption('pathParameters', { heartbeat: false }, { path: used?.address ?? '' });
    }
    network.link('10.0.2.1', '10.0.2.2', { loss: 1 });
    await network.advance(24 * HOUR);
    await a.send('still here');
    expect(textOf(await b.receive())).toBe('still here');
  }, LATENCY);
});
