import { describe, expect, test } from 'vitest';
import type { TestNetwork } from '../../src/testing.js';
import { withNetwork } from '../../src/testing.js';
import {
  type Connected,
  connected,
  dropAllBut,
  dropChunks,
  endpoints,
  finish,
  numbered,
  receiveAll,
  rig,
  SERVER,
  sendAll,
  transfer,
  upTo,
} from './fixture.js';

const FAST = { preset: 'fast-failover' } as const;

describe('restart', () => {
  test(
    'a client that restarts during a transfer gets a new association, and the server reports the restart',
    withNetwork({ seed: 1 }, async (network) => {
      const { hosts, socket, listener, there, here } = await connected(network, { stack: FAST });
      const local = socket.localEndpoints;
      const events: string[] = [];
      there.on('restart', () => events.push('restart'));
      const sending = sendAll(here, 1000).catch(() => undefined);
      const received = await receiveAll(there, 50);
      expect(received).toEqual(upTo(50));
      hosts.client.crash();
      socket.abort();
      await sending;
      hosts.client.restart();
      const reborn = await network.stack(hosts.client, FAST);
      const again = reborn.socket();
      again.bindx(local); // the same port; otherwise it would be another association
      const fresh = await again.connectx(endpoints(SERVER));
      await fresh.send(numbered(7777));
      let last = -1;
      while (last !== 7777) [last = -1] = await receiveAll(there, 1);
      expect(events).toEqual(['restart']);
      await Promise.all([fresh.close(), there.closed]);
      await Promise.all([again.close(), listener.close()]);
    }),
  );

  test(
    'a server that restarts during a transfer answers with ABORT, and the client connects again',
    withNetwork({ seed: 1 }, async (network) => {
      const { hosts, socket, there, here, listener } = await connected(network, { stack: FAST });
      const sending = sendAll(here, 1000).catch((error) => error.code);
      await receiveAll(there, 50);
      hosts.server.crash();
      listener.abort();
      hosts.server.restart();
      const reborn = await network.stack(hosts.server, FAST);
      const again = reborn.socket({ style: 'one-to-many' });
      again.bindx(endpoints(SERVER));
      again.listen();
      expect((await here.closed)?.code).toBe('ECONNRESET');
      expect(await sending).toBe('ECONNRESET');
      const [fresh, accepted] = await Promise.all([socket.connectx(endpoints(SERVER)), again.accept()]);
      await transfer(fresh, accepted, 20);
      await finish({ here: fresh, there: accepted, socket, listener: again });
    }),
  );
});

/** A state of the client's end, and how to bring the association into it. */
interface State {
  readonly name: string;
  arrange(all: Connected, network: TestNetwork): Promise<void>;
}

const STATES: readonly State[] = [
  { name: 'ESTABLISHED', arrange: async () => {} },
  {
    name: 'SHUTDOWN-PENDING',
    arrange: async ({ hosts, here }, network) => {
      dropChunks(network, hosts.client, 'DATA');
      await here.send('never arrives');
      here.close().catch(() => undefined);
      await network.advance(10);
    },
  },
  {
    name: 'SHUTDOWN-SENT',
    arrange: async ({ hosts, here }, network) => {
      dropChunks(network, hosts.client, 'SHUTDOWN');
      here.close().catch(() => undefined);
      await network.advance(10);
    },
  },
  {
    name: 'SHUTDOWN-RECEIVED',
    arrange: async ({ hosts, here, there }, network) => {
      dropChunks(network, hosts.client, 'DATA');
      await here.send('never arrives');
      there.close().catch(() => undefined);
      await network.advance(10);
    },
  },
  {
    name: 'SHUTDOWN-ACK-SENT',
    arrange: async ({ hosts, there }, network) => {
      dropChunks(network, hosts.client, 'SHUTDOWN ACK');
      there.close().catch(() => undefined);
      await network.advance(10);
    },
  },
];

describe('ABORT', () => {
  for (const { name, arrange } of STATES) {
    for (const who of ['client', 'server'] as const) {
      test(
        `by the ${who} while the client is in ${name} ends both ends`,
        withNetwork({ seed: 1 }, async (network) => {
          const all = await connected(network);
          await arrange(all, network);
          const began = network.clock.now();
          if (who === 'client') all.here.abort('enough');
          else all.there.abort('enough');
          const ends = await Promise.all([all.here.closed, all.there.closed]);
          expect(network.clock.now() - began).toBeLessThan(1);
          expect(ends.map((error) => error?.code)).toEqual(['ECONNRESET', 'ECONNRESET']);
          const survivor = ends[who === 'client' ? 1 : 0];
          expect(survivor?.message).toContain('enough');
          await Promise.all([all.socket.close(), all.listener.close()]);
        }),
      );
    }
  }

  test(
    'by the client in COOKIE-WAIT leaves no association at either end',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await rig(network);
      dropChunks(network, all.hosts.server, 'INIT ACK');
      const giving = new AbortController();
      const connecting = all.socket.connectx(endpoints(SERVER), { signal: giving.signal });
      await network.advance(500);
      giving.abort(new Error('enough'));
      await expect(connecting).rejects.toThrow('enough');
      await network.advance(100_000);
      expect(all.listener.associations).toEqual([]);
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  test(
    'by the server in COOKIE-WAIT is ECONNREFUSED',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await rig(network);
      await expect(all.socket.connectx(endpoints(SERVER, 9))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  test(
    'by the client in COOKIE-ECHOED ends the server’s association at its next packet',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await rig(network);
      const stop = dropAllBut(network, all.hosts.server, 'INIT ACK');
      const giving = new AbortController();
      const connecting = all.socket.connectx(endpoints(SERVER), { signal: giving.signal });
      const there = await all.listener.accept();
      await network.advance(1);
      giving.abort(new Error('enough'));
      await expect(connecting).rejects.toThrow('enough');
      stop();
      // usrsctp sends no ABORT in its "front states", but answers the server's next packet with one.
      expect((await there.closed)?.code).toBe('ECONNRESET');
      expect(network.clock.now()).toBeLessThan(40_000);
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  test(
    'by the server in COOKIE-ECHOED is ECONNRESET',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await rig(network);
      dropAllBut(network, all.hosts.server, 'INIT ACK', 'ABORT');
      const connecting = all.socket.connectx(endpoints(SERVER));
      connecting.catch(() => undefined);
      (await all.listener.accept()).abort('enough');
      await expect(connecting).rejects.toMatchObject({
        code: 'ECONNRESET',
        message: expect.stringContaining('enough'),
      });
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );

  // A HEARTBEAT ends COOKIE-ECHOED as a COOKIE ACK does: the association is up and ended within one batch.
  test(
    'that arrives together with the chunk that ends COOKIE-ECHOED is ECONNRESET and throws nothing',
    withNetwork({ seed: 1 }, async (network) => {
      const all = await rig(network);
      dropChunks(network, all.hosts.server, 'COOKIE ACK');
      const connecting = all.socket.connectx(endpoints(SERVER)).then(
        (association) => association.closed,
        (error) => error,
      );
      (await all.listener.accept()).abort('enough');
      expect(await connecting).toMatchObject({ code: 'ECONNRESET' });
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );
});
