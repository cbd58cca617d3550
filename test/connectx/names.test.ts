import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { isHostName } from '../../src/host-name.js';
import { type Association, type Lookup, Stack, type Transport } from '../../src/index.js';
import type { Network } from '../../src/simulated.js';
import {
  at,
  CLIENT,
  exchange,
  initsOf,
  listening,
  only,
  PORT,
  rejected,
  SERVER,
  withClientAndServer,
} from '../support/connectx.js';
import { closeHosts, host, WAIT } from '../support/udp-host.js';

afterEach(closeHosts);

const NAME = 'sctp.example';

/** A lookup that knows one name and answers after a time. `questions` has what it was asked. */
function fakeLookup(network: Network, addresses: readonly string[], delayMs = 0, name = NAME) {
  const questions: unknown[] = [];
  const lookup: Lookup = (hostname, options, callback) => {
    questions.push([hostname, options]);
    network.clock.schedule(delayMs, () => {
      if (hostname !== name) callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
      else
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
    });
  };
  return { lookup, questions };
}

describe('a host name in connectx', () => {
  test('stands for all of its addresses, in the resolver’s order', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const order = [SERVER[1]!, SERVER[2]!, SERVER[0]!];
      const { lookup, questions } = fakeLookup(network, order);
      const association = await client.socket().connectx(at([NAME]), { lookup });
      expect(questions).toEqual([[NAME, { all: true, family: 0 }]]);
      expect(association.setup.tried.map(({ address }) => address)).toEqual(order);
      expect(association.setup.confirmed).toEqual(order);
      expect(initsOf(network)).toEqual([SERVER[1]]);
      await exchange(association, only(listener));
    }));

  test('may stand beside addresses and other names, keeps its encapsulation port, and duplicates are dropped', () =>
    withClientAndServer(
      { clientHost: { encapsulationPort: 9899 }, serverHost: { encapsulationPort: 9899 } },
      async ({ client, server, network }) => {
        listening(server);
        const { lookup } = fakeLookup(network, [SERVER[0]!, SERVER[1]!]);
        const peers = [
          { address: SERVER[1]!, port: PORT },
          { address: NAME, port: PORT, encapsulationPort: 9899 },
        ];
        const association = await client.socket().connectx(peers, { lookup });
        expect(association.setup.tried.map(({ address }) => address)).toEqual([SERVER[1], SERVER[0]]);
      },
    ));

  test('is looked up by `connect`, too, and a lookup may answer with a single address', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const lookup: Lookup = (_hostname, _options, callback) => callback(null, SERVER[0]!, 4);
      const association = await client.socket().connect({ address: NAME, port: PORT }, { lookup });
      expect(association.setup.confirmed).toEqual([SERVER[0]]);
    }));

  test.each([
    ['IPv4', 4, SERVER.slice(0, 2)],
    ['IPv6', 6, SERVER.slice(2)],
  ] as const)('is limited to the family of the socket: %s', (family, number, expected) =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const { lookup, questions } = fakeLookup(network, SERVER);
      const association = await client.socket({ family }).connectx(at([NAME]), { lookup });
      expect(questions).toEqual([[NAME, { all: true, family: number }]]);
      expect(association.setup.tried.map(({ address }) => address)).toEqual(expected);
    }),
  );

  test('is left out if it has no address but other peers remain', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const { lookup } = fakeLookup(network, []);
      const { setup } = await client.socket().connectx(at(['gone.example', ...SERVER]), { lookup });
      expect(setup.tried.map(({ address }) => address)).toEqual(SERVER);
    }));

  test('with `wait: false` the association is returned once the name is looked up', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const { lookup } = fakeLookup(network, SERVER, 50);
      const association: Association = await client.socket().connectx(at([NAME]), { lookup, wait: false });
      expect(network.clock.now()).toBeGreaterThanOrEqual(50);
      expect(association.state).toBe('connecting');
      await association.ready;
    }));
});

describe('a lookup that fails', () => {
  test('is EHOSTUNREACH with the resolver’s error as the cause', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const { lookup } = fakeLookup(network, SERVER);
      const error = await rejected(client.socket().connectx(at(['gone.example']), { lookup }), 'EHOSTUNREACH');
      expect(error).toMatchObject({ syscall: 'connectx', address: 'gone.example', port: PORT });
      expect(error.message).toBe("EHOSTUNREACH: connectx: the host name 'gone.example' can't be looked up (ENOTFOUND)");
      expect(error.cause).toMatchObject({ code: 'ENOTFOUND' });
      expect(network.trace.count).toBe(0);
    }));

  test('also by an error that it throws', () =>
    withClientAndServer({}, async ({ client }) => {
      const lookup = () => {
        throw new Error('out of order');
      };
      const error = await rejected(client.socket().connectx(at([NAME]), { lookup }), 'EHOSTUNREACH');
      expect(error.message).toContain('(out of order)');
    }));

  test('without an address of the socket’s family is EHOSTUNREACH, which names the family', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const { lookup } = fakeLookup(network, [SERVER[0]!]);
      const socket = client.socket({ family: 'IPv6' });
      const error = await rejected(socket.connectx(at([NAME]), { lookup }), 'EHOSTUNREACH');
      expect(error.message).toContain("'sctp.example' has no IPv6 address");
    }));

  test.each([[['bogus']], [[{ address: '1.2.3' }]]])(
    'with something that isn’t an address (%o) is EINVAL or EHOSTUNREACH',
    (found) =>
      withClientAndServer({}, async ({ client }) => {
        const lookup: Lookup = (_hostname, _options, callback) => callback(null, found as never);
        await expect(client.socket().connectx(at([NAME]), { lookup })).rejects.toMatchObject({ name: 'SctpError' });
      }),
  );

  test('leaves the socket as it was: it can connect afterwards', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      const { lookup } = fakeLookup(network, SERVER);
      const socket = client.socket();
      await rejected(socket.connectx(at(['gone.example']), { lookup }), 'EHOSTUNREACH');
      await socket.connectx(at([NAME]), { lookup });
    }));
});

describe('the deadline and the signal', () => {
  test('apply to the lookup', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const { lookup } = fakeLookup(network, SERVER, 10_000);
      const socket = client.socket();
      const error = await rejected(socket.connectx(at([NAME]), { lookup, timeoutMs: 300 }), 'ETIMEDOUT');
      expect(error.message).toBe('ETIMEDOUT: connectx: not looked up within 300 ms: sctp.example');
      expect(network.clock.now()).toBeCloseTo(300);
      const controller = new AbortController();
      const attempt = socket.connectx(at([NAME]), { lookup, signal: controller.signal, onAbort: 'detach' });
      controller.abort(new Error('no longer'));
      await expect(attempt).rejects.toThrow('no longer');
      await network.advance(20_000);
      expect(network.trace.count).toBe(0);
    }));

  test('apply to the lookup and the set-up together', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const { lookup } = fakeLookup(network, ['10.0.1.99'], 400);
      const attempt = client.socket().connectx(at([NAME]), { lookup, timeoutMs: 1000 });
      const error = await rejected(attempt, 'ETIMEDOUT');
      expect(network.clock.now()).toBeCloseTo(1000);
      expect(error.message).toContain('not connected within 1000 ms');
      expect(error.attempts).toMatchObject([{ address: '10.0.1.99', sentAtMs: [400] }]);
    }));

  test('a signal that is aborted already prevents the lookup', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const { lookup, questions } = fakeLookup(network, SERVER);
      const signal = AbortSignal.abort(new Error('never'));
      await expect(client.socket().connectx(at([NAME]), { lookup, signal })).rejects.toThrow('never');
      expect(questions).toEqual([]);
    }));
});

test('a socket that is closed during the lookup rejects with EBADF at once', () =>
  withClientAndServer({}, async ({ client, network }) => {
    const { lookup } = fakeLookup(network, SERVER, 10_000);
    const socket = client.socket();
    const attempt = rejected(socket.connectx(at([NAME]), { lookup }), 'EBADF');
    await socket.close();
    await attempt;
    expect(network.clock.now()).toBeLessThan(1000);
  }));

test('a one-to-one socket can’t connect during a lookup: EALREADY', () =>
  withClientAndServer({}, async ({ client, server, network }) => {
    listening(server);
    const { lookup } = fakeLookup(network, SERVER, 50);
    const socket = client.socket();
    const first = socket.connectx(at([NAME]), { lookup });
    await rejected(socket.connectx(at([NAME]), { lookup }), 'EALREADY');
    await first;
    const many = client.socket({ style: 'one-to-many' });
    await Promise.all([many.connectx(at([NAME], 9), { lookup }).catch(() => 0), many.connectx(at([NAME]), { lookup })]);
  }));

test('a wrong port or option is EINVAL before anything is looked up', () =>
  withClientAndServer({}, async ({ client, network }) => {
    const { lookup, questions } = fakeLookup(network, SERVER);
    await rejected(client.socket().connectx(at([NAME], 0), { lookup }), 'EINVAL');
    await rejected(client.socket().connectx(at([NAME]), { lookup: 'dns' as never }), 'EINVAL');
    expect(questions).toEqual([]);
  }));

test('a transport that can’t look names up refuses them, and says what to do', () =>
  withClientAndServer({}, async ({ client }) => {
    const error = await rejected(client.socket().connectx(at([NAME])), 'EINVAL');
    expect(error.message).toBe(
      "EINVAL: connectx: 'sctp.example' is not an IP address, and this transport can't look host names up: pass `lookup`",
    );
  }));

test('a transport that can look names up is asked, unless the program gives a lookup', () =>
  withClientAndServer({}, async ({ server, network }) => {
    listening(server);
    const { transport, random } = network.host('third', [CLIENT[0]!.replace(/1$/, '7')]);
    const ofTransport = fakeLookup(network, [SERVER[0]!]);
    const own = fakeLookup(network, [SERVER[0]!]);
    const able: Transport = Object.assign(transport, { lookup: ofTransport.lookup });
    const stack = await network.standStill(Stack.create({ transport: able, random, clock: network.clock }));
    const association = await stack.socket().connectx(at([NAME]));
    await association.close();
    await stack.socket().connectx(at([NAME]), { lookup: own.lookup });
    expect([ofTransport.questions.length, own.questions.length]).toEqual([1, 1]);
    await stack.close();
  }));

test.each([
  ...[
    'localhost',
    'sctp.example',
    'a.b.c.d',
    'a-b.example.',
    'xn--bcher-kva.example',
    'bücher.example',
    '_sctp.example',
  ],
  ...['1.2.3.example', '4.com', 'x'.repeat(63)],
])('%s can be a host name', (text) => {
  expect(isHostName(text)).toBe(true);
});

test.each([
  ...[
    '',
    '.',
    '300.1.2.3',
    '1.2.3',
    '10.0.1.2.3',
    '1',
    '0x7f000001',
    '127.0x1',
    '10.0.0.1.',
    'fe80::g',
    'fe80::1%eth0',
  ],
  ...[
    'a b',
    'a..b',
    '.a',
    'a/24',
    'a:80',
    '[::1]',
    'user@host',
    'x'.repeat(64),
    `${'x.'.repeat(127)}x`,
    'a\0b',
    '%eth0',
  ],
])('%j can’t, and connectx says EINVAL without a lookup', (text) =>
  withClientAndServer({}, async ({ client, network }) => {
    expect(isHostName(text)).toBe(false);
    const { lookup, questions } = fakeLookup(network, SERVER);
    await rejected(client.socket().connectx(at([text]), { lookup }), 'EINVAL');
    expect(questions).toEqual([]);
  }),
);

test('over udp() a name is looked up by the system: localhost', async () => {
  const { stack: server, transport } = await host({ udp: { addresses: ['127.0.0.1', '::1'] } });
  const listener = server.socket();
  listener.bindx(at(['127.0.0.1', '::1']));
  listener.listen();
  const { stack: client } = await host({
    udp: { addresses: ['127.0.0.1', '::1'], encapsulationPort: transport.port },
  });
  const association = await client.socket().connectx(at(['localhost']), WAIT);
  const { tried, confirmed } = association.setup;
  expect(['127.0.0.1', '::1']).toEqual(expect.arrayContaining(tried.map(({ address }) => address)));
  expect(confirmed.length).toBeGreaterThan(0);
  const name = 'name.invalid'; // RFC 6761 §6.4: no resolver knows it
  const error = await rejected(client.socket().connectx(at([name]), WAIT), 'EHOSTUNREACH');
  expect(error.message).toContain(name);
});

test('dns.lookup and a lookup for net.connect fit the type', () => {
  const ofNet: LookupFunction = (_hostname, _options, callback) => callback(null, []);
  const lookups: Lookup[] = [dnsLookup, ofNet];
  expect(lookups).toHaveLength(2);
});
