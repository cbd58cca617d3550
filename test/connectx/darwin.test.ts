import { describe, expect, test } from 'vitest';
import {
  at,
  CLIENT,
  exchange,
  listening,
  NOBODY,
  only,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

const [A, B, C] = CLIENT as [string, string, string];

describe.each(STYLES)('Darwin connectx(2), %s', (style) => {
  test('D1: binds and connects in one call', () =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER), { local: [{ address: B, port: 4242 }] });
      expect(socket.localEndpoints).toEqual(at([B], 4242));
      expect(
        only(listener)
          .paths()
          .map(({ address }) => address),
      ).toEqual([B]);
      await exchange(association, only(listener));
      await rejected(client.socket({ style }).connectx(at(SERVER), { local: at([B], 4242) }), 'EADDRINUSE');
    }));

  test('D1: the binding is undone whenever the call fails', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, server }) => {
      const socket = client.socket({ style });
      const local = at([A, B], 4242);
      await rejected(socket.connectx(at(SERVER), { local }), 'ECONNREFUSED');
      expect(socket.localEndpoints).toEqual([]);
      await rejected(socket.connectx(at([NOBODY]), { local, timeoutMs: 100 }), 'ETIMEDOUT');
      await rejected(socket.connectx(at(SERVER), { local: at([A, NOBODY], 4242) }), 'EADDRNOTAVAIL');
      const other = client.socket({ style });
      other.bindx(local); // the port is free again
      await rejected(socket.connectx(at(SERVER), { local }), 'EADDRINUSE');
      await other.close();
      listening(server);
      expect((await socket.connectx(at(SERVER), { local })).state).toBe('open');
      expect(socket.localEndpoints).toEqual(expect.arrayContaining(local));
    }));

  test('D1: local addresses for a bound socket are EINVAL, and it keeps its binding', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      socket.bindx(at([A], 4));
      await rejected(socket.connectx(at(SERVER), { local: at([B], 4) }), 'EINVAL');
      await socket.connectx(at(SERVER));
      expect(socket.localEndpoints).toEqual(at([A], 4));
    }));

  test('D2: all of several source addresses are used for paths', () =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      await client.socket({ style }).connectx(at(SERVER), { local: [{ address: C }, { address: A }] });
      expect(
        only(listener)
          .paths()
          .map(({ address }) => address)
          .sort(),
      ).toEqual([A, C]);
    }));

  test('D3: an interface stands for the transport’s addresses on it', () =>
    withClientAndServer(
      { clientHost: { interfaces: { [A]: 'wifi', [B]: 'lte', [C]: 'lte' } } },
      async ({ client, server }) => {
        const listener = listening(server);
        const socket = client.socket({ style });
        await rejected(socket.connectx(at(SERVER), { interface: 'ethernet' }), 'EADDRNOTAVAIL');
        const association = await socket.connectx(at(SERVER), { interface: 'lte' });
        expect([...association.status().localAddresses].sort()).toEqual([B, C]);
        expect(only(listener).paths()).toHaveLength(2);
        const ipv4 = await client
          .socket({ style, family: 'IPv4' })
          .connectx(at(SERVER.slice(0, 1)), { interface: 'lte' });
        expect(ipv4.status().localAddresses).toEqual([B]);
      },
    ));

  test('D4: an interface with addresses binds their intersection; an empty one is EADDRNOTAVAIL', () =>
    withClientAndServer(
      { clientHost: { interfaces: { [A]: 'wifi', [B]: 'lte', [C]: 'lte' } } },
      async ({ client, server }) => {
        listening(server);
        const socket = client.socket({ style });
        await rejected(socket.connectx(at(SERVER), { interface: 'lte', local: at([A], 0) }), 'EADDRNOTAVAIL');
        await socket.connectx(at(SERVER), { interface: 'lte', local: at([A, B], 33) });
        expect(socket.localEndpoints).toEqual(at([B], 33));
      },
    ));

  test('D5, D6: destinations are an array of at least one endpoint', () =>
    withClientAndServer({}, async ({ client }) => {
      await rejected(client.socket({ style }).connectx([], { local: at([A], 0) }), 'EINVAL');
      await expect(client.socket({ style }).connectx(new Uint8Array(16) as never)).rejects.toThrow(TypeError);
    }));

  test.each([
    ['IPv4', [SERVER[0]!, SERVER[2]!]],
    ['IPv6', [SERVER[2]!, SERVER[0]!]],
  ])('D7: the first one listed is tried first: %s', (_, addresses) =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const { setup } = await client.socket({ style }).connectx(at(addresses));
      expect(setup.tried).toEqual([
        { address: addresses[0], sentAtMs: [0] },
        { address: addresses[1], sentAtMs: [] },
      ]);
    }),
  );

  test('D8: path changes come as events, and from an async iterator that ends with the association', () =>
    withClientAndServer({ stack: { preset: 'fast-failover' } }, async ({ client, server, network }) => {
      listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER.slice(0, 2)));
      const events: string[] = [];
      association.on('path', ({ address, change }) => events.push(`${address} ${change}`));
      const changes = association.pathChanges();
      const heal = network.partition(A, SERVER[0]!);
      await network.advance(5000);
      heal();
      await network.advance(5000);
      association.abort();
      const reported: string[] = [];
      for await (const { address, change } of changes) reported.push(`${address} ${change}`);
      expect(reported).toEqual(events);
      expect(reported).toEqual(
        expect.arrayContaining([`${SERVER[2]} confirmed`, `${SERVER[0]} unreachable`, `${SERVER[0]} available`]),
      );
      expect(await association.pathChanges().next()).toEqual({ done: true, value: undefined });
    }));

  test('D9: paths() and status() return what getconninfo does', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      await network.advance(100);
      const path = {
        state: 'active',
        cwnd: expect.any(Number),
        srttMs: expect.any(Number),
        rtoMs: expect.any(Number),
        mtu: expect.any(Number),
      };
      expect(association.paths()).toEqual(
        SERVER.map((address, index) => ({
          ...path,
          id: index + 1,
          address,
          local: CLIENT[index],
          primary: index === 0,
        })),
      );
      expect(association.status()).toEqual({
        localAddresses: expect.arrayContaining([...CLIENT]),
        localPort: association.localPort,
        remotePort: 5001,
        primary: SERVER[0],
        streams: { inbound: 10, outbound: 10 },
        receiverWindow: expect.any(Number),
        unacknowledged: 0,
        pending: 0,
        fragmentationPoint: expect.any(Number),
      });
    }));

  test('D9: paths() includes the UDP encapsulation port', () =>
    withClientAndServer(
      { clientHost: { encapsulationPort: 9899 }, serverHost: { encapsulationPort: 9899 } },
      async ({ client, server }) => {
        listening(server);
        const association = await client.socket({ style }).connectx(at(SERVER));
        expect(association.paths().map(({ encapsulationPort }) => encapsulationPort)).toEqual([9899, 9899, 9899]);
      },
    ));

  test('D11: a socket lists its associations', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      expect(socket.associations).toEqual([]);
      const association = await socket.connectx(at(SERVER));
      expect(socket.associations).toEqual([association]);
      await association.close();
      expect(socket.associations).toEqual([]);
    }));

  test('D13: an association can be closed or aborted', () =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      const socket = client.socket({ style });
      const first = await socket.connectx(at(SERVER));
      const peer = only(listener);
      await Promise.all([first.close(), peer.closed]);
      const second = await socket.connectx(at(SERVER));
      second.abort('enough');
      expect(await only(listener).closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'enough' }] });
    }));

  test('D15: a one-to-one socket connects once, a one-to-many socket many times', () =>
    withClientAndServer({}, async ({ client, server }) => {
      for (const port of [1, 2, 3]) listening(server, SERVER, port);
      const socket = client.socket({ style });
      await socket.connectx(at(SERVER, 1));
      if (style === 'one-to-one') return void (await rejected(socket.connectx(at(SERVER, 2)), 'EISCONN'));
      await Promise.all([socket.connectx(at(SERVER, 2)), socket.connectx(at(SERVER, 3))]);
      expect(new Set(socket.associations.map(({ id }) => id)).size).toBe(3);
    }));

  test('D16, D17: each path has a fixed id that is unique within its socket', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      for (const port of [1, 2]) listening(server, SERVER, port);
      const socket = client.socket({ style });
      await socket.connectx(at(SERVER, 1));
      if (style === 'one-to-many') await socket.connectx(at(SERVER, 2));
      const ids = () => socket.associations.flatMap((association) => association.paths().map(({ id }) => id));
      const before = ids();
      expect(new Set(before).size).toBe(before.length);
      await network.advance(40_000);
      expect(ids()).toEqual(before);
    }));
});
