import { expect, test } from 'vitest';
import { sctpstat } from '../../src/generated/layouts.js';
import { COUNTERS } from '../../src/socket/stack-statistics.js';
import { all, codeOf, connected, pattern, withTwoStacks } from '../support/two-stacks.js';

/** Counters of struct sctpstat that usrsctp never increments. */
const NEVER_COUNTED = [
  'sctps_cached_chk',
  'sctps_cached_strmoq',
  'sctps_recvexpressm',
  'sctps_send_burst_avoid',
  'sctps_sendauth',
  'sctps_timoearlyfr',
  'sctps_timoiterator',
];
/** Counters of upstream's main, not of the pinned release. The raw API has them. */
const OF_MAIN = ['sctps_recvzerocrc', 'sctps_sendzerocrc'];
/** Fields that are padding or a time. */
const NO_COUNTERS = /spare|reserved|discontinuitytime/;

test('every counter of usrsctp has a name, once', () => {
  const named = Object.values(COUNTERS).flatMap((group) => Object.values(group));
  const counters = Object.keys(sctpstat.fields).filter((field) => !NO_COUNTERS.test(field) && !OF_MAIN.includes(field));
  expect([...named, ...NEVER_COUNTED].sort()).toEqual(counters.sort());
  expect(new Set(named).size).toBe(named.length);
});

test('the counters of a stack start at 0, and count associations, messages and packets', () =>
  withTwoStacks(async (stacks) => {
    const { client, server, network } = stacks;
    for (const group of Object.values(client.statistics())) expect(new Set(Object.values(group))).toEqual(new Set([0]));
    const { a, b } = await connected(stacks);
    expect(client.statistics().associations).toMatchObject({ current: 1, initiated: 1, accepted: 0 });
    expect(server.statistics().associations).toMatchObject({ current: 1, initiated: 0, accepted: 1 });
    await a.send('ordered');
    await a.send('unordered', { unordered: true });
    await a.send(pattern(5000));
    for (let count = 0; count < 3; count++) await b.receive();
    await network.advance(1000);
    const [sent, received] = [client.statistics(), server.statistics()];
    expect(sent.data).toMatchObject({ sent: 7, sentUnordered: 1, fragmented: 1, received: 0 });
    expect(received.data).toMatchObject({ received: 7, reassembled: 1, duplicates: 0, sent: 0 });
    expect(received.control.sacksSent).toBe(sent.control.sacksReceived);
    expect(received.control.sacksSent).toBeGreaterThan(0);
    expect(sent.packets.sent).toBe(received.packets.received);
    expect(received.packets.sent).toBe(sent.packets.received);
    expect(sent.packets.sent + received.packets.sent).toBe(network.trace.count);
    expect(sent.retransmissions.sent).toBe(0);
    await a.close();
    await network.advance(1000);
    expect(client.statistics().associations).toMatchObject({ current: 0, shutDown: 1, aborted: 0 });
    expect(server.statistics().associations).toMatchObject({ current: 0, shutDown: 1, aborted: 0 });
  }));

test('losses, corrupted packets and packets for unknown ports are counted', () =>
  withTwoStacks(async (stacks) => {
    const { client, server, network, clientHost, serverHost } = stacks;
    const { a, b } = await connected(stacks);
    const heal = network.partition(clientHost, serverHost);
    await a.send('lost at first');
    await network.advance(900);
    heal();
    await b.receive();
    expect(client.statistics()).toMatchObject({ timeouts: { data: 1 }, retransmissions: { marked: 1, sent: 1 } });
    network.oneWay(clientHost, serverHost, { corrupt: 1 });
    await a.send('damaged');
    await network.advance(10);
    expect(server.statistics().packets).toMatchObject({ checksumErrors: 1, badChecksum: 1 });
    network.oneWay(clientHost, serverHost, { corrupt: 0 });
    await b.receive();
    expect(await codeOf(client.socket().connect({ address: '10.0.1.2', port: 9 }))).toBe('ECONNREFUSED');
    expect(server.statistics().packets.noPort).toBe(1);
    expect(client.statistics().associations.aborted).toBe(1);
    a.abort();
    expect(client.statistics().associations.aborted).toBe(2);
  }));

test('an association and its paths count bytes in flight, time-outs, retransmissions and round trips', () =>
  withTwoStacks(
    async (stacks) => {
      const { network } = stacks;
      const { a, b } = await connected(stacks);
      const [primary, other] = a.paths().map(({ address }) => address) as [string, string];
      await a.send(pattern(20_000));
      const { cwndBytes } = a.statistics().paths[0]!;
      expect(a.statistics().flightBytes).toBeGreaterThan(1000);
      expect(a.statistics().queuedBytes).toBeGreaterThan(10_000);
      expect(a.statistics().paths[0]?.flightBytes).toBe(a.statistics().flightBytes);
      await b.receive();
      await network.advance(1000);
      const before = a.statistics();
      expect(before).toMatchObject({ flightBytes: 0, queuedBytes: 0, retransmissions: 0, errors: 0 });
      expect(before.peerWindowBytes).toBeGreaterThan(200_000);
      expect(before.paths.map(({ address }) => address)).toEqual([primary, other]);
      expect(before.paths[0]).toMatchObject({ rttMs: 40, retransmissions: 0, flightBytes: 0 });
      expect(before.paths[0]?.cwndBytes).toBeGreaterThan(cwndBytes);
      expect(before.paths[0]?.cwndBytes).toBe(a.paths()[0]?.cwnd);
      expect(before.paths[0]?.srttMs).toBe(a.paths()[0]?.srttMs);
      expect(before.paths[0]?.rtoMs).toBe(a.paths()[0]?.rtoMs);

      const heal = network.partition(primary);
      await a.send(pattern(2000));
      await network.advance(1050);
      const meanwhile = a.statistics();
      expect(meanwhile).toMatchObject({ retransmissions: 2, errors: 1, timeouts: { data: 1, init: 0 } });
      expect(meanwhile.paths[0]).toMatchObject({ retransmissions: 2, errors: 1 });
      expect(meanwhile.paths[0]?.cwndBytes).toBeLessThan(before.paths[0]!.cwndBytes);
      expect(meanwhile.paths[1]).toMatchObject({ retransmissions: 0, errors: 0 });
      expect(meanwhile.paths[0]?.slowStartThresholdBytes).toBeLessThan(before.paths[0]!.slowStartThresholdBytes);
      heal();
      await b.receive();
      await a.send('given up', { reliability: { lifetimeMs: 1 }, stream: 1 });
      await a.close();
      expect(() => a.statistics()).toThrow(/ENOTCONN/);
    },
    { conditions: { latencyMs: 20 } },
  ));

test('abandoned messages are counted', () =>
  withTwoStacks(async (stacks) => {
    const { network, clientHost, serverHost } = stacks;
    const { a, b } = await connected(stacks);
    const heal = network.partition(clientHost, serverHost);
    for (let count = 0; count < 20; count++) await a.send(pattern(1000), { reliability: { lifetimeMs: 100 } });
    await network.advance(3000);
    heal();
    await network.advance(5000);
    const { unsent, sent } = a.statistics().abandoned;
    expect(Number(sent)).toBeGreaterThan(0);
    void a.close();
    expect((await all(b)).length).toBe(20 - Number(unsent + sent));
  }));

test('each association of a one-to-many socket has its own counters', () =>
  withTwoStacks(async (stacks) => {
    const { server } = stacks;
    const listener = server.socket({ style: 'one-to-many' });
    listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
    listener.listen();
    const [one, two] = [stacks.client.socket(), stacks.client.socket()];
    const first = await one.connect({ address: '10.0.1.2', port: 5001 });
    await two.connect({ address: '10.0.1.2', port: 5001 });
    const [a, b] = [await listener.accept(), await listener.accept()];
    await a.send(pattern(3000));
    expect(a.statistics().flightBytes).toBeGreaterThan(2000);
    expect(b.statistics().flightBytes).toBe(0);
    expect(a.statistics().paths.map(({ address }) => address)).toEqual([...first.status().localAddresses].sort());
  }));
