import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { encodeControl, SUBPROTOCOL } from '../../src/relay/codec.js';
import type { WebSocketConstructor } from '../../src/relay.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { certificate } from '../support/certificate.js';
import { closePeers, peer, started } from '../support/peers.js';
import { closeRelays, metric, startRelay, through, until } from '../support/relays.js';
import { init, sctp } from '../support/sctp.js';

afterEach(async () => {
  await closeRelays();
  closePeers();
});

async function closing(socket: WebSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

test('TLS comes from the server that the relay is mounted on', async () => {
  const { key, cert } = certificate();
  const server = createTlsServer({ key, cert });
  const relay = await startRelay('127.0.0.11', { server });
  const Trusting = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { ca: cert });
    }
  } as unknown as WebSocketConstructor;
  const transport = await through([relay.url.replace('ws:', 'wss:')], { WebSocket: Trusting });
  await transport.start(new RecordingHost());
  expect(transport.addresses).toEqual(['127.0.0.11']);
  await expect((await through([relay.url.replace('ws:', 'wss:')])).start(new RecordingHost())).rejects.toThrow(
    /self-signed certificate/,
  );
});

test('the rest of an existing server is not affected', async () => {
  const server = createServer((_request, response) => response.end('hello'));
  const others = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/chat') others.handleUpgrade(request, socket, head, (each) => each.send('welcome'));
  });
  const relay = await startRelay('127.0.0.11', { server, path: '/sctp' });
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await (await fetch(`http://${origin}/`)).text()).toBe('hello');
  const chat = new WebSocket(`ws://${origin}/chat`);
  expect(String((await once(chat, 'message'))[0])).toBe('welcome');
  chat.terminate();
  await (await through([`ws://${origin}/sctp?x=1`])).start(new RecordingHost());
  await relay.server.close();
  expect(await (await fetch(`http://${origin}/`)).text()).toBe('hello');
});

test('a client that presents no ticket in time is disconnected, and the number of such clients is limited', async () => {
  const relay = await startRelay('127.0.0.11', { limits: { handshakeMs: 300, pending: 3, pendingPerAddress: 3 } });
  const sockets = [1, 2, 3].map(() => new WebSocket(relay.url, SUBPROTOCOL));
  const ends = sockets.map(closing);
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  const fourth = new WebSocket(relay.url, SUBPROTOCOL);
  const [, response] = await once(
    fourth.on('error', () => {}),
    'unexpected-response',
  );
  expect(response.statusCode).toBe(503);
  fourth.terminate();
  expect(await Promise.all(ends)).toEqual(Array(3).fill([4401, 'no ticket was presented in time']));
});

test.each([
  ['text', 'hello'],
  ['rubbish', Buffer.from([77, 1, 2])],
  ['a ping before a ticket', encodeControl({ type: 'ping', value: 1 })],
])('%s ends the connection', async (_what, message) => {
  const relay = await startRelay();
  const socket = new WebSocket(relay.url, SUBPROTOCOL);
  socket.on('open', () => socket.send(message));
  expect((await closing(socket))[0]).toBe(4400);
  expect(metric(await relay.server.metrics(), 'usrsctp_relay_closings_total{reason="protocol"}')).toBe(1);
});

test('a message that is too large ends the connection', async () => {
  const socket = new WebSocket((await startRelay()).url, SUBPROTOCOL);
  socket.on('open', () => socket.send(new Uint8Array(65_537)));
  expect((await closing(socket))[0]).toBe(1009);
});

test('a client without a subprotocol is refused for its version', async () => {
  const socket = new WebSocket((await startRelay()).url);
  expect(await closing(socket)).toEqual([4426, 'this relay speaks usrsctp-relay.v1']);
});

test('clients are spread over the addresses, and ask for the same port at each relay', async () => {
  const relays = [await startRelay(['127.0.0.11', '127.0.0.12']), await startRelay('127.0.0.13')];
  const transports = [await through(relays), await through(relays)];
  for (const transport of transports) await transport.start(new RecordingHost());
  expect(transports.map(({ addresses }) => addresses)).toEqual([
    ['127.0.0.11', '127.0.0.13'],
    ['127.0.0.12', '127.0.0.13'],
  ]);
  for (const { relays } of transports) expect(relays[0]?.addresses[0]?.port).toBe(relays[1]?.addresses[0]?.port);
});

test('behind a 1:1 NAT clients are told the public address', async () => {
  const relay = await startRelay('', { addresses: [{ bind: '127.0.0.11', public: '8.8.8.8' }] });
  const transport = await through([relay]);
  await transport.start(new RecordingHost());
  expect(transport.addresses).toEqual(['8.8.8.8']);
});

test('metrics() rejects if metrics are off, and the relay works without them', async () => {
  const relay = await startRelay('127.0.0.11', { metrics: false });
  const transport = await through([relay]);
  await transport.start(new RecordingHost());
  expect(relay.server.clients).toBe(1);
  await expect(relay.server.metrics()).rejects.toThrow(/metrics are off: set the option `metrics`/);
});

test('closing tells the clients, and ends all sessions', async () => {
  const relay = await startRelay();
  const transport = await through([relay]);
  await transport.start(new RecordingHost());
  await relay.server.close();
  await until(() => transport.relays[0]?.error !== undefined, 'the reason');
  expect(transport.relays[0]?.error?.message).toContain('this relay is shutting down');
  expect(relay.server.clients).toBe(0);
  expect(metric(await relay.server.metrics(), 'usrsctp_relay_connections')).toBe(0);
});

test('a second drain waits for the first, and disconnects nobody', async () => {
  const relay = await startRelay();
  const transport = await through([relay]);
  await transport.start(new RecordingHost());
  const ended: string[] = [];
  const drains = ['first', 'second'].map((name) => relay.server.drain(60_000).then(() => void ended.push(name)));
  await until(() => transport.relays[0]?.state === 'draining', 'the client to hear of it');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([relay.server.clients, ended]).toEqual([1, []]);
  await transport.close();
  await Promise.all(drains);
  expect(relay.log.map(({ event, reason }) => reason ?? event)).toEqual(['allocated', 'draining', 'left', 'closed']);
});

test('a total rate below one packet per second still lets packets out', async () => {
  const relay = await startRelay('127.0.0.11', { limits: { totalBytesPerSecond: 1000 } });
  const { received, port } = await peer();
  const { send } = await started([relay]);
  send('127.0.0.1', port, init());
  await until(() => received.length === 1, 'the INIT');
  send('127.0.0.1', port, sctp({ chunks: [[0, 1400]] }));
  await until(() => received.length === 2, 'a large packet');
});
