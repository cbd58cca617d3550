import { describe, expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import { connected, dropChunks, finish, transfer } from './fixture.js';

const FAST = { preset: 'fast-failover' } as const;

describe('an address that is removed', () => {
  test(
    'permanently does not end an association with another address',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      all.hosts.client.addressDown('10.0.1.1');
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'and later added again carries messages again',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      all.hosts.client.addressDown('10.0.1.1');
      await network.advance(5000);
      all.hosts.client.addressUp('10.0.1.1');
      await network.advance(5000);
      network.partition('10.0.2.2');
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'and added again at once during a transfer causes no loss',
    withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
      const all = await connected(network, { stack: FAST });
      const transfers = Promise.all([transfer(all.here, all.there, 300), transfer(all.there, all.here, 300)]);
      await network.advance(40);
      all.hosts.client.addressDown('10.0.1.1');
      await network.advance(11);
      all.hosts.client.addressUp('10.0.1.1');
      await transfers;
      await finish(all);
    }),
  );

  // sctp_asconf_queue_mgmt() removes the pending delete request from the queue.
  test(
    'and added again while its ASCONF is lost leaks no memory',
    withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
      const all = await connected(network, { stack: FAST });
      const stop = dropChunks(network, all.hosts.client, 'AUTH');
      all.hosts.client.addressDown('10.0.1.1');
      await network.advance(300);
      all.hosts.client.addressUp('10.0.1.1');
      await network.advance(20);
      stop();
      await finish(all);
    }),
  );

  test(
    'while the association ends leaks no memory',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      dropChunks(network, all.hosts.client, 'AUTH');
      all.hosts.client.addressDown('10.0.1.1');
      await network.advance(300);
      await finish(all);
    }),
  );

  test(
    'and was the only one leaks no memory, although it could not be deleted',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { client: ['10.0.1.1'], stack: FAST });
      all.hosts.client.addressDown('10.0.1.1');
      const ends = await Promise.all([all.here.send('lost').then(() => all.here.closed), all.there.closed]);
      expect(ends.map((error) => error?.code)).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  // sctp_remove_net() drops the chunks in flight to the address, and T3-rtx is not started.
  for (const [seed, atMs] of [
    [3, 3],
    [60, 60],
    [110, 110],
  ] as const) {
    test(
      `does not delay the messages in flight to it (after ${atMs} ms)`,
      withNetwork({ seed, conditions: { latencyMs: 20, loss: 0.05 } }, async (network) => {
        const all = await connected(network, { stack: FAST });
        const transfers = Promise.all([transfer(all.here, all.there, 300), transfer(all.there, all.here, 300)]);
        await network.advance(atMs);
        const goneAtMs = network.clock.now();
        all.hosts.client.addressDown('10.0.1.1');
        await transfers;
        expect(network.clock.now() - goneAtMs).toBeLessThan(5000);
        await finish(all);
      }),
    );
  }

  // sctp_asconf_timer() releases a reference to the destination that the ASCONF keeps if there is no other destination.
  test(
    'can be deleted by an ASCONF that is retransmitted many times to the same address',
    withNetwork({ seed: 1 }, async (network) => {
      const timers = { associationRetransmits: 100 };
      const all = await connected(network, { stack: { ...FAST, timers } });
      network.partition('10.0.2.2');
      const stop = dropChunks(network, all.hosts.client, 'AUTH');
      all.hosts.client.addressDown('10.0.2.1');
      await network.advance(60_000);
      stop();
      await network.advance(60_000);
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );
});
