import { describe, expect, test } from 'vitest';
import type { Address } from '../../src/address.js';
import type { ErrorCode } from '../../src/errors.js';
import { Stack } from '../../src/index.js';
import type { Transport, TransportHost } from '../../src/transport/transport.js';
import {
  abortInPlaceOf,
  at,
  CLIENT,
  type ClientAndServer,
  cut,
  exchange,
  listening,
  NOBODY,
  only,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

/** Makes a stack on a transport that refuses some destinations, as a firewall or a relay does. */
async function withPolicy(
  { network }: ClientAndServer,
  addresses: readonly Address[],
  policy: (destination: Address) => ErrorCode | undefined,
): Promise<Stack> {
  const inner = network.host('guarded', addresses).transport;
  let host: TransportHost | undefined;
  const transport: Transport = {
    get addresses() {
      return inner.addresses;
    },
    mtu: inner.mtu,
    start: (given) => {
      host = given;
      return inner.start(given);
    },
    route: (destination) => inner.route?.(destination),
    send: (packets) => {
      const refused = packets.filter(({ destination }) => policy(destination));
      inner.send(packets.filter((packet) => !refused.includes(packet)));
      for (const { destination } of refused) {
        network.clock.schedule(0, () => host?.unreachable(destination, policy(destination) ?? 'EPERM'));
      }
    },
    close: () => inner.close(),
  };
  return network.standStill(Stack.create({ transport, clock: network.clock }));
}

describe.each(STYLES)('network errors, %s', (style) => {
  test.each([
    ['L11: EACCES if a relay forbids the destination', 'EACCES'],
    ['L21: EPERM if a firewall forbids the destination', 'EPERM'],
  ] as const)('%s: when every address is refused', (_, code) =>
    withClientAndServer({}, async (both) => {
      listening(both.server);
      const stack = await withPolicy(both, ['10.0.1.7', '10.0.2.7'], () => code);
      const error = await rejected(stack.socket({ style }).connectx(at(SERVER.slice(0, 2))), code);
      expect(error.attempts?.map(({ sentAtMs }) => sentAtMs.length)).toEqual([1, 1]);
      await stack.close();
    }),
  );

  test('L11: one refused address does not fail the attempt', () =>
    withClientAndServer({}, async (both) => {
      listening(both.server);
      const stack = await withPolicy(both, ['10.0.1.7', '10.0.2.7'], (to) => (to === SERVER[0] ? 'EACCES' : undefined));
      const { setup } = await stack.socket({ style }).connectx(at(SERVER.slice(0, 2)));
      expect(setup.tried.map(({ sentAtMs }) => sentAtMs.length)).toEqual([1, 1]);
      for (const socket of stack.sockets) socket.abort();
      await stack.close();
    }));

  test('L21: the broadcast address is EACCES', () =>
    withClientAndServer({}, async ({ client, network }) => {
      await rejected(client.socket({ style }).connectx(at(['255.255.255.255'])), 'EACCES');
      expect(network.trace.count).toBe(0);
    }));

  test('L15: ENETUNREACH at once when there is no route to any address', () =>
    withClientAndServer({ clientHost: { route: () => undefined } }, async ({ client, network }) => {
      const error = await rejected(client.socket({ style }).connectx(at(SERVER)), 'ENETUNREACH');
      expect(error).toMatchObject({ address: SERVER[0], port: 5001 });
      expect(network.clock.now()).toBe(0);
    }));

  test('L15: ENETUNREACH as soon as the last route disappears', () =>
    withClientAndServer({}, async ({ client, hosts, network }) => {
      const attempt = rejected(client.socket({ style }).connectx(at(['10.0.1.99', '10.0.2.99'])), 'ENETUNREACH');
      await network.advance(1500);
      hosts.client.addressDown(CLIENT[0]!);
      await network.advance(100);
      hosts.client.addressDown(CLIENT[1]!);
      await attempt;
      expect(network.clock.now()).toBe(1600);
    }));

  test('L15: an address without a route does not delay the others', () =>
    withClientAndServer({ clientAddresses: CLIENT.slice(0, 2) }, async ({ client, server }) => {
      listening(server);
      const { setup } = await client.socket({ style }).connectx(at([SERVER[2]!, SERVER[0]!]));
      expect(setup.elapsedMs).toBeLessThan(1);
      expect(setup.tried).toEqual([
        { address: SERVER[2], sentAtMs: [] },
        { address: SERVER[0], sentAtMs: [0] },
      ]);
    }));

  test('Darwin EHOSTUNREACH: every path is unreachable', () =>
    withClientAndServer({ unreachable: 'report' }, async ({ client, network }) => {
      const error = await rejected(client.socket({ style }).connectx(at([NOBODY, '10.0.2.99'])), 'EHOSTUNREACH');
      expect(error.attempts?.map(({ sentAtMs }) => sentAtMs.length)).toEqual([1, 1]);
      expect(network.clock.now()).toBeLessThan(1010);
    }));

  test('Darwin ECONNRESET: the peer aborts after COOKIE ECHO was sent', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      abortInPlaceOf(network, 'COOKIE ACK', 'changed my mind');
      const socket = client.socket({ style });
      const error = await rejected(socket.connectx(at(SERVER)), 'ECONNRESET');
      expect(error.abort).toEqual([{ code: 12, name: 'User-Initiated Abort', text: 'changed my mind' }]);
      only(listener).abort();
      await network.advance(10);
      await exchange(await socket.connectx(at(SERVER)), only(listener));
    }));

  test('Darwin ENETDOWN: the transport or its stack is closed', () =>
    withClientAndServer({}, async ({ client, server, hosts, network }) => {
      const socket = client.socket({ style });
      await hosts.client.transport.close();
      await rejected(socket.connectx(at(SERVER)), 'ENETDOWN');
      const late = server.socket({ style });
      const waiting = rejected(late.connectx(at(['10.0.1.98'])), 'EBADF');
      await network.advance(10);
      await server.close();
      await waiting;
      await rejected(late.connectx(at(CLIENT)), 'EBADF');
      expect(() => server.socket({ style })).toThrowError(expect.objectContaining({ code: 'ENETDOWN' }));
    }));

  test('Darwin ENETDOWN: the transport reports it for every path', () =>
    withClientAndServer({}, async (both) => {
      const stack = await withPolicy(both, ['10.0.1.7', '10.0.2.7'], () => 'ENETDOWN');
      await rejected(stack.socket({ style }).connectx(at(SERVER.slice(0, 2))), 'ENETDOWN');
      await stack.close();
    }));

  test('Darwin EPROTOTYPE: a UDP encapsulation port on a transport that sends SCTP over IP', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const peer = { address: SERVER[0]!, port: 5001, encapsulationPort: 9899 };
      await rejected(client.socket({ style }).connectx([peer]), 'EPROTOTYPE');
      expect(network.trace.count).toBe(0);
    }));

  test('L19: EAGAIN when no local port is free', () =>
    withClientAndServer({}, async ({ client, network }) => {
      if (style === 'one-to-one') return; // once is enough
      for (let port = 49_152; port <= 65_535; port++) client.socket().bindx([{ address: CLIENT[0]!, port }]);
      expect(() => client.socket().bindx(at(CLIENT.slice(0, 1), 0))).toThrowError(
        expect.objectContaining({ code: 'EAGAIN' }),
      );
      cut(network, SERVER[0]!);
      await rejected(client.socket({ style }).connectx(at(SERVER)), 'EAGAIN');
    }));
});
