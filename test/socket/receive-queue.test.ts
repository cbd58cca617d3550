import { expect, test } from 'vitest';
import { ReceiveQueue, type ReceiveQueueOwner } from '../../src/association/messages/receive-queue.js';
import { ReceiveQueues } from '../../src/association/messages/receive-queues.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import { costOf, type Message } from '../../src/stack/socket/message.js';

const messageOf = (stream: number, length: number): Message => ({
  data: new Uint8Array(length),
  stream,
  ppid: 0,
  unordered: false,
  ssn: 0,
  tsn: 0,
});

/** Counts the bytes that are read ahead, as a socket does, and calls back when messages leave or are wanted. */
class Counter implements ReceiveQueueOwner {
  bytes = 0;
  onLeft: () => void = () => undefined;

  push(inbox: { push(message: Message): void }, message: Message): void {
    this.bytes += costOf(message);
    inbox.push(message);
  }

  messagesLeft(cost: number): void {
    this.bytes -= cost;
    this.onLeft();
  }

  messageWanted(): void {
    this.onLeft();
  }
}

test('the count of bytes read ahead returns to 0 if discarding makes the owner read on and discard again', () => {
  const counter = new Counter();
  const inbox = new ReceiveQueue(new VirtualClock(), counter);
  for (const length of [10, 20, 30]) counter.push(inbox, messageOf(0, length));
  counter.onLeft = () => {
    counter.onLeft = () => undefined;
    counter.push(inbox, messageOf(0, 5));
    inbox.discard();
  };
  inbox.discard();
  expect([counter.bytes, inbox.cost]).toEqual([0, 0]);
  counter.push(inbox, messageOf(0, 5));
  inbox.end();
  expect(counter.bytes).toBe(0);
});

test('the count returns to 0 after take, claim, discard, end and reset in any order, also while the owner reads on', async () => {
  for (const acts of ['take', 'claim', 'discard', 'end', 'reset'].flatMap((a) =>
    ['take', 'claim', 'discard', 'end', 'reset'].map((b) => [a, b] as const),
  )) {
    const counter = new Counter();
    const inboxes = new ReceiveQueues(new VirtualClock(), counter);
    const act = (what: string) => {
      if (what === 'take') void inboxes.take({}).catch(() => undefined);
      else if (what === 'claim') void inboxes.claim(1).take({});
      else if (what === 'discard') inboxes.discard();
      else if (what === 'end') inboxes.end();
      else inboxes.reset('all');
    };
    for (const stream of [0, 1, 1, 2]) counter.push(inboxes, messageOf(stream, 100));
    counter.onLeft = () => {
      counter.onLeft = () => undefined;
      counter.push(inboxes, messageOf(1, 50));
      act(acts[1]);
      counter.push(inboxes, messageOf(1, 60));
    };
    act(acts[0]);
    expect(counter.bytes, acts.join()).toBe(inboxes.cost);
    inboxes.discard();
    inboxes.end();
    expect(counter.bytes, acts.join()).toBe(0);
  }
});

test('messages of a stream whose claim ends stay in order, even if pending takes make the owner read on', async () => {
  const counter = new Counter();
  const inboxes = new ReceiveQueues(new VirtualClock(), counter);
  const stream = inboxes.claim(1);
  inboxes.reset([1]); // the end, which has not been taken yet
  const any = [inboxes.take({}), inboxes.take({}), inboxes.take({})];
  for (const length of [1, 2]) counter.push(inboxes, messageOf(1, length));
  counter.onLeft = () => {
    counter.onLeft = () => undefined;
    counter.push(inboxes, messageOf(1, 3));
  };
  expect(await stream.take({})).toBeUndefined();
  expect((await Promise.all(any)).map((message) => message?.data.length)).toEqual([1, 2, 3]);
});
