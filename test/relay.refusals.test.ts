import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type SctpError, Stack } from '../src/index.js';
import type { Packet } from '../src/packet.js';
import { encodeControl, SUBPROTOCOL } from '../src/relay/codec.js';
import { type RelayTransport, relay, type WebSocketConstructor } from '../src/relay.js';
import { RecordingHost } from '../src/testing/recording-host.js';
import {
  closeLater,
  closeRelays,
  KEY,
  metric,
  startRelay,
  type TestRelay,
  through,
  ticket,
  until,
} from './support/relays.js';
import { init, sctp } from './support/sctp.js';

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

/** A WebSocket of `ws` that says something else of itself. */
function webSocket({ protocol, origin }: { protocol?: string; origin?: string }): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocol === undefined ? protocols : [protocol], origin === undefined ? {} : { origin });
    }
  } as unknown as WebSocketConstructor;
}

async function started(relays: readonly TestRelay[], options: Parameters<typeof through>[1] = {}) {
  const transport = await through(relays, options);
  const host = new RecordingHost();
  await transport.start(host);
  const send = (destination: string, port: number, ...all: Uint8Array[]) => {
    const source = transport.route(destination)?.source ?? '';
    transport.send(all.map((bytes): Packet => ({ source, destination, port, trafficClass: 0, bytes })));
  };
  return { transport, host, send };
}

/** A UDP socket that keeps what comes. */
async function peer(address = '127.0.0.1') {
  const socket: Socket = createSocket('udp4');
  const received: { bytes: Buffer; port: number; address: string }[] = [];
  socket.on('message', (bytes, from) => received.push({ bytes, ...from }));
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  closing.push(() => socket.close());
  return { socket, received, port: socket.address().port };
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
    expect(metric(server.server.metrics(), 'usrsctp_relay_closings_total{reason="ticket"}')).toBe(2);
  });

  test('a ticket whose destinations can’t be understood: EACCES', async () => {
    const error = await refusalOf(await through([await startRelay()], { claims: { destinations: ['everywhere'] } }));
    expect(error).toMatchObject({
      code: 'EACCES',
      message: expect.stringContaining('"everywhere" can\'t be understood'),
    });
  });

  test('a function that gets no ticket: the error tells its reason', async () => {
    const ticket = () => Promise.reject(new Error('log in first'));
    const error = await refusalOf(relay({ relays: [{ url: (await startRelay()).url, ticket }] }));
    expect(error.message).toContain('log in first');
  });

  test('a page of another origin: EPERM; of one that is listed: welcome', async () => {
    const server = await startRelay('127.0.0.11', { origins: ['https://app.example'] });
    const from = (origin: string) => webSocket({ origin });
    const error = await refusalOf(await through([server], { WebSocket: from('https://evil.example') }));
    expect(error).toMatchObject({ code: 'EPERM', message: expect.stringContaining('https://evil.example may not') });
    await (await through([server], { WebSocket: from('https://APP.example') })).start(new RecordingHost());
  });

  test('another version of the protocol: EPROTOTYPE, by both sides’ names', async () => {
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
      message: expect.stringContaining("the ticket's subject has its 1"),
    });
    await started([server], { claims: { sub: 'bob' } });
    const third = await refusalOf(await through([server], { claims: { sub: 'carol' } }));
    expect(third).toMatchObject({ code: 'ENOBUFS', message: expect.stringContaining('the relay has its 2 clients') });
  });

  test('no address to be had: ENOBUFS', async () => {
    const error = await refusalOf(await through([await startRelay('203.0.113.9')]));
    expect(error).toMatchObject({ code: 'ENOBUFS', message: expect.stringContaining('no UDP address is left') });
  });

  test('nobody there, silence, something else: ECONNREFUSED, ETIMEDOUT, ENETDOWN; several: each one’s reason', async () => {
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

  test('a relay that talks nonsense is left: EPROTO', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closing.push(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => socket.send(encodeControl({ type: 'pong', value: 1 })));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await refusalOf(await through([url]))).toMatchObject({ code: 'EPROTO' });
  });

  test('a start that failed can be tried again', async () => {
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

describe('destinations', () => {
  test('one that the policy refuses is EACCES, and connectx says so', async () => {
    const server = await startRelay('127.0.0.11', { allow: ['127.0.0.1:9899'] });
    const { host, send } = await started([server]);
    send('127.0.0.1', 9898, init());
    send('10.0.0.1', 9899, init());
    await until(() => host.refusals.length === 2, 'two refusals');
    expect(host.refusals).toEqual([
      { destination: '127.0.0.1', code: 'EACCES' },
      { destination: '10.0.0.1', code: 'EACCES' },
    ]);
    const stack = closeLater(await Stack.create({ transport: await through([server]) }));
    const connecting = stack.socket().connectx([{ address: '127.0.0.5', port: 5001 }], { timeoutMs: 5000 });
    await expect(connecting).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('one that only one of two relays refuses goes through the other', async () => {
    const strict = await startRelay('127.0.0.11', { allow: ['127.0.0.9:*'] });
    const { received, port } = await peer();
    const { transport, host, send } = await started([strict, await startRelay('127.0.0.12')]);
    expect(transport.route('127.0.0.1')?.source).toBe('127.0.0.11');
    send('127.0.0.1', port, init());
    await until(() => transport.route('127.0.0.1')?.source === '127.0.0.12', 'the other route');
    send('127.0.0.1', port, init());
    await until(() => received.length === 1, 'the INIT');
    expect(received[0]?.address).toBe('127.0.0.12');
    expect(host.refusals).toEqual([]);
  });

  test('INITs without answer are capped: EPERM; with the first answer they go on', async () => {
    const server = await startRelay('127.0.0.11', { limits: { unanswered: 12 } });
    const { socket, received, port } = await peer();
    const { transport, host, send } = await started([server]);
    send('127.0.0.1', port, ...Array.from({ length: 10 }, () => init()));
    await until(() => host.refusals.length === 1, 'a refusal');
    expect(host.refusals).toEqual([{ destination: '127.0.0.1', code: 'EPERM' }]);
    expect(received).toHaveLength(3);
    socket.send(sctp(), transport.relays[0]?.addresses[0]?.port ?? 0, '127.0.0.11');
    await until(() => host.packets.length === 1, 'the answer');
    send('127.0.0.1', port, ...Array.from({ length: 10 }, () => init()));
    await until(() => received.length === 6, 'three more');
  });

  test('INITs of all clients to one address are capped together', async () => {
    const server = await startRelay('127.0.0.11', { limits: { unansweredInits: 5 } });
    const { received, port } = await peer();
    for (const sub of ['a', 'b', 'c']) {
      const { host, send } = await started([server], { claims: { sub } });
      send(
        '127.0.0.1',
        port,
        ...['1', '2', '3'].map((_, i) => init({ sourcePort: 50_000 + sub.charCodeAt(0) * 10 + i })),
      );
      if (sub === 'c') await until(() => host.refusals.length === 1, 'a refusal');
      else await until(() => received.length === Math.min(5, (sub.charCodeAt(0) - 96) * 3), 'INITs');
    }
    expect(received).toHaveLength(5);
  });

  test('two clients can’t use one SCTP port towards the same peer: EADDRINUSE', async () => {
    const server = await startRelay();
    const { received, port } = await peer();
    const [first, second] = [await started([server]), await started([server])];
    first.send('127.0.0.1', port, init({ sourcePort: 50_001 }));
    await until(() => received.length === 1, 'the first INIT');
    second.send('127.0.0.1', port, init({ sourcePort: 50_001 }), init({ sourcePort: 50_002 }));
    await until(() => second.host.refusals.length === 1 && received.length === 2, 'a refusal');
    expect(second.host.refusals).toEqual([{ destination: '127.0.0.1', code: 'EADDRINUSE' }]);
    await first.transport.close();
    await until(() => server.server.clients === 1, 'the first to have left');
    second.send('127.0.0.1', port, init({ sourcePort: 50_001 }));
    await until(() => received.length === 3, 'the port to be free');
  });
});

describe('what passes', () => {
  test('only whole SCTP packets with a right CRC32c, in either direction', async () => {
    const server = await startRelay();
    const { socket, received, port } = await peer();
    const { transport, host, send } = await started([server]);
    const bad = sctp();
    bad[10]! ^= 1;
    send('127.0.0.1', port, bad, new Uint8Array(100), Buffer.from('GET / HTTP/1.1\r\n\r\n'), init());
    await until(() => received.length === 1, 'the good one');
    const dropped = 'usrsctp_relay_dropped_total';
    expect(metric(server.server.metrics(), `${dropped}{direction="out",reason="not_sctp"}`)).toBe(3);
    const back = transport.relays[0]?.addresses[0]?.port ?? 0;
    for (const bytes of [bad, new Uint8Array(40), sctp()]) socket.send(bytes, back, '127.0.0.11');
    await until(() => host.packets.length === 1, 'the good answer');
    expect(metric(server.server.metrics(), `${dropped}{direction="in",reason="not_sctp"}`)).toBe(2);
  });

  test('answers come only from where something was sent to: same address, same port', async () => {
    const server = await startRelay();
    const [known, stranger] = [await peer(), await peer('127.0.0.2')];
    const other = await peer();
    const { transport, host, send } = await started([server]);
    send('127.0.0.1', known.port, init());
    await until(() => known.received.length === 1, 'the INIT');
    const back = transport.relays[0]?.addresses[0]?.port ?? 0;
    for (const { socket } of [stranger, other, known]) socket.send(sctp(), back, '127.0.0.11');
    await until(() => host.packets.length === 1, 'the answer');
    expect(host.packets[0]).toMatchObject({ source: '127.0.0.1', port: known.port });
    const unsolicited = 'usrsctp_relay_dropped_total{direction="in",reason="unsolicited"}';
    await until(() => metric(server.server.metrics(), unsolicited) === 2, 'the others to be dropped');
  });

  test('each relay lets in whom the client talks to through another one', async () => {
    const { socket, received, port } = await peer();
    const { transport, host, send } = await started([await startRelay('127.0.0.11'), await startRelay('127.0.0.12')]);
    send('127.0.0.1', port, init());
    await until(() => received.length === 1, 'the INIT');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.send(sctp(), transport.relays[1]?.addresses[0]?.port ?? 0, '127.0.0.12');
    await until(() => host.packets.length === 1, 'the answer to the other address');
    expect(host.packets[0]?.destination).toBe('127.0.0.12');
  });

  test('a ticket’s rate holds: what is over it is dropped', async () => {
    const server = await startRelay();
    const { received, port } = await peer();
    const { send, host } = await started([server], { claims: { bytesPerSecond: 1 } });
    void host;
    const large = sctp({ chunks: [[0, 1400]] });
    send('127.0.0.1', port, ...Array.from({ length: 60 }, () => large));
    const rate = 'usrsctp_relay_dropped_total{direction="out",reason="rate"}';
    await until(() => received.length > 0 || metric(server.server.metrics(), rate) !== undefined, 'something');
  });
});

test('without a key, or with options that can’t be, no relay starts', async () => {
  await expect(startRelay('127.0.0.11', { keys: [] })).rejects.toThrow(TypeError);
  await expect(startRelay('0.0.0.0')).rejects.toThrow(/clients must be told an address/);
  await expect(startRelay('127.0.0.11', { allow: ['x'] })).rejects.toThrow(/is no rule/);
  await expect(startRelay('127.0.0.11', { ports: [2, 1] })).rejects.toThrow(/ports/);
  await expect(startRelay('127.0.0.11', { limits: { clients: 0 } })).rejects.toThrow(/`clients`/);
  await expect(startRelay('127.0.0.11', { keys: [{ ...KEY, k: 'AAAA' }] })).rejects.toThrow(/JSON Web Key/);
});
