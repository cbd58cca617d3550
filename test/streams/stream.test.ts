import { expect, test } from 'vitest';
import type { Message, Stream } from '../../src/index.js';
import { codeOf, connected, pattern, textOf, texts, withTwoStacks } from '../support/two-stacks.js';

async function textsOf(stream: Stream): Promise<string[]> {
  const all: string[] = [];
  for await (const message of stream) all.push(textOf(message));
  return all;
}

test('a stream sends with its identifier, and receives only the messages of that identifier', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    expect(a.stream(3)).toBe(a.stream(3));
    expect(a.stream(3).id).toBe(3);
    await a.send('five', { stream: 5 });
    await a.stream(3).send('three', { ppid: 51 });
    await a.send('zero');
    expect(await b.stream(3).receive()).toMatchObject({ stream: 3, ppid: 51 });
    expect([textOf(await b.receive()), textOf(await b.receive())]).toEqual(['five', 'zero']);
    await b.stream(3).send('back');
    expect(await a.receive()).toMatchObject({ stream: 3 }); // a.stream(3) has not been received from, so a receives it
  }));

test('a stream gets its buffered messages and the later ones from its first receive() on', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    for (const text of ['one', 'two', 'three']) {
      await a.stream(1).send(`${text} on 1`);
      await a.stream(2).send(`${text} on 2`);
    }
    await stacks.network.advance(10);
    const first = await b.receive();
    expect(textOf(first)).toBe('one on 1');
    const two = b.stream(2);
    expect(textOf(await two.receive())).toBe('one on 2');
    await Promise.all([a.close(), b.closed]);
    expect(await textsOf(two)).toEqual(['two on 2', 'three on 2']);
    expect(await texts(b)).toEqual(['two on 1', 'three on 1']);
  }));

test('pending calls of receive() on a stream and on the association each get their message', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const [any, own] = [b.receive(), b.stream(4).receive()];
    await a.stream(4).send('own');
    await a.send('any', { stream: 7 });
    expect([textOf(await any), textOf(await own)]).toEqual(['any', 'own']);
  }));

test('streams share one receive window: unread messages hold up other streams, memory stays bounded, nothing is lost', () =>
  withTwoStacks(
    async (stacks) => {
      const options = { readAheadBytes: 16_384, receiveBufferBytes: 32_768 };
      const { a, b } = await connected(stacks, {}, options);
      const waits = b.stream(3).receive();
      const before = stacks.server.memoryInUse;
      const sent = Array.from({ length: 100 }, (_, index) => a.stream(5).send(pattern(2000, index)));
      await stacks.network.advance(5000);
      sent.push(a.stream(3).send('at last'));
      await stacks.network.advance(30_000);
      expect(await Promise.race([waits, Promise.resolve('not yet')])).toBe('not yet');
      expect(stacks.server.memoryInUse - before).toBeLessThan(200_000);
      for (let index = 0; index < 100; index++) {
        expect(Buffer.compare((await b.receive())?.data ?? new Uint8Array(), pattern(2000, index))).toBe(0);
      }
      expect(textOf(await waits)).toBe('at last');
      await Promise.all(sent);
    },
    { limitMs: 1e7 },
  ));

test('a reset by the peer ends the readable, and the next one has the messages after it', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const [out, stream] = [a.stream(3), b.stream(3)];
    const { readable } = stream;
    const first = out.writable.getWriter();
    await first.write('one');
    await first.write({ data: 'two', ppid: 53 });
    await first.close();
    await out.send('after the reset');
    await stacks.network.advance(100);
    const parts: string[][] = [[], []];
    for await (const message of readable) parts[0]?.push(textOf(message));
    expect(stream.readable).not.toBe(readable);
    const reader = stream.readable.getReader();
    parts[1]?.push(textOf((await reader.read()).value));
    expect(parts).toEqual([['one', 'two'], ['after the reset']]);
    await out.writable.getWriter().write('and on');
    expect(await reader.read()).toMatchObject({ done: false, value: { ssn: 1 } });
  }));

test('each reset ends one for await loop or one receive()', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const stream = b.stream(2);
    const waits = stream.receive();
    await a.stream(2).reset();
    expect(await waits).toBeUndefined();
    await a.stream(2).send('one');
    await a.stream(2).reset();
    await a.stream(2).reset();
    await a.stream(2).send('two');
    await a.close();
    expect(await textsOf(stream)).toEqual(['one']);
    expect(await textsOf(stream)).toEqual(['two']);
    expect(await stream.receive()).toBeUndefined();
  }));

test('the writable of a stream waits until the stack takes a message, and the readable receives only on demand', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(
        stacks,
        { sendBufferBytes: 8192 },
        { receiveBufferBytes: 8192, readAheadBytes: 1 },
      );
      const writer = a.stream(1).writable.getWriter();
      let written = 0;
      const writing = (async () => {
        for (let index = 0; index < 50; index++) {
          await writer.write(pattern(1000, index));
          written++;
        }
        await writer.close();
      })();
      const { readable } = b.stream(1);
      await stacks.network.advance(10_000);
      expect(written).toBeLessThan(25);
      const lengths: number[] = [];
      for await (const { data } of readable) lengths.push(data.length);
      await writing;
      expect(lengths).toEqual(Array(50).fill(1000));
    },
    { limitMs: 1e7 },
  ));

test('a readable of a stream can be piped into its own writable', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const echo = b.stream(6);
    const same = new TransformStream<Message, Uint8Array>({
      transform: ({ data }, controller) => controller.enqueue(data),
    });
    const piped = echo.readable.pipeThrough(same).pipeTo(echo.writable);
    const stream = a.stream(6);
    for (const text of ['one', 'two']) await stream.send(text);
    await stream.reset();
    expect(await textsOf(stream)).toEqual(['one', 'two']); // the pipe closes its writable: b resets its side
    await piped;
  }));

test('after cancel() of a readable, receive() gets the messages', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const reader = b.stream(1).readable.getReader();
    const reading = reader.read();
    await reader.cancel();
    expect((await reading).done).toBe(true);
    await a.stream(1).send('kept');
    expect(textOf(await b.stream(1).receive())).toBe('kept');
  }));

test('a stream fails with the error of its association', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const [here, there] = [a.stream(1).receive(), codeOf(b.stream(1).receive())];
    const late = b.stream(2);
    a.abort('enough');
    await expect(here).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await there).toBe('ECONNRESET');
    expect(await codeOf(late.receive())).toBe('ECONNRESET');
    expect(await codeOf(a.stream(1).send('x'))).toBe('ECONNRESET');
    expect(await codeOf(a.stream(1).writable.close())).toBe('ECONNRESET');
  }));

test('an aborted writable resets the stream', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const read = textsOf(b.stream(1));
    const writer = a.stream(1).writable.getWriter();
    await writer.write('sent');
    await writer.abort(new Error('no more'));
    expect(await read).toEqual(['sent']);
  }));

test('an invalid stream identifier is EINVAL, and so is sending on a stream that the association doesn’t have', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    for (const id of [-1, 1.5, 65_536, Number.NaN]) expect(() => a.stream(id)).toThrow(/^EINVAL: stream/);
    expect(await codeOf(a.stream(99).send('x'))).toBe('EINVAL');
    expect(await codeOf(a.stream(99).reset())).toBe('EINVAL');
  }));

test('disposing of the association drops the unread messages of its streams', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, {}, { readAheadBytes: 1000 });
    void b.stream(1).receive();
    const sent = Array.from({ length: 100 }, () => a.stream(2).send(pattern(1000)));
    await Promise.all(sent);
    const closing = a.close();
    await b[Symbol.asyncDispose]();
    await closing;
  }));

test('after a reset the association receives the stream’s messages again, until the stream is received from', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const send = (...all: string[]) => Promise.all(all.map((text) => a.send(text, { stream: 1 })));
    const stream = b.stream(1);
    const first = stream.receive();
    await send('one', 'two');
    await a.stream(1).reset();
    await send('three', 'four');
    await stacks.network.advance(100);
    expect([textOf(await first), textOf(await stream.receive())]).toEqual(['one', 'two']);
    expect(await stream.receive()).toBeUndefined();
    expect(textOf(await b.receive())).toBe('three');
    expect(textOf(await stream.receive())).toBe('four');
    await a.stream(1).reset();
    await send('five');
    await Promise.all([a.close(), b.closed]);
    expect(await stream.receive()).toBeUndefined();
    expect(await texts(b)).toEqual(['five']);
  }));
