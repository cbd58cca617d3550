import { describe, expect, test } from 'vitest';
import {
  at,
  CLIENT,
  exchange,
  failureOf,
  listening,
  NOBODY,
  only,
  PORT,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

describe.each(STYLES)('Linux lksctp sctp_connectx(3), %s', (style) => {
  test('L1: initiates a connection to a set of addresses', () =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      await exchange(association, only(listener));
    }));

  test.each([
    ['L2: an IPv4 socket', 'IPv4', SERVER.slice(0, 2)],
    ['L3: an IPv6-only socket', 'IPv6', SERVER.slice(2)],
    ['L3: an IPv6 socket', 'any', SERVER],
  ] as const)('%s takes these addresses, and uses local ones of that family', (_, family, addresses) =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      const association = await client.socket({ style, family }).connectx(at(addresses));
      expect(association.setup.confirmed).toEqual(addresses);
      const isOfFamily = (address: string) => family === 'any' || (family === 'IPv6') === address.includes(':');
      const paths = only(listener)
        .paths()
        .map(({ address }) => address);
      expect(paths.sort()).toEqual(CLIENT.filter(isOfFamily).sort());
      expect([...association.status().localAddresses].sort()).toEqual(CLIENT.filter(isOfFamily).sort());
    }),
  );

  test('L4, L5: a list has one address or many, and may mix IPv4 and IPv6', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const mixed = [SERVER[2]!, SERVER[0]!, SERVER[1]!];
      expect((await client.socket({ style }).connectx(at(mixed))).setup.confirmed).toEqual(mixed);
      expect((await client.socket({ style }).connectx(at(mixed.slice(0, 1)))).setup.tried).toHaveLength(1);
    }));

  test('L6: the caller may ignore the association id', () =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      const socket = client.socket({ style });
      await socket.connectx(at(SERVER));
      await exchange(only(socket), only(listener));
    }));

  test('L7: success resolves, failure rejects with a POSIX code', () =>
    withClientAndServer({}, async ({ client, server }) => {
      await rejected(client.socket({ style }).connectx(at(SERVER)), 'ECONNREFUSED');
      listening(server);
      await client.socket({ style }).connectx(at(SERVER));
    }));

  test('L8: EBADF for a closed socket, ENOTSOCK for something other than a socket', () =>
    withClientAndServer({}, async ({ client }) => {
      const socket = client.socket({ style });
      const { connectx } = socket;
      await socket.close();
      await rejected(socket.connectx(at(SERVER)), 'EBADF');
      expect(await failureOf(connectx(at(SERVER)))).toMatchObject({ name: 'TypeError', code: 'ENOTSOCK' });
    }));

  test('L9: EFAULT for a detached buffer', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      const data = new ArrayBuffer(8);
      structuredClone(data, { transfer: [data] });
      await rejected(association.send(data), 'EFAULT');
    }));

  test('L10: an invalid port or address is EINVAL anywhere in the list', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const socket = client.socket({ style });
      for (const last of [
        { address: SERVER[1]!, port: 0 },
        { address: SERVER[1]!, port: 1 },
        { address: '1.2.3', port: PORT },
      ]) {
        await rejected(socket.connectx([...at(SERVER.slice(0, 1)), last]), 'EINVAL');
      }
      expect(network.trace.count).toBe(0);
    }));

  test('L12: EISCONN on a connected one-to-one socket', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      listening(server, SERVER, 1);
      const socket = client.socket({ style });
      await socket.connectx(at(SERVER));
      if (style === 'one-to-one') await rejected(socket.connectx(at(SERVER, 1)), 'EISCONN');
      else expect((await socket.connectx(at(SERVER, 1))).state).toBe('open');
    }));

  test('L13: ECONNREFUSED when the peer answers with ABORT because no socket listens', () =>
    withClientAndServer({}, async ({ client }) => {
      const error = await rejected(client.socket({ style }).connectx(at(SERVER)), 'ECONNREFUSED');
      expect(error.abort).toEqual([]);
    }));

  test('L13: an ICMP unreachable is a path event, and fails the attempt once every path has one', () =>
    withClientAndServer({ unreachable: 'report' }, async ({ client, server, hosts }) => {
      listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at([NOBODY, SERVER[0]!]), { wait: false });
      const events: unknown[] = [];
      association.on('path', ({ address, change, error }) => events.push([address, change, error?.code]));
      await association.ready;
      expect(events[0]).toEqual([NOBODY, 'refused', 'EHOSTUNREACH']);
      hosts.server.crash();
      hosts.server.restart();
      const refused = await rejected(client.socket({ style }).connectx(at(SERVER.slice(0, 1))), 'ECONNREFUSED');
      expect(refused.abort).toBeUndefined();
      expect(refused.message).toContain(`${SERVER[0]}: ECONNREFUSED`);
    }));

  test('L14: ETIMEDOUT from the INIT budget, or from timeoutMs', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, network }) => {
      const socket = client.socket({ style });
      await rejected(socket.connectx(at([NOBODY])), 'ETIMEDOUT');
      const began = network.clock.now();
      const error = await rejected(socket.connectx(at([NOBODY]), { timeoutMs: 2500 }), 'ETIMEDOUT');
      expect(network.clock.now() - began).toBe(2500);
      expect(error.attempts).toEqual([{ address: NOBODY, sentAtMs: [0, 1000] }]);
    }));

  test('L16: EADDRINUSE when the local port is taken', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      client.socket().bindx(at(['::'], 4));
      await rejected(client.socket({ style }).connectx(at(SERVER), { local: at(['::'], 4) }), 'EADDRINUSE');
    }));

  test('L17: with wait: false, calls fail with EINPROGRESS until ready settles; only ready reports the error', () =>
    withClientAndServer({}, async ({ client }) => {
      const association = await client.socket({ style }).connectx(at(SERVER), { wait: false });
      expect(() => association.setup).toThrowError(expect.objectContaining({ code: 'EINPROGRESS' }));
      const error = await rejected(association.ready, 'ECONNREFUSED');
      expect(await association.closed).toBe(error);
    }));

  test('L18: EALREADY while a set-up is in progress', () =>
    withClientAndServer({}, async ({ client }) => {
      const socket = client.socket({ style });
      await socket.connectx(at([NOBODY, SERVER[0]!]), { wait: false });
      await rejected(socket.connectx(at(SERVER)), 'EALREADY');
    }));

  test('L20: EAFNOSUPPORT for an address family that the socket lacks', () =>
    withClientAndServer({}, async ({ client }) => {
      await rejected(client.socket({ style, family: 'IPv6' }).connectx(at(SERVER)), 'EAFNOSUPPORT');
    }));
});
