import { describe, expect, test } from 'vitest';
import { Socket } from '../../src/socket/socket.js';
import {
  at,
  CLIENT,
  cut,
  exchange,
  failureOf,
  initsOf,
  listening,
  NOBODY,
  only,
  PORT,
  packetsWith,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

describe.each(STYLES)('FreeBSD sctp_connectx(3), %s', (style) => {
  test('F1: connectx starts an association to an SCTP peer', () =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      expect(association.state).toBe('open');
      await exchange(association, only(listener));
    }));

  test('F2: it works like connect: its promise resolves when the association is up', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const one = await client.socket({ style }).connectx(at(SERVER.slice(0, 1)));
      const two = await client.socket({ style }).connect(at(SERVER)[0]!);
      expect(packetsWith(network, 'COOKIE ACK')).toHaveLength(2);
      for (const association of [one, two]) expect(association.setup.tried).toMatchObject([{ address: SERVER[0] }]);
    }));

  test.each([
    ['IPv4', SERVER.slice(0, 2)],
    ['IPv6', SERVER.slice(2)],
    ['both', SERVER],
  ])('F3: several destination addresses, %s: all of them become paths', (_, addresses) =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server, addresses);
      const association = await client.socket({ style }).connectx(at(addresses));
      expect(association.paths().map(({ address }) => address)).toEqual(addresses);
    }),
  );

  test('F3: different ports are EINVAL; duplicate addresses collapse, even in different notations', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const socket = client.socket({ style });
      const unequal = [...at(SERVER.slice(0, 1)), ...at(SERVER.slice(1), PORT + 1)];
      expect(await rejected(socket.connectx(unequal), 'EINVAL')).toMatchObject({ port: PORT + 1 });
      expect(network.trace.count).toBe(0);
      const spelt = ['10.0.1.2', '::ffff:10.0.1.2', '2001:DB8:3:0::2', '2001:db8:3::2'];
      const { setup } = await socket.connectx(at(spelt));
      expect(setup.tried.map(({ address }) => address)).toEqual(['10.0.1.2', '2001:db8:3::2']);
    }));

  test.each([
    ['IPv4', SERVER.slice(0, 2)],
    ['IPv6 after IPv4', SERVER.slice(1)],
    ['IPv4 after IPv6', [SERVER[2]!, SERVER[0]!]],
  ])('F4: when the first address is dead the next one is used: %s', (_, addresses) =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      cut(network, addresses[0]!);
      const { setup } = await client.socket({ style }).connectx(at(addresses));
      expect(initsOf(network)).toEqual(addresses);
      expect(setup.tried.map(({ sentAtMs }) => sentAtMs)).toEqual([[0], [expect.closeTo(1000, -1)]]);
      expect(setup.elapsedMs).toBeLessThan(1010);
    }),
  );

  test('F4: every listed address is tried, even the fifteenth', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, server }) => {
      listening(server, SERVER.slice(0, 1));
      const dead = Array.from({ length: 14 }, (_, index) => `10.0.1.${100 + index}`);
      const { setup } = await client.socket({ style }).connectx(at([...dead, SERVER[0]!]));
      expect(setup.confirmed).toEqual(SERVER.slice(0, 1));
      expect(setup.tried.every(({ sentAtMs }) => sentAtMs.length > 0)).toBe(true);
    }));

  test('F5: listed addresses are confirmed from the start', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      expect(association.setup).toMatchObject({ confirmed: SERVER, dropped: [], added: [] });
      expect(association.paths().map(({ state }) => state)).toEqual(['active', 'active', 'active']);
    }));

  test('F6: a listed address needs no HEARTBEAT to be confirmed; an address that the peer added does', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER.slice(0, 2)));
      expect(association.setup.added).toEqual(SERVER.slice(2));
      expect(association.paths().find(({ address }) => address === SERVER[2])?.state).toBe('unconfirmed');
      await network.advance(500);
      const heartbeats = packetsWith(network, 'HEARTBEAT').filter(({ from }) => from === 'client');
      expect(heartbeats.map(({ destination }) => destination)).toEqual([SERVER[2]]);
      expect(association.paths().find(({ address }) => address === SERVER[2])?.state).toBe('active');
      await network.advance(60_000);
      const later = packetsWith(network, 'HEARTBEAT').filter(({ from }) => from === 'client');
      expect(new Set(later.map(({ destination }) => destination))).toEqual(new Set(SERVER));
    }));

  test('F7: listed addresses that INIT ACK does not contain are dropped and reported', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server, SERVER.slice(0, 1));
      const association = await client.socket({ style }).connectx(at([SERVER[0]!, SERVER[1]!, NOBODY]));
      expect(association.setup).toMatchObject({ confirmed: [SERVER[0]], dropped: [SERVER[1], NOBODY], added: [] });
      expect(association.paths().map(({ address }) => address)).toEqual([SERVER[0]]);
    }));

  test('F8: the association has an id', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER));
      expect(association.id).toBeGreaterThan(0);
      expect(only(socket)).toBe(association);
    }));

  test('F9: success resolves with the result, failure rejects with an SctpError', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const { setup } = await client.socket({ style }).connectx(at(SERVER));
      expect(setup.streams).toEqual({ inbound: 10, outbound: 10 });
      expect(setup.features).toEqual(
        expect.arrayContaining(['partial reliability', 'authentication', 'dynamic addresses', 'reconfiguration']),
      );
      expect(setup.elapsedMs).toBeCloseTo(0.5);
      const error = await rejected(client.socket({ style }).connectx(at(SERVER, 9)), 'ECONNREFUSED');
      expect(error).toMatchObject({ syscall: 'connectx', address: SERVER[0], port: 9 });
      const [first, ...others] = SERVER;
      expect(error.attempts).toEqual([
        { address: first, sentAtMs: [0], answer: 'ABORT' },
        ...others.map((address) => ({ address, sentAtMs: [] })),
      ]);
    }));

  test('F10: an empty list or an invalid address is EINVAL', () =>
    withClientAndServer({}, async ({ client }) => {
      const socket = client.socket({ style });
      await rejected(socket.connectx([]), 'EINVAL');
      for (const address of ['', 'localhost', '10.0.1', '10.0.1.2.3', 'fe80::1%eth0', 5 as unknown as string]) {
        await rejected(socket.connectx(at([address])), 'EINVAL');
      }
      await expect(socket.connectx(undefined as never)).rejects.toThrow(TypeError);
      await expect(socket.connectx([undefined] as never)).rejects.toThrow(TypeError);
    }));

  test.each([
    [127, (index: number) => `10.1.0.${index}`],
    [73, (index: number) => `2001:db8:9::${(index + 1).toString(16)}`],
  ])('F11: more than %d addresses are E2BIG, so many are tried', (most, address) =>
    withClientAndServer({}, async ({ client, network }) => {
      const list = at(Array.from({ length: most + 1 }, (_, index) => address(index)));
      await rejected(client.socket({ style }).connectx(list), 'E2BIG');
      expect(network.trace.count).toBe(0);
      const error = await rejected(
        client.socket({ style }).connectx(list.slice(0, most), { timeoutMs: 5 }),
        'ETIMEDOUT',
      );
      expect(error.attempts).toHaveLength(most);
      expect(network.trace.count).toBe(1);
    }),
  );

  test('F12: every call on a closed socket fails with EBADF', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER));
      await socket.close();
      await rejected(socket.connectx(at(SERVER)), 'EBADF');
      await rejected(socket.connect(at(SERVER)[0]!), 'EBADF');
      await rejected(socket.accept(), 'EBADF');
      const calls = [
        () => socket.bindx(at(CLIENT, 0)),
        () => socket.listen(),
        () => socket.addLocal([]),
        () => socket.removeLocal([]),
        () => socket.peeloff(association),
      ];
      for (const call of calls) expect(call).toThrowError(expect.objectContaining({ code: 'EBADF' }));
    }));

  test('F13: a call on something other than a socket throws a TypeError with code ENOTSOCK', () =>
    withClientAndServer({}, async ({ client }) => {
      const { connectx, connect } = Socket.prototype;
      for (const it of [undefined, {}, client, Object.create(Socket.prototype)] as Socket[]) {
        for (const call of [() => connectx.call(it, at(SERVER)), () => connect.call(it, at(SERVER)[0]!)]) {
          const error = await failureOf(call());
          expect(error).toBeInstanceOf(TypeError);
          expect(error).toMatchObject({ code: 'ENOTSOCK' });
        }
      }
    }));

  test('F14: RFC 6458 §9.9: one attempt covers the whole list, the first address gives the port, the id is available at once', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER), { wait: false });
      expect(association).toMatchObject({ state: 'connecting', id: expect.any(Number) });
      expect(association.paths().map(({ address }) => address)).toEqual(SERVER);
      expect(await association.ready).toBe(association);
    }));
});
