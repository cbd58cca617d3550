import { expect } from 'vitest';
import type { SctpError } from '../../src/index.js';
import type { Message } from '../../src/stack/socket/message.js';
import { numberOf } from './fixture.js';
import { STREAMS } from './program.js';

/** A sent message and its outcome for the sender. Its number is its index in the list. */
export class Sent {
  outcome: 'pending' | 'taken' | 'rejected' = 'pending';
  /** Its `sendFailed` event. */
  failure: { readonly sent: boolean; readonly whole: boolean } | undefined;
  /** Its writable was aborted, so it may arrive although its write rejects. */
  isWithdrawn = false;
  promise: Promise<void> = Promise.resolve();

  constructor(
    readonly length: number,
    readonly stream: number,
    readonly unordered: boolean,
    readonly isReliable: boolean,
  ) {}

  promised(promise: Promise<void>): void {
    this.promise = promise.then(
      () => {
        this.outcome = 'taken';
      },
      () => {
        this.outcome = 'rejected';
      },
    );
  }

  failed(failure: { readonly sent: boolean; readonly whole: boolean }): void {
    this.failure = failure;
  }
}

/** A receiver of messages, in the order of its receive calls. */
export class Consumer {
  readonly name: string;
  readonly messages: (Message | undefined)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(message: Message): void {
    this.messages.push(message);
  }

  /** Reserves a place for the message of the current receive call. */
  slot(): (message: Message | undefined) => void {
    const index = this.messages.push(undefined) - 1;
    return (message) => {
      this.messages[index] = message;
    };
  }
}

export interface Record {
  readonly sent: Sent[];
  readonly consumers: Consumer[];
  hasAborted: boolean;
  /** The error that ended the association. */
  error: SctpError | undefined;
}

/** Checks what holds for the messages in one direction of any program. */
export function check(from: Record, to: Record): void {
  const isAborted = from.hasAborted || to.hasAborted;
  if (!isAborted) expect([from.error, to.error], 'an end that was not requested').toEqual([undefined, undefined]);
  const arrived = arrivals(from, to);
  checkOrder(to);
  for (const [number, sent] of from.sent.entries()) {
    const what = `message ${number} (${sent.length} bytes on stream ${sent.stream})`;
    const hasArrived = arrived.has(number);
    expect(sent.outcome, what).not.toBe('pending');
    if (sent.outcome === 'rejected' && !sent.isWithdrawn) expect(hasArrived, `${what} was rejected`).toBe(false);
    if (sent.failure?.sent === false && sent.failure.whole) expect(hasArrived, `${what} was never sent`).toBe(false);
    if (isAborted || sent.outcome === 'rejected') continue;
    if (sent.isReliable) expect(sent.failure, `${what} failed`).toBeUndefined();
    expect(hasArrived || sent.failure !== undefined, `${what} has neither arrived nor failed`).toBe(true);
  }
}

/** Checks that each message arrived at most once, complete and unchanged; returns their numbers. */
function arrivals(from: Record, to: Record): Set<number> {
  const arrived = new Set<number>();
  for (const { name, messages } of to.consumers) {
    for (const message of messages) {
      if (!message) continue;
      const number = numberOf(message);
      const { length, stream, unordered } = from.sent[number] ?? {};
      const { data, ...received } = message;
      expect(received, `message ${number}, by ${name}`).toMatchObject({ ppid: number, stream, unordered });
      expect(data.length, `bytes of message ${number}`).toBe(length);
      expect(
        data.subarray(4).every((byte) => byte === (number & 0xff)),
        `bytes of message ${number}`,
      ).toBe(true);
      expect(arrived.has(number), `message ${number} twice`).toBe(false);
      arrived.add(number);
    }
  }
  return arrived;
}

function checkOrder(to: Record): void {
  for (const { name, messages } of to.consumers) {
    const ordered = messages.filter((message) => message !== undefined && !message.unordered) as Message[];
    for (let stream = 0; stream < STREAMS; stream++) {
      const numbers = ordered.filter((message) => message.stream === stream).map(numberOf);
      expect(numbers, `order of stream ${stream}, by ${name}`).toEqual([...numbers].sort((a, b) => a - b));
    }
  }
}
