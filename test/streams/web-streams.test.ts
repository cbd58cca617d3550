import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { codeOf, connected, failure, pattern, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

/** The sources of web streams: an association, and one of its SCTP streams. */
const KINDS = [
  ['an association', (association: Association) => association],
  ['a stream', (association: Association) => association.stream(1)],
] as const;

/** An association with small buffers, on which b doesn't read ahead. */
const slow = (stacks: TwoStacks) =>
  connected(stacks, { sendBufferBytes: 4096 }, { receiveBufferBytes: 4096, readAheadBytes: 1 });

/** Whether a promise is settled by now. */
async function now(promise: Promise<unknown>): Promise<'done' | 'not yet'> {
  let is: 'done' | 'not yet' = 'not yet';
  const done = () => {
    is = 'done';
  };
  promise.then(done, done);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  return is;
}

describe.each(KINDS)('readable of %s', (_, of) => {
  const send = (association: Association, text: string) => association.send(text, { stream: 1 });

  test('if cancelled in the instant in which a message arrives, leaves it for receive()', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      for (const text of ['one', 'two', 'three']) {
        const reader = of(b).readable.getReader();
        const read = reader.read();
        let isCancelled = false;
        stacks.network.filter(({ destination }) => {
          if (!destination.endsWith('.2') || isCancelled) return undefined;
          isCancelled = true;
          queueMicrotask(() => void reader.cancel());
          return undefined;
        });
        await send(a, text);
        await stacks.network.advance(10);
        const { done, value } = await read;
        const received = done ? await of(b).receive({ timeoutMs: 0 }) : value;
        expect(textOf(received)).toBe(text);
      }
    }));

  test('if cancelled while it waits, leaves the next message for receive(), and a new readable is returned', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const { readable } = of(b);
      const reader = readable.getReader();
      const read = reader.read();
      await reader.cancel();
      expect(await read).toEqual({ done: true, value: undefined });
      await send(a, 'kept');
      expect(textOf(await of(b).receive())).toBe('kept');
      expect(of(b).readable).not.toBe(readable);
      await send(a, 'more');
      expect(textOf((await of(b).readable.getReader().read()).value)).toBe('more');
    }));

  test('if its reader is released while it waits, leaves the message for receive() or the next reader', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const { readable } = of(b);
      for (const next of ['receive', 'reader', 'receive'] as const) {
        const reader = readable.getReader();
        const read = failure(reader.read());
        reader.releaseLock();
        expect(await read).toBeInstanceOf(TypeError);
        await send(a, next);
        await stacks.network.advance(10);
        const other = next === 'reader' ? readable.getReader() : undefined;
        expect(textOf(other ? (await other.read()).value : await of(b).receive())).toBe(next);
        other?.releaseLock();
      }
    }));

  test('answers concurrent reads with the messages in order', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const reader = of(b).readable.getReader();
      const reads = [reader.read(), reader.read(), reader.read()];
      for (const text of ['1', '2', '3']) await send(a, text);
      expect((await Promise.all(reads)).map(({ value }) => textOf(value))).toEqual(['1', '2', '3']);
      const late = reader.read();
      a.abort();
      expect(await codeOf(late)).toBe('ECONNRESET');
    }));
});

describe.each(KINDS)('writable of %s', (kind, of) => {
  test('is aborted at once even if the peer receives nothing', () =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await slow(stacks);
        const writer = of(a).writable.getWriter();
        const writes = [1, 2, 3].map((seed) => writer.write(pattern(20_000, seed)).then(() => 'written', String));
        await stacks.network.advance(1000);
        expect(await now(writer.abort(new Error('enough')))).toBe('done');
        const ends = await Promise.all(writes);
        expect(ends).toEqual(Array(3).fill(expect.stringContaining('Error')));
        await expect(writer.closed).rejects.toThrow('enough');
        if (kind === 'an association') {
          expect(a.state).toBe('closed');
          await expect(b.closed).resolves.toMatchObject({ abort: [{ text: expect.stringContaining('enough') }] });
        } else {
          expect(a.state).toBe('open');
          const more = a.send('on another one', { stream: 2 });
          const lengths: number[] = [];
          for (let message = await b.receive(); message?.stream !== 2; message = await b.receive()) {
            lengths.push(message?.data.length ?? -1);
          }
          await more;
          expect(lengths).toEqual([20_000]); // the one of which a part was already sent
        }
      },
      { limitMs: 1e7 },
    ));

  test('is aborted at once while its close waits for the peer', () =>
    withTwoStacks(
      async (stacks) => {
        const { a } = await slow(stacks);
        const writer = of(a).writable.getWriter();
        void a.send(pattern(20_000), { stream: 1 }).catch(() => undefined);
        const closed = writer.close().then(() => 'closed', String);
        await stacks.network.advance(1000);
        expect(await now(closed)).toBe('not yet');
        expect(await now(writer.abort(new Error('enough')))).toBe('done');
        expect(await now(closed)).toBe('done');
      },
      { limitMs: 1e7 },
    ));

  test('is replaced by a new one after a failed write, and messages go on', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const first = of(a).writable;
      const writer = first.getWriter();
      writer.closed.catch(() => undefined);
      expect(await codeOf(writer.write(''))).toBe('EINVAL');
      expect(await codeOf(writer.write('never'))).toBe('EINVAL'); // a WritableStream is errored by a failed write
      expect(of(a).writable).not.toBe(first);
      await of(a).writable.getWriter().write('still there');
      expect(textOf(await b.receive())).toBe('still there');
    }));
});

test('if a part of a message is sent, an abort sends the rest from a copy: the peer gets it whole, then the end', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await slow(stacks);
      const writer = a.stream(1).writable.getWriter();
      const data = pattern(20_000);
      const [begun, queued] = [failure(writer.write(data)), failure(writer.write('never sent'))];
      await stacks.network.advance(1000);
      await writer.abort(new Error('enough'));
      expect((await begun).message).toBe('enough');
      expect((await queued).message).toBe('enough');
      data.fill(0); // the caller may reuse the buffer
      const stream = b.stream(1);
      expect(Buffer.compare((await stream.receive())?.data ?? new Uint8Array(), pattern(20_000))).toBe(0);
      expect(await stream.receive()).toBeUndefined();
      expect(a.bufferedBytes).toBe(0);
    },
    { limitMs: 1e7 },
  ));

test('a message that waits behind others is not sent after an abort', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await slow(stacks);
      const end = b.stream(1).receive();
      const before = Promise.all([1, 2].map((seed) => a.send(pattern(20_000, seed), { stream: 2 })));
      const writer = a.stream(1).writable.getWriter();
      const waits = failure(writer.write('never sent'));
      await stacks.network.advance(1000);
      await writer.abort(new Error('enough'));
      expect((await waits).message).toBe('enough');
      for (const _ of [1, 2]) expect((await b.stream(2).receive())?.data.length).toBe(20_000);
      await before;
      expect(await end).toBeUndefined();
      expect(a.bufferedBytes).toBe(0);
    },
    { limitMs: 1e7 },
  ));

describe('an async iterator over messages', () => {
  test('takes no message if return() is called while it waits', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      for (const source of [b, b.stream(1)]) {
        const loop = source[Symbol.asyncIterator]();
        const waits = [loop.next(), loop.next()];
        await stacks.network.advance(10);
        await loop.return?.();
        expect(await Promise.all(waits)).toEqual([
          { done: true, value: undefined },
          { done: true, value: undefined },
        ]);
        await a.send('kept', { stream: 1 });
        expect(textOf(await source.receive())).toBe('kept');
        expect(await loop.next()).toEqual({ done: true, value: undefined });
      }
    }));

  test('answers concurrent next() calls with the messages in order, then with the end', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const loop = b[Symbol.asyncIterator]();
      const waits = [loop.next(), loop.next(), loop.next(), loop.next()];
      for (const text of ['1', '2']) await a.send(text);
      await a.close();
      const all = await Promise.all(waits);
      expect(all.map(({ value }) => value && textOf(value))).toEqual(['1', '2', undefined, undefined]);
      expect(all.map(({ done }) => done ?? false)).toEqual([false, false, true, true]);
    }));
});
