import { expect, test } from 'vitest';
import { type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

const SERVER = { address: '198.51.100.1', port: 5001 };
const OPTIONS = {
  conditions: { latencyMs: 30 },
  limitMs: 1e8,
  addresses: { client: ['192.0.2.10'], server: [SERVER.address] },
};
const PATIENT = { ...OPTIONS, stack: { timers: { associationRetransmits: 100 } } };

/** An association over one path, idle for 3 s. */
async function connected({ network, client, server }: TwoStacks) {
  const listener = server.socket();
  listener.bindx([SERVER]);
  listener.listen();
  const [a, b] = await Promise.all([client.socket().connect(SERVER), listener.accept()]);
  await network.advance(3000);
  return { a, b };
}

/*
 * A phone has no network for a while, and then another address (RFC 5061). By then its only path is inactive. The ASCONF
 * ACK makes the path active again, since the next heartbeat may be a minute away.
 */
test.each([30, 90, 120, 300, 600])(
  'the only address changes after %d s without a network: data goes on at once',
  async (gapS) => {
    await withTwoStacks(
      async (stacks) => {
        const { network, clientHost } = stacks;
        const { a, b } = await connected(stacks);
        clientHost.addressDown('192.0.2.10');
        await network.advance(gapS * 1000);
        clientHost.addressUp('203.0.113.77/24');
        await network.advance(100); // ASCONF and ASCONF ACK
        expect(a.paths()[0]?.state).toBe('active');
        const before = network.clock.now();
        await a.send('on the road again');
        expect(textOf(await b.receive())).toBe('on the road again');
        expect(network.clock.now() - before).toBeLessThan(100);
        await b.send('welcome');
        expect(textOf(await a.receive())).toBe('welcome');
        expect(network.clock.now() - before).toBeLessThan(1500);
      },
      gapS > 200 ? PATIENT : OPTIONS,
    );
  },
);

test('data that waits while there is no network is sent from the new address', async () => {
  await withTwoStacks(async (stacks) => {
    const { network, clientHost } = stacks;
    const { a, b } = await connected(stacks);
    clientHost.addressDown('192.0.2.10');
    await a.send('waits');
    await network.advance(100_000);
    clientHost.addressUp('203.0.113.77/24');
    const before = network.clock.now();
    expect(textOf(await b.receive())).toBe('waits');
    expect(network.clock.now() - before).toBeLessThan(1500);
  }, OPTIONS);
});

test.each([1, 2])(
  'with %d addresses at each end: an association whose host has no network ends after 5 minutes',
  async (count) => {
    const at = (network: string, host: number) =>
      Array.from({ length: count }, (_, index) => `${network}${index}.${host}`);
    const [own, peer] = [at('10.0.', 1), at('10.0.', 2)];
    const addresses = { client: own, server: peer };
    await withTwoStacks(
      async ({ network, clientHost, client, server }) => {
        const endpoints = peer.map((address) => ({ address, port: 5001 }));
        const listener = server.socket();
        listener.bindx(endpoints);
        listener.listen();
        const a = await client.socket().connectx(endpoints);
        await network.advance(3000);
        for (const address of own) clientHost.addressDown(address);
        const before = network.clock.now();
        await a.send('waits');
        await expect(a.closed).resolves.toMatchObject({ code: 'ETIMEDOUT' });
        const seconds = (network.clock.now() - before) / 1000;
        expect(seconds).toBeGreaterThan(300);
        expect(seconds).toBeLessThan(1200);
      },
      { ...OPTIONS, addresses },
    );
  },
);

test('errors from a time without a network do not count any more when it is back', async () => {
  await withTwoStacks(async (stacks) => {
    const { network, clientHost } = stacks;
    const { a, b } = await connected(stacks);
    clientHost.addressDown('192.0.2.10');
    await a.send('waits');
    await network.advance(150_000); // the RTO has backed off to a minute
    network.link('192.0.2.10', SERVER.address, { loss: 1 });
    clientHost.addressUp('192.0.2.10');
    await network.advance(5000); // the first packets over the new link are lost
    network.link('192.0.2.10', SERVER.address, { loss: 0 });
    expect(textOf(await b.receive())).toBe('waits');
    expect(a.state).toBe('open');
  }, OPTIONS);
});
