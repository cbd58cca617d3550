import { describe, expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import { codeOf, connected, pattern, SERVER, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

const MANY = { style: 'one-to-many' } as const;

/** The number of ABORTs that a host has sent. */
function abortsFrom(stacks: TwoStacks, host: string): number {
  return stacks.network.trace.entries().filter(({ from, bytes }) => from === host && bytes[12] === 6).length;
}

async function sendNumbers(association: Association, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) await association.send(`${number}`);
}

async function take(association: Association, count: number): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < count) numbers.push(Number(textOf(await association.receive())));
  return numbers;
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('peeloff by a listener', () => {
  test('keeps what was read but not emitted yet: messages stay in order, and each notification is emitted', () =>
    withTwoStacks(async (stacks) => {
      const { a, b, serverSocket } = await connected(stacks, {}, { ...MANY, readAheadBytes: 20_000 });
      const other = await stacks.client.socket().connectx(SERVER);
      const otherEnd = await serverSocket.accept();
      const events: string[] = [];
      let own: Socket | undefined;
      b.on('streamReset', ({ streams }) => {
        events.push(`reset ${streams}`);
        own ??= serverSocket.peeloff(b);
      });
      b.on('shutdown', () => events.push('shutdown'));
      // More than is read ahead: the rest stays in usrsctp until the program receives, and is then read at once.
      await sendNumbers(a, 0, 300);
      await a.resetStreams({ outgoing: [5] });
      await sendNumbers(other, 0, 20);
      await a.resetStreams({ outgoing: [6] });
      await sendNumbers(a, 300, 600);
      const closed = a.close();
      expect(await take(b, 600)).toEqual(upTo(600));
      expect(await b.receive()).toBeUndefined();
      await closed;
      expect(events).toEqual(['reset 5', 'reset 6', 'shutdown']);
      expect(own?.associations).toEqual([]);
      expect(await take(otherEnd, 20)).toEqual(upTo(20));
    }));

  test('keeps a message whole if a part of it was read before', () =>
    withTwoStacks(async (stacks) => {
      const { a, b, serverSocket } = await connected(stacks, {}, MANY);
      b.on('streamReset', () => serverSocket.peeloff(b));
      const large = pattern(3_000_000);
      const sent = a.send(large);
      await stacks.network.advance(1);
      const reset = a.resetStreams({ outgoing: [5] });
      const message = await b.receive();
      expect(Buffer.compare(message?.data ?? new Uint8Array(), large)).toBe(0);
      await Promise.all([sent, reset]);
    }));

  test('may be followed by an abort, which reaches the peer', () =>
    withTwoStacks(async (stacks) => {
      const { a, b, serverSocket } = await connected(stacks, {}, MANY);
      const events: string[] = [];
      b.on('streamReset', () => {
        serverSocket.peeloff(b).abort('enough');
        events.push('aborted');
      });
      b.on('streamReset', () => events.push('second listener'));
      b.on('close', () => events.push('closed'));
      await a.resetStreams({ outgoing: [5] });
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'enough' }] });
      expect(events).toEqual(['aborted', 'second listener', 'closed']);
    }));
});

describe('peeloff', () => {
  test('is atomic: if a send fails while the association moves, the association is aborted on its new socket', () =>
    withTwoStacks(async (stacks) => {
      const { a, b, serverSocket } = await connected(
        stacks,
        { receiveBufferBytes: 4096, readAheadBytes: 1 },
        { ...MANY, sendBufferBytes: 8192 },
      );
      const bytes = pattern(60_000);
      const sent = codeOf(b.send(bytes)); // a part is sent, the rest waits for buffer space
      await stacks.network.advance(500);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      const own = serverSocket.peeloff(b);
      expect(await sent).toBe('EFAULT');
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET' });
      expect(abortsFrom(stacks, 'server')).toBeGreaterThan(0);
      expect(own.associations).toEqual([]);
      await stacks.server.close();
      expect(stacks.server.memoryInUse).toBe(0);
    }));

  test("refuses another socket's association, also one with the same id", () =>
    withTwoStacks(async (stacks) => {
      const { b, serverSocket } = await connected(stacks, {}, MANY);
      const second = stacks.server.socket(MANY);
      second.bindx([{ address: '10.0.1.2', port: 5002 }]);
      second.listen();
      await stacks.client.socket().connectx([{ address: '10.0.1.2', port: 5002 }]);
      const other = await second.accept();
      const EINVAL = expect.objectContaining({ code: 'EINVAL' });
      expect(() => serverSocket.peeloff(other)).toThrowError(EINVAL);
      expect(() => second.peeloff(b)).toThrowError(EINVAL);
      expect(() => second.peeloff({ id: other.id })).toThrowError(EINVAL);
      const own = second.peeloff(other);
      expect(own.associations).toEqual([other]);
      expect(() => second.peeloff(other)).toThrowError(EINVAL);
    }));

  test('of an association that waits to send does not change the read-ahead of the socket', () =>
    withTwoStacks(async (stacks) => {
      const server = { ...MANY, sendBufferBytes: 8192, readAheadBytes: 1000 };
      const { a, b, serverSocket } = await connected(stacks, { receiveBufferBytes: 4096, readAheadBytes: 1 }, server);
      const other = await stacks.client.socket().connectx(SERVER);
      await serverSocket.accept();
      const sent = b.send(pattern(60_000));
      for (let count = 0; count < 100; count++) await other.send(pattern(1000));
      await stacks.network.advance(1000);
      const window = other.status().receiverWindow;
      serverSocket.peeloff(b);
      await stacks.network.advance(1000);
      await other.send('x');
      await stacks.network.advance(1000);
      expect(other.status().receiverWindow).toBeLessThanOrEqual(window);
      expect((await a.receive())?.data.length).toBe(60_000);
      await sent;
    }));
});
