import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { SctpError } from '../../src/index.js';
import { encodeControl, SUBPROTOCOL } from '../../src/relay/codec.js';
import { type RelayTransport, relay, type WebSocketConstructor } from '../../src/relay.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { closeError } from '../../src/transport/relay/errors.js';
import { started } from '../support/peers.js';
import { closeRelays, KEY, metric, startRelay, through, ticket } from '../support/relays.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  await closeRelays();
  for (const close of closing.splice(0)) close();
});

async function refusalOf(transport: RelayTransport): Promise<SctpError> {
  const error = await transport.start(new RecordingHost()).then(
    () => new Error('it started'),
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ name: 'SctpError', syscall: 'start' });
  return error as SctpError;
}

/** A WebSocket of `ws` that sends another origin. */
function webSocket({ protocol, origin }: { protocol?: string; origin?: string }): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocol === undefined ? protocols : [protocol], origin === undefined ? {} : { origin });
    }
  } as unknown as WebSocketConstructor;
}

describe('a client that is refused is told why', () => {
  test('no ticket, and one that has expired: EACCES', async () => {
    const server = await startRelay();
    const none = await refusalOf(relay({ relays: [{ url: server.url, ticket: '' }] }));
    expect(none.message).toBe(
      `EACCES: no relay can be used: EACCES: the relay ${server.url} said ticket: there is no ticket; give a ticket that this relay accepts`,
    );
    const expired = await refusalOf(await through([server], { claims: { exp: 1 } }));
    expect(expired).toMatchObject({ code: 'EACCES', message: expect.stringContaining('the ticket has expired') });
    expect(server.log.filter(({ event }) => event === 'refused')).toHaveLength(2);
    expect(metric(await server.server.metrics(), 'usrsctp_relay_closings_total{reason="ticket"}')).toBe(2);
  });

  test('a ticket with a malformed destination: EACCES', async () => {
    const error = await refusalOf(await through([await startRelay()], { claims: { destinations: ['everywhere'] } }));
    expect(error).toMatchObject({
      code: 'EACCES',
      message: expect.stringContaining('"everywhere" is malformed'),
    });
  });

  test('a function that fails to fetch a ticket: the error includes its reason', async () => {
    const ticket = () => Promise.reject(new Error('log in first'));
    const error = await refusalOf(relay({ relays: [{ url: (await startRelay()).url, ticket }] }));
    expect(error.message).toContain('log in first');
  });

  test('a page of another origin: EPERM; a page of a listed origin is accepted', async () => {
    const server = await startRelay('127.0.0.11', { origins: ['https://app.example'] });
    const from = (origin: string) => webSocket({ origin });
    const error = await refusalOf(await through([server], { WebSocket: from('https://evil.example') }));
    expect(error).toMatchObject({ code: 'EPERM', message: expect.stringContaining('https://evil.example may not') });
    await (await through([server], { WebSocket: from('https://APP.example') })).start(new RecordingHost());
  });

  test('another version of the protocol: EPROTOTYPE, and the error names both versions', async () => {
    const server = await startRelay();
    const newer = webSocket({ protocol: 'usrsctp-relay.v9' });
    const error = await refusalOf(await through([server], { WebSocket: newer }));
    expect(error).toMatchObject({
      code: 'EPROTOTYPE',
      message: expect.stringContaining(`this relay speaks ${SUBPROTOCOL}`),
    });
  });

  test('too many clients, of the relay and of one subject: ENOBUFS', async () => {
    const server = await startRelay('127.0.0.11', { limits: { clients: 2, clientsPerSubject: 1 } });
    await started([server], { claims: { sub: 'alice' } });
    const again = await refusalOf(await through([server], { claims: { sub: 'alice' } }));
    expect(again).toMatchObject({
      code: 'ENOBUFS',
      message: expect.stringContaining("the ticket's subject already has 1"),
    });
    await started([server], { claims: { sub: 'bob' } });
    const third = await refusalOf(await through([server], { claims: { sub: 'carol' } }));
    expect(third).toMatchObject({
      code: 'ENOBUFS',
      message: expect.stringContaining('the relay already has 2 clients'),
    });
  });

  test('no UDP address left: ENOBUFS', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.13');
    closing.push(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address();
    const error = await refusalOf(await through([await startRelay('127.0.0.13', { ports: [port, port] })]));
    expect(error).toMatchObject({ code: 'ENOBUFS', message: expect.stringContaining('no UDP address is left') });
  });

  test('no server, no answer, another server: ECONNREFUSED, ETIMEDOUT, ENETDOWN; several relays: the reason of each', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1');
    closing.push(() => silent.close());
    await once(silent, 'listening');
    const mute = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const gone = 'ws://127.0.0.1:1/relay';
    const elsewhere = (await startRelay()).url.replace('/relay', '/other');
    expect(await refusalOf(await through([gone]))).toMatchObject({ code: 'ECONNREFUSED' });
    expect(await refusalOf(await through([mute], { timeoutMs: 200 }))).toMatchObject({ code: 'ETIMEDOUT' });
    expect((await refusalOf(await through([elsewhere]))).message).toContain('404');
    const all = await refusalOf(await through([gone, elsewhere]));
    expect(all.message).toMatch(/no relay can be used: .*127\.0\.0\.1:1.*; .*404/);
    expect(all.cause).toBeInstanceOf(AggregateError);
  });

  test('a relay that violates the protocol: EPROTO', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closing.push(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => socket.send(encodeControl({ type: 'pong', value: 1 })));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await refusalOf(await through([url]))).toMatchObject({ code: 'EPROTO' });
  });

  test('a failed start can be repeated', async () => {
    const server = await startRelay();
    const tickets = ['', await ticket()];
    const transport = relay({ relays: [{ url: server.url, ticket: () => tickets.shift() ?? '' }] });
    closing.push(() => transport.close());
    expect(await refusalOf(transport)).toMatchObject({ code: 'EACCES' });
    await transport.start(new RecordingHost());
    expect(transport.addresses).toEqual(['127.0.0.11']);
  });

  test.each([
    [{ relays: [] }, 'relays'],
    [{ relays: [{ url: 'https://x', ticket: '' }] }, 'url'],
    [{ relays: [{ url: 'nonsense', ticket: '' }] }, 'url'],
    [{ relays: [{ url: 'ws://x', ticket: 7 }] }, 'ticket'],
    [{ relays: [{ url: 'ws://x', ticket: '' }], queueBytes: 1 }, 'queueBytes'],
  ])('options that can’t be: EINVAL naming the one, %j', (options, name) => {
    expect(() => relay(options as never)).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(`\`${name}\``) }),
    );
  });
});

test('a relay without keys, or with invalid options, doesn’t start', async () => {
  await expect(startRelay('127.0.0.11', { keys: [] })).rejects.toThrow(TypeError);
  await expect(startRelay('0.0.0.0')).rejects.toThrow(/must not contain a wildcard/);
  await expect(startRelay('127.0.0.11', { allow: ['x'] })).rejects.toThrow(/is not a rule/);
  await expect(startRelay('127.0.0.11', { ports: [2, 1] })).rejects.toThrow(/ports/);
  await expect(startRelay('127.0.0.11', { path: 'relay' })).rejects.toThrow('it must begin with /');
  for (const origin of ['notaurl', 'app.example', 'https://app.example/', 'https://app.example/page', '']) {
    await expect(startRelay('127.0.0.11', { origins: [origin] }), origin).rejects.toThrow(/is not an origin/);
  }
  await startRelay('127.0.0.11', { origins: ['*', 'https://App.example', 'http://[::1]:8080', 'app-name://host'] });
  await expect(startRelay('203.0.113.9')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL', address: '203.0.113.9' });
  await expect(startRelay('127.0.0.11', { limits: { clients: 0 } })).rejects.toThrow(/`clients`/);
  await expect(startRelay('127.0.0.11', { keys: [{ ...KEY, k: 'AAAA' }] })).rejects.toThrow(/JSON Web Key/);
});

test.each([
  ['a close code of relays', 4001],
  ['another close code', 1006],
])('the reason that a relay gives does not control the terminal: %s', (_, code) => {
  const { message } = closeError('wss://relay.example/', code, 'bye\r\n\u001b[2J', undefined);
  expect(message).toContain('bye\\u{d}\\u{a}\\u{1b}[2J');
});
