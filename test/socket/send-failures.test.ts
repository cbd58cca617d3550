import { expect, test } from 'vitest';
import type { SendFailure } from '../../src/association/events.js';
import { SendFailures } from '../../src/association/messages/send-failures.js';
import { SCTP_DATA_LAST_FRAG, SCTP_DATA_NOT_FRAG } from '../../src/generated/constants.js';

const MIDDLE = 0;
const LAST = SCTP_DATA_LAST_FRAG;
const FIRST = SCTP_DATA_NOT_FRAG & ~LAST;

/** The context and the data of each failure that is reported after these fragments, and whether the message is whole. */
function reported(...fragments: readonly [context: number, flags: number, stream: number, data: string][]): unknown[] {
  const failures: SendFailure[] = [];
  const collected = new SendFailures((failure) => failures.push(failure));
  for (const [context, flags, stream, text] of fragments) {
    const data = new TextEncoder().encode(text);
    collected.add({ type: 'sendFailed', associationId: 1, sent: true, stream, ppid: 0, context, flags, data });
  }
  collected.flush();
  return failures.map(({ context, data, whole }) => [context, new TextDecoder().decode(data), whole]);
}

test('fragments are put together, those of several streams mixed', () => {
  const failures = reported([1, FIRST, 0, 'a'], [2, FIRST, 1, 'x'], [1, LAST, 0, 'b'], [2, LAST, 1, 'y']);
  expect(failures).toEqual([
    [1, 'ab', true],
    [2, 'xy', true],
  ]);
});

test('two messages of a stream are two failures, even if the last fragment of one and the first of the other are missing', () => {
  const failures = reported([1, FIRST, 0, 'a'], [1, MIDDLE, 0, 'b'], [2, MIDDLE, 0, 'x'], [2, LAST, 0, 'y']);
  expect(failures).toEqual([
    [1, 'ab', false],
    [2, 'xy', false],
  ]);
});
