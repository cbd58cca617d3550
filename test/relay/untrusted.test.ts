import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { Stack } from '../../src/index.js';
import { relay } from '../../src/relay.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { areUsable } from '../../src/transport/relay/locals.js';
import { FakeSocket } from '../support/fake-relays.js';
import { closeLater, closeRelays, serve, startRelay, through } from '../support/relays.js';

afterEach(closeRelays);

/** A stack through a fake relay, which the test plays. */
async function played() {
  const sockets: FakeSocket[] = [];
  const WebSocket = class extends FakeSocket {
    constructor(url: string) {
      super(url, 0);
      sockets.push(this);
    }
  };
  const transport = relay({
    relays: [{ url: 'ws://relay.example/', ticket: 'ticket' }],
    WebSocket: WebSocket as never,
  });
  const creating = Stack.create({ transport });
  while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  sockets[0]!.allocate('192.0.2.7');
  return { stack: closeLater(await creating), socket: sockets[0]! };
}

describe('the reason for which a relay refuses a destination', () => {
  test.each([
    ['a special address', { special: [] }, "127.0.0.1 is a special address (loopback): this relay doesn't send there"],
    ['one that isn’t allowed', { allow: ['0.0.0.0/0:1'] }, 'is not among the allowed destinations'],
  ])('is in the error of connectx and in the log of the relay: %s', async (_, options, reason) => {
    const { endpoints, udpPort } = await serve(['127.0.0.1']);
    const server = await startRelay('127.0.0.11', options);
    const stack = closeLater(
      await Stack.create({ transport: await through([server], { encapsulationPort: udpPort }) }),
    );
    const error = await stack
      .socket()
      .connectx(endpoints)
      .catch((reason) => reason);
    expect(error).toMatchObject({ code: 'EACCES', attempts: [{ answer: 'EACCES' }] });
    expect(error.message).toMatch(
      /^EACCES: connectx: the network refuses every address \(127.0.0.1: EACCES, the relay says: /,
    );
    expect(error.message).toContain(reason);
    expect(server.log).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'destination', reason: 'destination' }),
    );
    expect(String(server.log.find(({ event }) => event === 'destination')?.['text'])).toContain(reason);
  });

  test('can’t control the terminal, and is short', async () => {
    const { stack, socket } = await played();
    const connecting = stack.socket().connectx([{ address: '192.0.2.1', port: 5001 }]);
    const text = `\u001b[2J\r\nEVERYTHING IS FINE${'!'.repeat(10_000)}`;
    socket.tell({ type: 'refused', peer: { address: '192.0.2.1', port: 9899 }, reason: 'destination', text });
    const { message } = await connecting.catch((reason) => reason);
    expect(message).toContain('the relay says: \\u{1b}[2J\\u{d}\\u{a}EVERYTHING IS FINE!!!');
    expect(message.length).toBeLessThan(500);
  });
});

test.each([
  ['0.0.0.0', false],
  ['0.1.2.3', false],
  ['224.0.0.1', false],
  ['239.255.255.255', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['ff02::1', false],
  ['fe80::1', false],
  ['127.0.0.1', false],
  ['::1', false],
  ['10.0.0.5', true],
  ['203.0.113.5', true],
  ['2001:db8::5', true],
  ['fd00::5', true],
])('a relay elsewhere gives the address %s: it is used: %s', (address, isRight) => {
  expect(areUsable([{ address, port: 50_000 }], 'wss://relay.example/relay')).toBe(isRight);
  expect(
    areUsable(
      [
        { address: '203.0.113.5', port: 1 },
        { address, port: 50_000 },
      ],
      'wss://192.0.2.1/',
    ),
  ).toBe(isRight);
});

test('a loopback address is for a relay on this machine', () => {
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
    expect(areUsable([{ address: '127.0.0.11', port: 1 }], `ws://${host}:8080/relay`)).toBe(true);
  }
});

test('a relay that gives an address that can’t be ours doesn’t follow the protocol: EPROTO', async () => {
  const sockets: FakeSocket[] = [];
  const WebSocket = class extends FakeSocket {
    constructor(url: string) {
      super(url, 0);
      sockets.push(this);
      queueMicrotask(() => this.allocate('224.0.0.1'));
    }
  };
  const transport = relay({
    relays: [{ url: 'ws://relay.example/', ticket: 'ticket' }],
    WebSocket: WebSocket as never,
  });
  await expect(transport.start(new RecordingHost())).rejects.toMatchObject({ code: 'EPROTO' });
  expect(sockets[0]?.closed).toBe(4400);
});

test.skipIf('WebSocket' in globalThis)('a message of 64 MB is refused by its head, before it is kept', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const closed = new Promise<number>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('close', resolve).on('error', () => undefined);
      socket.send(new Uint8Array(64e6));
    });
  });
  await expect(relay({ relays: [{ url, ticket: 'ticket' }] }).start(new RecordingHost())).rejects.toThrow(
    /max payload/i,
  );
  expect([1006, 1009]).toContain(await closed);
  server.close();
});
