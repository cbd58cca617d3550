import { expect, test } from 'vitest';
import { SendQueue, type SendQueueOwner } from '../../src/association/messages/send-queue.js';
import { SctpError } from '../../src/errors.js';
import { SCTP_EOR } from '../../src/generated/constants.js';
import { VirtualClock } from '../../src/simulated.js';
import { codeOf } from '../support/two-stacks.js';

/** A send buffer with room for `room` bytes. */
class Buffer implements SendQueueOwner {
  room = 0;
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
