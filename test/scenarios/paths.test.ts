import { describe, expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import {
  CLIENT,
  connected,
  countChunks,
  dropChunks,
  endpoints,
  finish,
  receiveAll,
  rig,
  SERVER,
  sendAll,
  transfer,
  upTo,
} from './fixture.js';

const FAST = { preset: 'fast-failover' } as const;

describe('paths that fail', () => {
  test(
    'an association is set up although the first address of the peer is dead',
    withNetwork({ seed: 1 }, async (network) => {
      network.partition('10.0.1.2');
      const all = await connected(network);
      expect(all.here.setup.confirmed).toEqual(SERVER);
      expect(all.here.setup.tried.map(({ sentAtMs }) => sentAtMs.length)).toEqual([1, 1]);
      expect(all.here.setup.elapsedMs).toBeLessThan(1100);
      network.heal();
      await finish(all);
    }),
  );

  test(
    'messages survive the loss of their primary path',
    withNetwork({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
      const all = await connected(network, { stack: FAST });
      const arriving = receiveAll(all.there, 200);
      await sendAll(all.here, 100);
      network.partition('10.0.1.2');
      const cutAtMs = network.clock.now();
      await sendAll(all.here, 100);
      expect(await arriving).toEqual([...upTo(100), ...upTo(100)]);
      expect(network.clock.now() - cutAtMs).toBeLessThan(2000);
      await network.advance(5000);
      expect(all.here.paths().map(({ state }) => state)).toEqual(['inactive', 'active']);
      await finish(all);
    }),
  );

  test.each([
    ['IPv4 to IPv6', ['10.0.1.1', 'fd00:2::1'], ['10.0.1.2', 'fd00:2::2']],
    ['IPv6 to IPv4', ['fd00:1::1', '10.0.2.1'], ['fd00:1::2', '10.0.2.2']],
  ])('no packet is too large when large messages go from %s', (_, client, server) =>
    withNetwork({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
      const all = await connected(network, { stack: FAST, client, server });
      const arriving = receiveAll(all.there, 20);
      const sending = sendAll(all.here, 20, 60_000);
      await network.advance(100);
      network.partition(server[0]!);
      await Promise.all([sending, arriving]);
      expect(await arriving).toEqual(upTo(20));
      expect(network.trace.entries().filter(({ outcome }) => outcome === 'too big')).toEqual([]);
      expect(all.here.paths().map(({ mtu }) => mtu)).toEqual([1448, 1448]);
      await finish(all);
    })(),
  );

  test(
    'no packet is too large when the peer has an address of the other family without a route',
    withNetwork({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
      const families = { client: ['fd00:1::1'], server: ['fd00:1::2', '10.0.1.2'] };
      const all = await connected(network, { stack: FAST, ...families });
      expect(all.here.paths().map(({ mtu }) => mtu)).toEqual([1228, 1228]);
      const arriving = receiveAll(all.there, 20);
      const sending = sendAll(all.here, 20, 60_000);
      await network.advance(100);
      const heal = network.partition('fd00:1::2');
      await network.advance(1000);
      heal();
      await sending;
      expect(await arriving).toEqual(upTo(20));
      expect(network.trace.entries().filter(({ outcome }) => outcome === 'too big')).toEqual([]);
      await finish(all);
    }),
  );

  test(
    'a partition that heals before the association ends causes no loss and no duplicate',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      const sending = transfer(all.here, all.there, 300);
      await network.advance(2);
      const heal = network.partition(all.hosts.client, all.hosts.server);
      await network.advance(3000);
      heal();
      await sending;
      await finish(all);
    }),
  );

  test(
    'heartbeats restore a path that heals',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      const changes: string[] = [];
      all.here.on('path', ({ address, change }) => changes.push(`${address} ${change}`));
      const heal = network.partition('10.0.2.2');
      await network.advance(10_000);
      expect(all.here.paths()[1]?.state).toBe('inactive');
      heal();
      await network.advance(10_000);
      expect(all.here.paths()[1]?.state).toBe('active');
      expect(changes).toEqual(['10.0.2.2 unreachable', '10.0.2.2 available']);
      await finish(all);
    }),
  );

  test(
    'when every path is dead, both ends report it',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      network.partition(all.hosts.client, all.hosts.server);
      await all.here.send('lost');
      await all.there.send('lost');
      const ends = await Promise.all([all.here.closed, all.there.closed]);
      expect(ends.map((error) => error?.code)).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );
});

describe('lists of addresses', () => {
  test(
    'a peer that lists fewer addresses has paths for those only',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { bound: ['10.0.1.2'], peers: SERVER });
      expect(all.here.setup).toMatchObject({ confirmed: ['10.0.1.2'], dropped: ['10.0.2.2'], added: [] });
      expect(all.here.paths().map(({ address }) => address)).toEqual(['10.0.1.2']);
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'additional addresses that a peer lists are added, and carry messages once they are confirmed',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { peers: ['10.0.1.2'], stack: FAST });
      expect(all.here.setup).toMatchObject({ confirmed: ['10.0.1.2'], dropped: [], added: ['10.0.2.2'] });
      await network.advance(1000);
      network.partition('10.0.1.2');
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'twelve addresses at each end make twelve paths, and one working path is enough',
    withNetwork({ seed: 1 }, async (network) => {
      const client = upTo(12).map((index) => `10.0.${index}.1`);
      const server = upTo(12).map((index) => `10.0.${index}.2`);
      // Each dead path causes up to three timeouts; more than Association.Max.Retrans of them end the association.
      const timers = { associationRetransmits: 100 };
      const all = await connected(network, { client, server, stack: { ...FAST, timers } });
      await network.advance(5000);
      expect(all.here.paths().map(({ address }) => address)).toEqual(server);
      expect(all.here.paths().every(({ state }) => state === 'active')).toBe(true);
      network.partition(server.slice(0, 11));
      network.partition(client.slice(0, 11));
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'the twelfth listed address is tried when the eleven before it are dead',
    withNetwork({ seed: 1 }, async (network) => {
      const server = upTo(12).map((index) => `10.0.${index}.2`);
      network.partition(server.slice(0, 11));
      const all = await connected(network, { client: ['10.0.11.1/16'], server });
      expect(all.here.setup.tried.map(({ sentAtMs }) => sentAtMs.length)).toEqual(upTo(12).map(() => 1));
      await finish(all);
    }),
  );

  test(
    'the twelfth listed address is also tried with fast failover',
    withNetwork({ seed: 1 }, async (network) => {
      const server = upTo(12).map((index) => `10.0.${index}.2`);
      network.partition(server.slice(0, 11));
      await finish(await connected(network, { client: ['10.0.11.1/16'], server, stack: FAST }));
    }),
  );

  test(
    'with fast failover, a lost INIT does not fail the attempt, as HEARTBEATs start only with the association',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await rig(network, { stack: FAST });
      const stop = dropChunks(network, all.hosts.server, 'INIT ACK');
      const accepting = all.listener.accept();
      const connecting = all.socket.connectx(endpoints(SERVER));
      await network.advance(1900);
      stop();
      const [here, there] = await Promise.all([connecting, accepting]);
      expect(countChunks(network, all.hosts.client, 'INIT')).toBeGreaterThan(3);
      network.partition('10.0.1.2');
      await transfer(here, there, 20);
      expect(network.clock.now()).toBeLessThan(3500);
      await finish({ ...all, here, there });
    }),
  );

  test(
    'IPv4 and IPv6 addresses can be paths of one association',
    withNetwork({ seed: 1 }, async (network) => {
      const [client, server] = [
        ['10.0.1.1', 'fd00:1::1'],
        ['10.0.1.2', 'fd00:1::2'],
      ] as const;
      const all = await connected(network, { client, server, stack: FAST });
      expect(all.here.setup.confirmed).toEqual(server);
      network.partition('10.0.1.2');
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );
});

describe('NAT', () => {
  const BEHIND = { client: ['192.168.0.1'], server: ['203.0.113.5'], encapsulationPort: 9899 };

  test(
    'an association continues when a NAT assigns it another port',
    withNetwork({ seed: 1 }, async (network) => {
      const nat = network.nat({ inside: '192.168.0.1', outside: '203.0.113.1' });
      const all = await connected(network, { ...BEHIND, stack: FAST });
      await transfer(all.here, all.there, 10);
      nat.rebind();
      await transfer(all.here, all.there, 10);
      await transfer(all.there, all.here, 10);
      const ports = new Set(network.trace.entries().map(({ sourcePort }) => sourcePort));
      expect(ports.size).toBe(3);
      await finish(all);
    }),
  );

  test(
    'after a NAT lost its mapping, the heartbeats of the peer behind it restore the path',
    withNetwork({ seed: 1 }, async (network) => {
      const nat = network.nat({ inside: '192.168.0.1', outside: '203.0.113.1' });
      const all = await connected(network, { ...BEHIND, stack: FAST });
      nat.rebind();
      await transfer(all.there, all.here, 10);
      await finish(all);
    }),
  );
});

test(
  'two ends that connect at the same time get one association',
  withNetwork({ seed: 1, conditions: { latencyMs: 20 } }, async (network) => {
    const hosts = [network.host('left', CLIENT), network.host('right', SERVER)] as const;
    const [left, right] = [await network.stack(hosts[0]), await network.stack(hosts[1])];
    const sockets = [left.socket({ style: 'one-to-many' }), right.socket({ style: 'one-to-many' })] as const;
    sockets[0].bindx(endpoints(CLIENT));
    sockets[1].bindx(endpoints(SERVER));
    const [here, there] = await Promise.all([
      sockets[0].connectx(endpoints(SERVER)),
      sockets[1].connectx(endpoints(CLIENT)),
    ]);
    expect([countChunks(network, hosts[0], 'INIT'), countChunks(network, hosts[1], 'INIT')]).toEqual([1, 1]);
    expect(sockets.map(({ associations }) => associations.length)).toEqual([1, 1]);
    await Promise.all([transfer(here, there, 10), transfer(there, here, 10)]);
    await Promise.all([here.close(), there.closed]);
    await Promise.all(sockets.map((socket) => socket.close()));
  }),
);

test(
  'a lost COOKIE ECHO is retransmitted',
  withNetwork({ seed: 1 }, async (network) => {
    const all = await rig(network);
    const stop = dropChunks(network, all.hosts.client, 'COOKIE ECHO');
    const connecting = all.socket.connectx(endpoints(SERVER));
    await network.advance(500);
    stop();
    const [here, there] = await Promise.all([connecting, all.listener.accept()]);
    expect(countChunks(network, all.hosts.client, 'COOKIE ECHO')).toBe(2);
    await finish({ ...all, here, there });
  }),
);
