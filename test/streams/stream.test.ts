import { expect, test } from 'vitest';
import type { Message, Stream } from '../../src/index.js';
import { codeOf, connected, pattern, textOf, texts, withTwoStacks } from '../support/two-stacks.js';

async function textsOf(stream: Stream): Promise<string[]> {
  const all: string[] = [];
  for await (const message of stream) all.push(textOf(message));
  return all;
}

test('a stream sends on its number, and receives what comes on it, without taking the messages of others', () =>
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
    expect(await a.receive()).toMatchObject({ stream: 3 }); // a doesn't receive from its stream 3 by itself
  }));

test('what is here when a stream is first received from is the stream’s; what comes then, too', () =>
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

test('a waiter of the stream and one of the association each get theirs', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const [any, own] = [b.receive(), b.stream(4).receive()];
    await a.stream(4).send('own');
    await a.send('any', { stream: 7 });
    expect([textOf(await any), textOf(await own)]).toEqual(['any', 'own']);
  }));

test('streams share one window: messages that nobody receives hold up the others, in bounded memory, and lose nothing', () =>
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

test('a reset by the peer is the end of a readable, and another one begins after it', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const [out, stream] = [a.stream(3), b.stream(3)];
    const { readable } = stream;
    const first = out.writable.getWriter();
    await first.write('one');
    await first.write({ data: 'two', ppid: 53 });
    await first.close();
    await out.send('next life');
    await stacks.network.advance(100);
    const lives: string[][] = [[], []];
    for await (const message of readable) lives[0]?.push(textOf(message));
    expect(stream.readable).not.toBe(readable);
    const reader = stream.readable.getReader();
    lives[1]?.push(textOf((await reader.read()).value));
    expect(lives).toEqual([['one', 'two'], ['next life']]);
    await out.writable.getWriter().write('and on');
    expect(await reader.read()).toMatchObject({ done: false, value: { ssn: 1 } });
  }));

test('for await and receive meet the reset, too, once each time', () =>
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

test('its writable waits for the stack to take a message, its readable takes one when it is asked', () =>
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

test('pipes: a stream echoes into itself', () =>
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

test('a cancelled readable leaves the rest to receive', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const reader = b.stream(1).readable.getReader();
    const reading = reader.read();
    await reader.cancel();
    expect((await reading).done).toBe(true);
    await a.stream(1).send('kept');
    expect(textOf(await b.stream(1).receive())).toBe('kept');
  }));

test('a stream ends with its association: by a shutdown, or with the error', () =>
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

test('a stream of no number that there can be is EINVAL, one that there is not can not be sent on', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    for (const id of [-1, 1.5, 65_536, Number.NaN]) expect(() => a.stream(id)).toThrow(/^EINVAL: stream/);
    expect(await codeOf(a.stream(99).send('x'))).toBe('EINVAL');
    expect(await codeOf(a.stream(99).reset())).toBe('EINVAL');
  }));

test('who disposes of the association drops what streams have not received', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, {}, { readAheadBytes: 1000 });
    void b.stream(1).receive();
    const sent = Array.from({ length: 100 }, () => a.stream(2).send(pattern(1000)));
    await Promise.all(sent);
    const closing = a.close();
    await b[Symbol.asyncDispose]();
    await closing;
  }));

test('after its reset a stream’s messages are the association’s again, until something is received from it', () =>
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
