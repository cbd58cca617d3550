import { expect, test } from 'vitest';
import type { Socket } from '../../src/socket/socket.js';
import type { Chunk } from '../../src/wire/chunk.js';
import type { ChunkType } from '../../src/wire/chunk-types.js';
import { decodePacket } from '../../src/wire/decode.js';
import {
  all,
  codeOf,
  failure,
  listening,
  pattern,
  SERVER,
  type TwoStacks,
  textOf,
  withTwoStacks,
} from '../support/two-stacks.js';

const SECRET = new TextEncoder().encode('correct horse battery staple');
const OTHER = new TextEncoder().encode('incorrect horse');

/** The sender and the chunks of each packet. */
function chunksOf({ network }: TwoStacks): (readonly [from: string, chunks: readonly Chunk[]])[] {
  return network.trace.entries().map(({ from, bytes }) => [from, decodePacket(bytes).chunks] as const);
}

function keyed(socket: Socket, key: Uint8Array, required: readonly ChunkType[] = ['DATA']): Socket {
  socket.setOption('authentication', true);
  socket.authentication.requireChunks(required);
  socket.authentication.setKey(1, key);
  socket.authentication.activateKey(1);
  return socket;
}

async function keyedPair(stacks: TwoStacks, serverKey: Uint8Array, required?: readonly ChunkType[]) {
  const serverSocket = keyed(listening(stacks), serverKey, required);
  const clientSocket = keyed(stacks.client.socket(), SECRET, required);
  const a = clientSocket.connectx(SERVER, { timeoutMs: 60_000 });
  return { clientSocket, serverSocket, a };
}

test('with the same key DATA is authenticated on the wire, and arrives', () =>
  withTwoStacks(async (stacks) => {
    const { a: connecting, serverSocket } = await keyedPair(stacks, SECRET);
    const [a, b] = await Promise.all([connecting, serverSocket.accept()]);
    expect(a.setup.features).toContain('authentication');
    expect(a.authentication.activeKey).toBe(1);
    expect(a.authentication.chunks).toContain('DATA');
    expect(a.authentication.peerChunks).toContain('DATA');
    await a.send('hello');
    await b.send('and back');
    expect(textOf(await b.receive())).toBe('hello');
    expect(textOf(await a.receive())).toBe('and back');
    const data = chunksOf(stacks).filter(([, chunks]) => chunks.some(({ type }) => type === 'DATA'));
    expect(new Set(data.map(([from]) => from))).toEqual(new Set(['client', 'server']));
    for (const [, chunks] of data) {
      const [auth] = chunks;
      expect(auth).toMatchObject({ type: 'AUTH', keyId: 1, hmacId: 3 });
      expect(auth?.type === 'AUTH' && auth.hmac.length).toBe(32);
    }
  }));

test('with a wrong key connectx fails with ETIMEDOUT, and no error contains the key', () =>
  withTwoStacks(
    async (stacks) => {
      const { a } = await keyedPair(stacks, OTHER, ['COOKIE ECHO', 'DATA']);
      const error = await failure(a);
      expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connectx' });
      expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('horse');
      const { associations, authentication } = stacks.server.statistics();
      expect(associations.accepted).toBe(0);
      expect(authentication.failed).toBeGreaterThanOrEqual(3);
      expect(authentication.failed).toBe(authentication.received);
    },
    { limitMs: 1e6 },
  ));

test('with a wrong key for DATA alone no message arrives, and the receiver counts failed authentications', () =>
  withTwoStacks(
    async (stacks) => {
      const { a: connecting, serverSocket } = await keyedPair(stacks, OTHER);
      const [a, b] = await Promise.all([connecting, serverSocket.accept()]);
      await a.send('hello');
      await expect(b.receive({ timeoutMs: 100_000 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      const { authentication, data } = stacks.server.statistics();
      expect(authentication.failed).toBeGreaterThanOrEqual(5);
      expect(data.received).toBe(0);
      expect(a.statistics().flightBytes).toBeGreaterThan(0);
      expect(await codeOf(a.close({ timeoutMs: 1000 }))).toBe('ETIMEDOUT');
    },
    { limitMs: 1e6 },
  ));

test('with a wrong key for DATA and heartbeats the association of the sender fails with ETIMEDOUT', () =>
  withTwoStacks(
    async (stacks) => {
      const { a: connecting, serverSocket } = await keyedPair(stacks, OTHER, ['DATA', 'HEARTBEAT', 'HEARTBEAT ACK']);
      const [a] = await Promise.all([connecting, serverSocket.accept()]);
      await a.send('hello');
      expect(await a.closed).toMatchObject({ code: 'ETIMEDOUT' });
    },
    { limitMs: 1e6 },
  ));

test('DATA with a key that the peer does not have is dropped and counted', () =>
  withTwoStacks(async (stacks) => {
    const { a: connecting, serverSocket } = await keyedPair(stacks, SECRET);
    const [a, b] = await Promise.all([connecting, serverSocket.accept()]);
    a.authentication.setKey(7, SECRET);
    a.authentication.activateKey(7);
    await a.send('too early');
    await stacks.network.advance(1500);
    expect(stacks.server.statistics().authentication.unknownKey).toBeGreaterThan(0);
    b.authentication.setKey(7, SECRET);
    expect(textOf(await b.receive())).toBe('too early');
  }));

test('changing keys in the middle of a transfer loses nothing', () =>
  withTwoStacks(
    async (stacks) => {
      const { a: connecting, serverSocket } = await keyedPair(stacks, SECRET);
      const [a, b] = await Promise.all([connecting, serverSocket.accept()]);
      const sent = Array.from({ length: 300 }, (_, index) => pattern(3000, index));
      const received = all(b);
      for (const [index, message] of sent.entries()) {
        await a.send(message, { stream: index % 3 });
        if (index % 100 !== 99) continue;
        const number = 2 + Math.floor(index / 100);
        for (const end of [b, a]) {
          end.authentication.setKey(number, pattern(40, number));
          end.authentication.activateKey(number);
        }
        expect(a.authentication.activeKey).toBe(number);
        a.authentication.deactivateKey(number - 1);
      }
      await a.close();
      const messages = await received;
      expect(messages).toHaveLength(300);
      for (const stream of [0, 1, 2]) {
        const expected = sent.filter((_, index) => index % 3 === stream);
        expect(messages.filter((each) => each.stream === stream).map(({ data }) => data)).toEqual(expected);
      }
      expect(stacks.server.statistics().authentication.failed).toBe(0);
    },
    { conditions: { latencyMs: 5, loss: 0.02 } },
  ));

test('a key that is in use can not be replaced, and trying it leaks no memory', () =>
  withTwoStacks(async (stacks) => {
    const { a: connecting, serverSocket } = await keyedPair(stacks, SECRET);
    const [a] = await Promise.all([connecting, serverSocket.accept()]);
    const restore = stacks.network.filter(() => undefined);
    await a.send('not acknowledged');
    const before = stacks.client.memoryInUse;
    for (let count = 0; count < 100; count++) {
      expect(() => a.authentication.setKey(1, pattern(1000, count))).toThrow(/EINVAL.*in use/);
    }
    expect(stacks.client.memoryInUse - before).toBeLessThan(1000);
    restore();
  }));

test('a socket keeps its keys for its next association, except those that were deleted', () =>
  withTwoStacks(async (stacks) => {
    const listener = keyed(stacks.server.socket({ style: 'one-to-many' }), SECRET);
    listener.bindx(SERVER);
    listener.listen();
    const socket = keyed(stacks.client.socket(), OTHER);
    socket.authentication.setKey(1, SECRET);
    socket.authentication.setKey(2, OTHER);
    socket.authentication.deleteKey(2);
    socket.authentication.setKey(2, OTHER);
    socket.authentication.deleteKey(2);
    for (const text of ['first', 'second']) {
      const a = await socket.connectx(SERVER);
      const b = await listener.accept();
      await a.send(text);
      expect(textOf(await b.receive())).toBe(text);
      expect(() => a.authentication.activateKey(2)).toThrow(/EINVAL.*no key 2/);
      await a.close();
    }
  }));

test('invalid arguments are refused, and no error contains the secret', () =>
  withTwoStacks(async (stacks) => {
    const socket = stacks.client.socket();
    const { authentication } = socket;
    expect(authentication.hmacs).toEqual(['SHA-256', 'SHA-1']);
    authentication.setHmacs(['SHA-1']);
    expect(() => authentication.setHmacs(['SHA-256'])).toThrow(/EINVAL.*SHA-1/);
    expect(() => authentication.requireChunks(['INIT'])).toThrow(/EINVAL.*INIT can't be authenticated/);
    expect(() => authentication.activateKey(9)).toThrow(/EINVAL.*no key 9/);
    expect(() => authentication.deactivateKey(0)).toThrow(/EINVAL.*active/);
    expect(() => authentication.deleteKey(9)).toThrow(/EINVAL.*isn't there/);
    expect(authentication.activeKey).toBe(0);
    const confused: [unknown, unknown][] = [
      [SECRET, 1],
      ['battery', SECRET],
      [1, 'battery staple'],
      [1, [98, 97, 116]],
      [-1, SECRET],
      [1, new Uint8Array(70_000)],
    ];
    for (const [number, key] of confused) {
      for (const set of [
        () => authentication.setKey(number as never, key as never),
        () => socket.setOption('key', { number, key } as never),
      ]) {
        expect(set).toThrow(TypeError);
        expect(set).not.toThrow(/battery|99|111|98,97/);
      }
    }
  }));
