import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { codeOf, connected, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

/** The outcome of each send, by its number. */
type Outcomes = Record<number, string>;

/** A message of `length` bytes. The first byte is its number. */
function message(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = number;
  return bytes;
}

/** An association whose send buffer is full, and messages of low priority that wait for room. */
async function full(stacks: TwoStacks) {
  const { a, b } = await connected(
    stacks,
    { sendQueueBytes: 42_000, sendBufferBytes: 4096 },
    { receiveBufferBytes: 4096, readAheadBytes: 1 },
  );
  const outcomes: Outcomes = {};
  const put = (number: number, length: number, priority?: number) => {
    const options = { context: number, ...(priority !== undefined && { reliability: { priority } }) };
    a.send(message(number, length), options).then(
      () => {
        outcomes[number] = 'taken';
      },
      (error) => {
        outcomes[number] = error.code;
      },
    );
  };
  put(1, 40_000);
  await stacks.network.advance(2000);
  put(2, 4000, 5);
  put(3, 4000, 5);
  put(4, 200);
  const excess = 4200; // more than the 4128 bytes that one of those messages counts as
  const strong = 42_000 + excess - a.bufferedBytes - 5 * 128;
  return { a, b, put, outcomes, strong };
}

async function numbersOf(association: Association): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { data } of association) numbers.push(data[0] ?? -1);
  return numbers;
}

describe('a sendFailed listener that is called because messages are abandoned for one of higher priority', () => {
  test('may send again: every other message still arrives, each promise settles, and no bytes stay counted', () =>
    withTwoStacks(
      async (stacks) => {
        const { a, b, put, outcomes, strong } = await full(stacks);
        const failed: number[] = [];
        a.on('sendFailed', ({ context }) => {
          if (failed.push(context) === 1) put(5, 1000, 1);
        });
        put(6, strong);
        expect(failed).toEqual([3, 2]);
        const received = numbersOf(b);
        await stacks.network.advance(60_000);
        expect(outcomes).toEqual({ 1: 'taken', 2: 'taken', 3: 'taken', 4: 'taken', 5: 'taken', 6: 'taken' });
        expect(a.bufferedBytes).toBe(0);
        await a.close();
        expect(await received).toEqual([1, 4, 6, 5]);
      },
      { limitMs: 1e7 },
    ));

  test('may abort: the message of higher priority is rejected, too', () =>
    withTwoStacks(
      async (stacks) => {
        const { a, put, outcomes, strong } = await full(stacks);
        a.once('sendFailed', () => a.abort());
        put(6, strong);
        await stacks.network.advance(10);
        expect(outcomes).toMatchObject({ 1: 'ECONNRESET', 4: 'ECONNRESET', 6: 'ECONNRESET' });
        expect(a.bufferedBytes).toBe(0);
      },
      { limitMs: 1e7 },
    ));

  test('may close: messages that were sent before still arrive', () =>
    withTwoStacks(
      async (stacks) => {
        const { a, b, put, outcomes, strong } = await full(stacks);
        let closed: Promise<void> | undefined;
        a.once('sendFailed', () => {
          closed = a.close();
          put(7, 10);
        });
        put(6, strong);
        const received = numbersOf(b);
        await stacks.network.advance(60_000);
        await closed;
        expect(outcomes).toMatchObject({ 1: 'taken', 4: 'taken', 6: 'taken', 7: 'EPIPE' });
        expect(await received).toEqual([1, 4, 6]);
      },
      { limitMs: 1e7 },
    ));
});

test('if the lifetime of a waiting message ends, the sendFailed listener may send, close or abort', async () => {
  for (const act of ['send', 'close', 'abort'] as const) {
    await withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(
          stacks,
          { sendBufferBytes: 4096 },
          { receiveBufferBytes: 4096, readAheadBytes: 1 },
        );
        const first = a.send(message(1, 40_000));
        await stacks.network.advance(1000);
        const late = a.send(message(2, 10), { reliability: { lifetimeMs: 50 } });
        const last = a.send(message(3, 10)).catch((error) => error.code);
        let acted: Promise<unknown> | undefined;
        a.once('sendFailed', () => {
          acted = act === 'send' ? a.send(message(4, 10)) : act === 'close' ? a.close() : Promise.resolve(a.abort());
        });
        await stacks.network.advance(1000);
        const received = numbersOf(b).catch((error) => error.code);
        await stacks.network.advance(10_000);
        await Promise.all([first, late, acted]);
        expect(await last).toBe(act === 'abort' ? 'ECONNRESET' : undefined);
        expect(a.bufferedBytes).toBe(0);
        if (act === 'send') await a.close();
        expect(await received).toEqual({ send: [1, 3, 4], close: [1, 3], abort: 'ECONNRESET' }[act]);
      },
      { limitMs: 1e7 },
    );
  }
});

test('calls in a close listener fail at once with the error of the association', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const codes: Promise<string | undefined>[] = [];
    b.on('close', () => {
      codes.push(codeOf(b.send('late')), codeOf(b.receive()), codeOf(b.resetStreams({ outgoing: 'all' })));
      b.abort();
      void b.close();
    });
    a.abort('enough');
    await b.closed;
    expect(await Promise.all(codes)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
  }));

test('a shutdown listener may close the association: the remaining messages are still received', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const closed: Promise<void>[] = [];
    b.on('shutdown', () => closed.push(b.close()));
    await a.send('one');
    await a.close();
    expect(textOf(await b.receive())).toBe('one');
    expect(await b.receive()).toBeUndefined();
    await Promise.all(closed);
  }));

test('once() calls a senderDry listener only once, and at once if everything is already acknowledged', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    let dry = 0;
    a.once('senderDry', () => dry++);
    await stacks.network.advance(10);
    a.once('senderDry', () => dry++);
    await a.send('x');
    await stacks.network.advance(1000);
    expect(dry).toBe(2);
  }));
