import { describe, expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import { connected, countChunks, dropChunks, endpoints, finish, rig, transfer } from './fixture.js';

const FAST = { preset: 'fast-failover' } as const;
const SLOW = { conditions: { latencyMs: 20 } };

// wasm/fixes/late_packets.c: upstream treats them as out of the blue, and its ABORT for them ends the association.
describe('late packets', () => {
  test(
    'from an address that their sender has deleted meanwhile are processed',
    withNetwork({ seed: 1, ...SLOW }, async (network) => {
      const all = await connected(network, { stack: FAST });
      const release = network.hold('10.0.1.1', '10.0.1.2');
      await all.here.send('late');
      all.hosts.client.addressDown('10.0.1.1');
      await network.advance(200);
      expect(all.there.paths().map(({ address }) => address)).toEqual(['10.0.2.1']);
      release();
      await transfer(all.here, all.there, 0);
      expect((await all.there.receive())?.data.length).toBe(4);
      await network.advance(200);
      expect(countChunks(network, all.hosts.server, 'ABORT')).toBe(0);
      await finish(all);
    }),
  );

  for (const [who, mover] of [
    ['their sender', 'here'],
    ['their receiver', 'there'],
  ] as const) {
    test(
      `after ${who} has removed an address during a transfer and added it again cause no loss`,
      withNetwork({ seed: 1, conditions: { latencyMs: 20, jitterMs: 10, rateBps: 2e7 } }, async (network) => {
        const { socket, listener, hosts } = await rig(network, { stack: FAST });
        socket.bindx(endpoints(hosts.client.addresses, 0));
        const accepting = listener.accept();
        const here = await socket.connectx(endpoints(hosts.server.addresses));
        const there = await accepting;
        const transfers = Promise.all([transfer(here, there, 300), transfer(there, here, 300)]);
        const [moving, address] = mover === 'here' ? [socket, '10.0.1.1'] : [listener, '10.0.1.2'];
        for (let time = 0; time < 5; time++) {
          await network.advance(50);
          moving.removeLocal([{ address }]);
          await network.advance(5);
          moving.addLocal([{ address }]);
        }
        await transfers;
        await finish({ here, there, socket, listener });
      }),
    );
  }

  test(
    'from an address that the peer never had are answered with ABORT, as after a NAT lost its mapping',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { client: ['10.0.1.1'], server: ['10.0.1.2'], stack: FAST });
      network.filter((packet, from) => (from === all.hosts.client ? { ...packet, source: '10.0.1.7' } : packet));
      await all.here.send('who is that?');
      await network.advance(10);
      expect(countChunks(network, all.hosts.server, 'ABORT')).toBe(1);
      all.here.abort();
      all.there.abort();
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );
});

// wasm/fixes/readded_addresses.c
describe('an address that is removed and added again', () => {
  test(
    'before the peer learned of its removal is used at once if it is the only usable one',
    withNetwork({ seed: 1, ...SLOW }, async (network) => {
      const families = { client: ['10.0.1.1', 'fd00:2::1'], server: ['10.0.1.2'] };
      const all = await connected(network, { ...families, stack: FAST });
      all.hosts.client.addressDown('10.0.1.1');
      await network.advance(100);
      all.hosts.client.addressUp('10.0.1.1');
      await transfer(all.here, all.there, 20);
      expect(network.clock.now()).toBeLessThan(3000);
      await finish(all);
    }),
  );

  test(
    'repeatedly while ASCONF requests are outstanding is used again, even if it was the only one',
    withNetwork({ seed: 1, ...SLOW }, async (network) => {
      const all = await connected(network, { client: ['10.0.1.1'], server: ['10.0.1.2'], stack: FAST });
      const { client } = all.hosts;
      client.addressUp('10.0.1.9');
      await network.advance(100);
      const stop = dropChunks(network, client, 'AUTH');
      client.addressDown('10.0.1.9');
      for (let time = 0; time < 2; time++) {
        client.addressDown('10.0.1.1');
        await network.advance(20);
        client.addressUp('10.0.1.1');
        await network.advance(10);
      }
      stop();
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'is not deleted when another address is added',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { client: ['10.0.1.1'], stack: FAST });
      const { client } = all.hosts;
      client.addressDown('10.0.1.1');
      await network.advance(100);
      client.addressUp('10.0.1.1');
      await network.advance(100);
      client.addressUp('10.0.2.1');
      await network.advance(100);
      expect(all.there.paths().map(({ address }) => address)).toEqual(['10.0.1.1', '10.0.2.1']);
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'is the source address of its path again if a socket is bound to it explicitly',
    withNetwork({ seed: 1, ...SLOW }, async (network) => {
      const all = await connected(network, { stack: FAST });
      all.hosts.server.addressDown('10.0.1.2');
      await network.advance(100);
      all.hosts.server.addressUp('10.0.1.2');
      await network.advance(5000);
      await transfer(all.there, all.here, 20);
      expect(all.there.paths().map(({ local }) => local)).toEqual(all.hosts.server.addresses.toSorted());
      await finish(all);
    }),
  );
});
