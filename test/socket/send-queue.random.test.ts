import { expect, test } from 'vitest';
import { SendQueue, type SendQueueOwner } from '../../src/association/messages/send-queue.js';
import type { SendInfo } from '../../src/bridge/calls.js';
import { SctpError } from '../../src/errors.js';
import { SCTP_EOR } from '../../src/generated/constants.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import { SeededRandom } from '../../src/simulated.js';

/** A send buffer: takes what fits, and calls back meanwhile, as event listeners do while the stack is called. */
class Buffer implements SendQueueOwner {
  room = 0;
  onSend: () => void = () => undefined;
  onGaveUp: () => void = () => undefined;
  /** The number and length of each whole message. */
  readonly whole: [number, number][] = [];
  readonly givenUp: number[] = [];
  /** The parts of the message that has begun, by stream if parts may be interleaved. */
  readonly #begun = new Map<number, Uint8Array[]>();

  constructor(readonly interleaves: boolean) {}

  passToStack(data: Uint8Array, { flags, context, stream }: SendInfo): number | undefined {
    const taken = Math.min(this.room, data.length);
    this.room -= taken;
    const key = this.interleaves ? stream : 0;
    if (taken > 0) this.#begun.set(key, [...(this.#begun.get(key) ?? []), data.slice(0, taken)]);
    if (taken === data.length && flags & SCTP_EOR && taken > 0) {
      const parts = this.#begun.get(key) ?? [];
      this.#begun.delete(key);
      expect(parts.every((part) => part[0] === (context & 0xff))).toBe(true); // no part of another message
      this.whole.push([context, parts.reduce((sum, { length }) => sum + length, 0)]);
    }
    this.onSend();
    return taken > 0 || data.length === 0 ? taken : undefined;
  }

  unacknowledgedBytes(): number {
    return 0;
  }

  messagesWait(): void {}

  gaveUp(_: Uint8Array, { context }: SendInfo): void {
    this.givenUp.push(context);
    this.onGaveUp();
  }

  cutOff(): void {}
}

const infoOf = (context: number, stream: number): SendInfo => ({
  associationId: 1,
  stream,
  flags: SCTP_EOR,
  ppid: 0,
  context,
  prPolicy: 0,
  prValue: 0,
});

/** Random sends, withdrawals and blocked streams, also inside of callbacks; then a failure or enough room. */
async function play(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const chance = (share: number) => random.next() < share;
  const sink = new Buffer(chance(0.5));
  const outgoing = new SendQueue(sink, new VirtualClock(), 1000, 6000);
  const sent: { number: number; stream: number; length: number; outcome: string; promise: Promise<void> }[] = [];
  let depth = 0;
  const send = () => {
    const number = sent.length;
    const [stream, length] = [random.below(3), 1 + random.below(2500)];
    const data = new Uint8Array(length).fill(number & 0xff);
    const each = { number, stream, length, outcome: 'pending', promise: Promise.resolve() };
    sent.push(each);
    try {
      each.promise = outgoing.push(data, infoOf(number, stream), random.below(3));
    } catch (error) {
      each.promise = Promise.reject(error);
    }
    each.promise.then(
      () => {
        each.outcome = 'taken';
      },
      (error) => {
        each.outcome = error.code;
      },
    );
  };
  const releases: (() => void)[] = [];
  const act = () => {
    if (depth > 2 || chance(0.4)) return;
    depth++;
    const withdrawn = sent[random.below(Math.max(1, sent.length))];
    if (chance(0.5)) send();
    else if (chance(0.3) && withdrawn) outgoing.withdraw(withdrawn.promise, new SctpError('ECANCELED' as never, 'x'));
    else if (chance(0.3)) releases.push(outgoing.block([random.below(3)], () => undefined));
    else releases.pop()?.();
    depth--;
  };
  sink.onSend = act;
  sink.onGaveUp = act;
  for (let step = 0; step < 40; step++) {
    sink.room += random.below(1500);
    if (chance(0.6)) send();
    else outgoing.flush();
    if (chance(0.3)) act();
    expect(outgoing.bytes).toBeGreaterThanOrEqual(0);
  }
  sink.onSend = () => undefined;
  sink.onGaveUp = () => undefined;
  sink.room = 1e9;
  for (const release of releases) release();
  const isFailed = chance(0.3);
  if (isFailed) outgoing.fail(() => new SctpError('ECONNRESET', 'the end'));
  else outgoing.flush();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  expect(outgoing.bytes).toBe(0);
  expect(outgoing.isWaiting).toBe(false);
  const arrived = new Map(sink.whole);
  expect(arrived.size).toBe(sink.whole.length);
  for (const { number, length, outcome } of sent) {
    expect(outcome).not.toBe('pending');
    if (arrived.has(number)) expect(arrived.get(number)).toBe(length);
    if (outcome === 'taken') expect(arrived.has(number) || sink.givenUp.includes(number)).toBe(true);
    if (sink.givenUp.includes(number)) expect([outcome, arrived.has(number)]).toEqual(['taken', false]);
  }
  for (const stream of [0, 1, 2]) {
    const order = sink.whole.map(([number]) => number).filter((number) => sent[number]?.stream === stream);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
}

test('after random sends, withdrawals and blocks messages are whole and in order, each promise is settled, 0 bytes are left', async () => {
  for (let seed = 0; seed < 300; seed++) {
    await play(seed).catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
  }
});
