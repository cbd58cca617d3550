import { describe, expect, test } from 'vitest';
import {
  abortInPlaceOf,
  at,
  CLIENT,
  cut,
  exchange,
  initsOf,
  listening,
  NOBODY,
  only,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

describe.each(STYLES)('Solaris sctp_connectx, %s', (style) => {
  test('S1: requests an association with an array of peers', () =>
    withClientAndServer({}, async ({ client, server }) => {
      const listener = listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      await exchange(association, only(listener));
      expect(
        only(listener)
          .paths()
          .map(({ address }) => address)
          .sort(),
      ).toEqual([...CLIENT].sort());
    }));

  test('S2: tries the addresses round robin, in list order', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, network }) => {
      const dead = ['10.0.1.101', '2001:db8:3::101', '10.0.2.101'];
      await rejected(client.socket({ style }).connectx(at(dead)), 'ETIMEDOUT');
      expect(initsOf(network)).toEqual([...dead, ...dead, ...dead]);
    }));

  test('S3: the list serves the set-up only; paths() has the final set, even after the association has ended', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, server, network }) => {
      const listener = listening(server, SERVER.slice(0, 2));
      const association = await client.socket({ style }).connectx(at([SERVER[0]!, NOBODY]));
      const addresses = () => association.paths().map(({ address }) => address);
      expect(addresses()).toEqual(SERVER.slice(0, 2));
      only(listener).abort();
      await association.closed;
      expect(addresses()).toEqual(SERVER.slice(0, 2));
      expect(association.status().primary).toBe(SERVER[0]);
      expect([...association.status().localAddresses].sort()).toEqual(CLIENT);
      const failed = await client.socket({ style }).connectx(at([NOBODY, SERVER[1]!], 9), { wait: false });
      cut(network, SERVER[1]!);
      await rejected(failed.ready, 'ETIMEDOUT');
      expect(failed.paths().map(({ address }) => address)).toEqual([NOBODY, SERVER[1]]);
    }));

  test('S4: an IPv4 socket accepts IPv4 addresses only', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const socket = client.socket({ style, family: 'IPv4' });
      expect(await rejected(socket.connectx(at(SERVER)), 'EAFNOSUPPORT')).toMatchObject({ address: SERVER[2] });
      expect(network.trace.count).toBe(0);
      const association = await socket.connectx(at(SERVER.slice(0, 2)));
      expect(association.paths().map(({ address }) => address)).toEqual(SERVER.slice(0, 2));
    }));

  test.each([
    ['IPv6', '2001:db8:3::2', '2001:db8:3::2'],
    ['IPv4-mapped', '::ffff:10.0.2.2', '10.0.2.2'],
    ['IPv4', '10.0.2.2', '10.0.2.2'],
  ])('S5: an IPv6 socket (family "any") accepts %s', (_, given, address) =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const { setup } = await client.socket({ style, family: 'any' }).connectx(at([given]));
      expect(setup.confirmed).toEqual([address]);
    }),
  );

  test('S6: the array’s length is the number of addresses; one is enough', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      for (const count of [1, 2, 3]) {
        const { setup } = await client.socket({ style }).connectx(at(SERVER.slice(0, count)));
        expect(setup.tried).toHaveLength(count);
        expect(setup.added).toHaveLength(3 - count);
      }
    }));

  test('S7: the association has an id with either style', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      expect((await client.socket({ style }).connectx(at(SERVER))).id).toBeGreaterThan(0);
    }));

  test('S8: a port in use is EADDRINUSE; other failures have other codes', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      client.socket().bindx(at(CLIENT, 7));
      const socket = client.socket({ style });
      await rejected(socket.connectx(at(SERVER), { local: at(CLIENT.slice(1), 7) }), 'EADDRINUSE');
      expect(() => socket.bindx(at(CLIENT.slice(0, 1), 7))).toThrowError(
        expect.objectContaining({ code: 'EADDRINUSE' }),
      );
      await socket.connectx(at(SERVER), { local: at(CLIENT, 8) });
      const again = style === 'one-to-one' ? 'EISCONN' : 'EALREADY';
      await rejected(socket.connectx(at(SERVER)), again);
    }));

  test('S9: no usable local address is EADDRNOTAVAIL, before anything is sent', () =>
    withClientAndServer({ clientAddresses: CLIENT.slice(0, 2) }, async ({ client, network }) => {
      await rejected(client.socket({ style }).connectx(at(SERVER.slice(2))), 'EADDRNOTAVAIL');
      const bound = client.socket({ style });
      expect(() => bound.bindx(at([NOBODY]))).toThrowError(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
      await rejected(bound.connectx(at(SERVER), { local: [{ address: NOBODY }] }), 'EADDRNOTAVAIL');
      expect(network.trace.count).toBe(0);
      expect(bound.localEndpoints).toEqual([]);
    }));

  test('S10: a family that the socket cannot use is EAFNOSUPPORT', () =>
    withClientAndServer({}, async ({ client }) => {
      await rejected(client.socket({ style, family: 'IPv4' }).connectx(at(SERVER.slice(2))), 'EAFNOSUPPORT');
      await rejected(client.socket({ style, family: 'IPv6' }).connectx(at(SERVER.slice(0, 1))), 'EAFNOSUPPORT');
      const local = client.socket({ style, family: 'IPv4' });
      await rejected(local.connectx(at(SERVER.slice(0, 1)), { local: at(CLIENT.slice(2), 0) }), 'EAFNOSUPPORT');
    }));

  test('S11: EALREADY while an association is being set up, and on a one-to-many socket also when it is up', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      const connecting = socket.connectx(at(SERVER.slice(0, 2)));
      await rejected(socket.connectx(at(SERVER.slice(1))), 'EALREADY');
      await connecting;
      if (style === 'one-to-one') return;
      expect(await rejected(socket.connectx(at([NOBODY, SERVER[1]!])), 'EALREADY')).toMatchObject({
        address: SERVER[1],
      });
      expect(socket.associations).toHaveLength(1);
    }));

  test('S12: EBADF once the socket is closed, also for pending calls', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const socket = client.socket({ style });
      const waiting = rejected(socket.connectx(at([NOBODY])), 'EBADF');
      await network.advance(10);
      await socket.close();
      await waiting;
      await rejected(socket.connectx(at(SERVER)), 'EBADF');
    }));

  test('S13: ECONNREFUSED has the cause of the ABORT, and the socket can be used again at once', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const socket = client.socket({ style });
      socket.bindx(at(CLIENT, 77));
      const withoutListener = await rejected(socket.connectx(at(SERVER)), 'ECONNREFUSED');
      expect(withoutListener.abort).toEqual([]);
      const listener = listening(server);
      abortInPlaceOf(network, 'INIT ACK', 'go away');
      const refused = await rejected(socket.connectx(at(SERVER)), 'ECONNREFUSED');
      expect(refused.abort).toEqual([{ code: 12, name: 'User-Initiated Abort', text: 'go away' }]);
      expect(refused.message).toContain('go away');
      const association = await socket.connectx(at(SERVER));
      await exchange(association, only(listener));
      expect(socket.localEndpoints).toEqual(expect.arrayContaining(at(CLIENT, 77)));
    }));

  test('S14: an address in a detached buffer is EFAULT', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      const data = new Uint8Array([1, 2, 3]);
      structuredClone(data.buffer, { transfer: [data.buffer] });
      await rejected(association.send(data), 'EFAULT');
    }));

  test('S15: an aborted signal ends the attempt, with its reason', () =>
    withClientAndServer({}, async ({ client, network, server }) => {
      const socket = client.socket({ style });
      const controller = new AbortController();
      const attempt = socket.connectx(at([NOBODY]), { signal: controller.signal });
      const failure = expect(attempt).rejects.toBe('enough');
      await network.advance(1500);
      controller.abort('enough');
      await failure;
      expect(socket.associations).toEqual([]);
      const sent = network.trace.count;
      await network.advance(60_000);
      expect(network.trace.count).toBe(sent);
      listening(server);
      await socket.connectx(at(SERVER));
      await expect(client.socket({ style }).connectx(at(SERVER), { signal: controller.signal })).rejects.toBe('enough');
    }));

  test("S15: with onAbort 'detach' it is EINTR, and the association arrives as an event", () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      cut(network, SERVER[0]!);
      const socket = client.socket({ style });
      const signal = AbortSignal.abort();
      await expect(socket.connectx(at(SERVER), { signal, onAbort: 'detach' })).rejects.toBe(signal.reason);
      const controller = new AbortController();
      const options = { signal: controller.signal, onAbort: 'detach' } as const;
      const attempt = rejected(socket.connectx(at(SERVER.slice(0, 2)), options), 'EINTR');
      const arrived = new Promise((resolve) => socket.on('association', resolve));
      controller.abort();
      const error = await attempt;
      expect(error.association).toBe(only(socket));
      await rejected(socket.connectx(at(SERVER)), 'EALREADY');
      const association = only(socket);
      expect(await arrived).toBe(association);
      expect(association.setup.tried.map(({ sentAtMs }) => sentAtMs.length)).toEqual([1, 1]);
      await exchange(association, only(listener));
    }));
});
