import { describe, expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import { connected, dropChunks, finish, transfer } from './fixture.js';

const FAST = { preset: 'fast-failover' } as const;

describe('an address that goes', () => {
  test(
    'and stays away leaves an association that has another one',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      all.hosts.client.addressDown('10.0.1.1');
      await transfer(all.here, all.there, 20);
      await finish(all);
    }),
  );

  test(
    'and comes back after a while carries messages again',
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
    'and comes back at once, in the middle of a transfer, does no harm',
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

  // sctp_asconf_queue_mgmt() takes the request to delete out of the queue again.
  test(
    'and comes back while its ASCONF is lost leaves nothing in memory',
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
    'while the association ends leaves nothing in memory',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { stack: FAST });
      dropChunks(network, all.hosts.client, 'AUTH');
      all.hosts.client.addressDown('10.0.1.1');
      await network.advance(300);
      await finish(all);
    }),
  );

  test(
    'and was the only one leaves nothing in memory, though it could not be deleted',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await connected(network, { client: ['10.0.1.1'], stack: FAST });
      all.hosts.client.addressDown('10.0.1.1');
      const ends = await Promise.all([all.here.send('lost').then(() => all.here.closed), all.there.closed]);
      expect(ends.map((error) => error?.code)).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  // sctp_remove_net() forgets the chunks that are on their way there, and T3-rtx is refused.
  for (const [seed, atMs] of [
    [3, 3],
    [60, 60],
    [110, 110],
  ] as const) {
    test(
      `doesn't hold up the messages that are on their way to it (after ${atMs} ms)`,
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

  // sctp_asconf_timer() gives back a reference to the destination that the ASCONF keeps when there is no other one.
  test(
    'may be deleted by an ASCONF that is sent again often, and to the same address',
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
