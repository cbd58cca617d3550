import { expect, test } from 'vitest';
import { SendQueue, type SendQueueOwner } from '../../src/association/messages/send-queue.js';
import { SctpError } from '../../src/errors.js';
import { SCTP_EOR } from '../../src/generated/constants.js';
import { VirtualClock } from '../../src/simulated.js';
import { MESSAGE_BYTES } from '../../src/stack/socket/message.js';
import { codeOf } from '../support/two-stacks.js';

/** A send buffer with room for `room` bytes. */
class Buffer implements SendQueueOwner {
  room = 0;
  interleaves = false;
  readonly taken: number[] = [];

  passToStack(data: Uint8Array): number | undefined {
    const bytes = Math.min(this.room, data.length);
    this.room -= bytes;
    if (bytes > 0) this.taken.push(bytes);
    return bytes > 0 ? bytes : undefined;
  }

  unacknowledgedBytes(): number {
    return 0;
  }

  messagesWait(): void {}
  gaveUp(): void {}
  cutOff(): void {}
}

const INFO = { associationId: 1, stream: 0, flags: SCTP_EOR, ppid: 0, context: 0, prPolicy: 0, prValue: 0 };
const EPIPE = () => new SctpError('EPIPE', 'the peer is shutting the association down');

test('when the peer shuts down, a partly sent message is finished, and the others are rejected', async () => {
  const buffer = new Buffer();
  const outgoing = new SendQueue(buffer, new VirtualClock(), 1000, 1_000_000);
  buffer.room = 1500;
  const begun = outgoing.push(new Uint8Array(2500), INFO, 0);
  const others = [outgoing.push(new Uint8Array(100), INFO, 0), outgoing.push(new Uint8Array(3000), INFO, 0)].map(
    codeOf,
  );
  outgoing.refuse(EPIPE);
  expect(await Promise.all(others)).toEqual(['EPIPE', 'EPIPE']);
  expect(outgoing.bytes).toBe(1000);
  buffer.room = 10_000;
  outgoing.flush();
  await begun;
  expect(buffer.taken.reduce((sum, bytes) => sum + bytes, 0)).toBe(2500);
  expect([outgoing.bytes, outgoing.isWaiting]).toEqual([0, false]);
});

test('with I-DATA streams take turns: a message on another stream doesn’t wait for the end of a large one', async () => {
  const buffer = new Buffer();
  buffer.interleaves = true;
  const outgoing = new SendQueue(buffer, new VirtualClock(), 1000, 1_000_000);
  buffer.room = 1500;
  const large = outgoing.push(new Uint8Array(5000), INFO, 0);
  const sameStream = outgoing.push(new Uint8Array(10), INFO, 0);
  const done: string[] = [];
  const other = outgoing.push(new Uint8Array(20), { ...INFO, stream: 1 }, 0);
  for (const [name, sent] of Object.entries({ large, sameStream, other })) sent.then(() => done.push(name));
  buffer.room = 600; // the turn of stream 0 came with push
  outgoing.flush();
  buffer.room = 600;
  outgoing.flush();
  await other;
  expect(done).toEqual(['other']);
  buffer.room = 10_000;
  outgoing.flush();
  await sameStream;
  expect(done).toEqual(['other', 'large', 'sameStream']);
});

test('with I-DATA two partly sent messages are finished when the peer shuts down, and the others are rejected', async () => {
  const buffer = new Buffer();
  buffer.interleaves = true;
  const outgoing = new SendQueue(buffer, new VirtualClock(), 1000, 1_000_000);
  buffer.room = 1500;
  const begun = [0, 1].map((stream) => outgoing.push(new Uint8Array(2500), { ...INFO, stream }, 0));
  const unbegun = [0, 1, 2].map((stream) => codeOf(outgoing.push(new Uint8Array(100), { ...INFO, stream }, 0)));
  for (const room of [100, 100]) {
    buffer.room = room;
    outgoing.flush();
  }
  outgoing.refuse(EPIPE);
  expect(await Promise.all(unbegun)).toEqual(['EPIPE', 'EPIPE', 'EPIPE']);
  expect(outgoing.bytes).toBe(5000 - 1700);
  buffer.room = 10_000;
  outgoing.flush();
  await Promise.all(begun);
  expect([outgoing.bytes, outgoing.isWaiting]).toEqual([0, false]);
});

/** The least of three measurements for each step: a busy machine interrupts some of them. */
function leastTimesOf(count: number, interleaves: boolean): ReturnType<typeof timesOf> {
  const least = timesOf(count, interleaves);
  for (let round = 1; round < 3; round++) {
    for (const [step, us] of Object.entries(timesOf(count, interleaves))) {
      least[step as keyof typeof least] = Math.min(us, least[step as keyof typeof least]);
    }
  }
  return least;
}

/** How long each step takes with so many messages in the queue, in µs for each message. */
function timesOf(
  count: number,
  interleaves = false,
): Record<'wait' | 'refuse' | 'give up' | 'withdraw' | 'take', number> {
  const buffer = new Buffer();
  buffer.interleaves = interleaves;
  const outgoing = new SendQueue(buffer, new VirtualClock(), 1000, count * (1 + MESSAGE_BYTES));
  const messages = Array.from({ length: count }, () => new Uint8Array(1));
  const each = (some: readonly Uint8Array[], step: (data: Uint8Array, index: number) => void) => {
    const start = performance.now();
    some.forEach(step);
    return ((performance.now() - start) / some.length) * 1000;
  };
  const sent: Promise<void>[] = [];
  const push = (data: Uint8Array, priority: number) => {
    const promise = outgoing.push(data, INFO, priority);
    promise.catch(() => undefined);
    sent.push(promise);
  };
  const some = messages.slice(0, 2000);
  const wait = each(messages, (data, index) => push(data, 1 + (index % 3)));
  let refused = 0;
  const refuse = each(some, (data) => {
    try {
      push(data, 3);
    } catch {
      refused++;
    }
  });
  expect(refused).toBe(some.length);
  const giveUp = each(some, (data) => push(data, 0));
  const withdraw = each(some, (_, index) => outgoing.withdraw(sent[count / 2 - index]!, new Error('withdrawn')));
  buffer.room = count;
  const start = performance.now();
  outgoing.flush();
  const take = ((performance.now() - start) / count) * 1000;
  expect([outgoing.bytes, outgoing.isWaiting]).toEqual([0, false]);
  return { wait, refuse, 'give up': giveUp, withdraw, take };
}

test.each([
  ['DATA', false],
  ['I-DATA', true],
])(
  '%s: messages wait, are refused, given up, withdrawn and taken as fast in a queue of 100,000 as in one of 5,000',
  (_, interleaves) => {
    timesOf(5000, interleaves);
    const few = timesOf(5000, interleaves);
    const many = leastTimesOf(100_000, interleaves);
    for (const [step, us] of Object.entries(many)) {
      const atMost = 8 * few[step as keyof typeof few] + 20;
      expect(us, `${step}: ${JSON.stringify({ few, many })}`).toBeLessThan(atMost);
    }
  },
);
