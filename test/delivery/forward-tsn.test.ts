import { describe, expect, test } from 'vitest';
import { BEGINNING, END, UNORDERED } from '../support/fragmenting-peer.js';
import { connected, pattern, withTwoStacks } from '../support/two-stacks.js';
import { read, watch, withPeers } from './fixture.js';

const SMALL = { receiveBufferBytes: 65_536 } as const;
/** Enough fragments to start partial delivery. */
const MANY = 30;

describe.each(['one-to-one', 'one-to-many'] as const)('%s: a partially delivered message', (style) => {
  const cases = [false, true].flatMap((interleaved) =>
    [false, true].flatMap((unordered) => [true, false].map((early) => [interleaved, unordered, early] as const)),
  );
  test.each(cases)(
    'is never received if the peer abandons it, I-DATA %s, unordered %s, read from the start %s',
    (interleaved, unordered, early) =>
      withPeers({ ...SMALL, style }, [{ interleaved }], async (stacks, [peer], [association]) => {
        const seen = watch(association!, early);
        const flags = unordered ? UNORDERED : 0;
        for (let round = 0; round < 5; round++) {
          const number = 2 * round;
          await peer!.begin(MANY, { number, flags });
          if (early) await stacks.network.advance(300);
          const last = peer!.tsn++;
          await peer!.send(peer!.forward(last, unordered && !interleaved ? [] : [{ stream: 0, number, unordered }]));
          const next = { number: number + 1, flags: flags | BEGINNING, payload: 'ne' };
          await peer!.send(peer!.data(next));
          await peer!.send(peer!.data({ ...next, fsn: 1, flags: flags | END, payload: 'xt' }));
        }
        await peer!.send(peer!.data({ stream: 1, payload: 'other' }));
        if (!early) void read(seen);
        await stacks.network.advance(1000);
        expect(seen.received.sort()).toEqual(['next', 'next', 'next', 'next', 'next', 'other']);
        expect(seen.events).toEqual(
          Array(5).fill(unordered ? 'aborted 0 unordered' : expect.stringMatching('aborted 0/')),
        );
        // Further chunks elicit a SACK with the current window.
        await peer!.send(peer!.data({ stream: 1, number: 1, payload: 'x' }), peer!.data({ stream: 1, number: 2 }));
        await stacks.network.advance(1000);
        await peer!.send(peer!.data({ stream: 1, number: 3 }), peer!.data({ stream: 1, number: 4 }));
        await stacks.network.advance(1000);
        const sacks = peer!.chunks().flatMap((chunk) => (chunk.type === 'SACK' ? [chunk.receiverWindow] : []));
        expect(sacks.at(-1)).toBeGreaterThan(65_000);
      }),
  );

  test.each([
    [1, 'of a message that has not arrived'],
    [2, 'of a complete message that waits behind it'],
  ])('ends when FORWARD TSN has a later SSN, %i, %s', (upTo) =>
    withPeers({ ...SMALL, style }, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      await peer!.begin(MANY);
      const last = peer!.tsn++;
      if (upTo === 2) await peer!.send(peer!.data({ number: 1, payload: 'one' }));
      const given = upTo === 2 ? peer!.tsn++ : last;
      await peer!.send(peer!.forward(given, [{ stream: 0, number: upTo }]));
      await peer!.send(peer!.data({ number: upTo + 1, payload: 'next' }));
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(upTo === 2 ? ['one', 'next'] : ['next']);
      expect(seen.events).toEqual(['aborted 0/0']);
    }),
  );
});

test.each([false, true])("FORWARD TSN of one peer does not affect another peer's message, I-DATA %s", (interleaved) =>
  withPeers(
    { ...SMALL, style: 'one-to-many' },
    [{ interleaved }, { interleaved, port: 4001, tag: 0x2222 }],
    async (stacks, [x, y], [ofX, ofY]) => {
      const [seenX, seenY] = [watch(ofX!), watch(ofY!)];
      await y!.begin(MANY);
      await x!.send(x!.forward(x!.tsn++, [{ stream: 0, number: 0 }]));
      await y!.send(y!.data({ fsn: MANY, flags: END, payload: 'end' }));
      await y!.send(y!.data({ number: 1, payload: 'y' }));
      await x!.send(x!.data({ number: 1, payload: 'x' }));
      await stacks.network.advance(1000);
      expect(seenY.received).toEqual([`${MANY * 1300 + 3} bytes`, 'y']);
      expect(seenX.received).toEqual(['x']);
      expect([...seenX.events, ...seenY.events]).toEqual([]);
    },
  ),
);

describe('unordered messages after an abandoned one', () => {
  const U = UNORDERED;
  const run = (steps: readonly (number | readonly [tsn: number, flags: number, payload: string])[]) => {
    let result: string[] = [];
    return withPeers({}, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      for (const step of steps) {
        await peer!.send(
          typeof step === 'number'
            ? peer!.forward(step)
            : peer!.data({ tsn: step[0], flags: step[1], payload: step[2] }),
        );
        await stacks.network.advance(300);
      }
      expect(peer!.aborts()).toEqual([]);
      result = seen.received;
    }).then(() => result);
  };

  test('are received even if only a middle fragment of one had arrived', async () => {
    const received = await run([
      [1004, U, 're'],
      1001,
      [1002, U | BEGINNING | END, 'single'],
      [1003, U | BEGINNING, 'th'],
      [1005, U | END, 'e!'],
    ]);
    expect(received).toEqual(['single', 'three!']);
  });

  test('are received whether they arrive before or after FORWARD TSN', async () => {
    const received = await run([
      [1000, U | BEGINNING, 'xx'],
      [1002, U | BEGINNING | END, 'single'],
      [1004, U, 're'],
      1001,
      [1003, U | BEGINNING, 'th'],
      [1005, U | END, 'e!'],
      [1006, U | BEGINNING, 'ag'],
      [1007, U | END, 'ain'],
    ]);
    expect(received).toEqual(['single', 'three!', 'again']);
  });

  test('are received, but late fragments of the abandoned one are not', async () => {
    const received = await run([
      [1003, U | END, 'late'],
      1001,
      [1002, U, 'late'],
      [1004, U | BEGINNING, 'ne'],
      [1005, U | END, 'xt'],
    ]);
    expect(received).toEqual(['next']);
  });
});

test.each([
  ['ordered', false],
  ['unordered', true],
])(
  'each large %s message that the peer abandons is reported once, and reliable messages after it arrive',
  (_, unordered) =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks);
        const seen = watch(b);
        let count = 0;
        stacks.network.filter(({ bytes }) =>
          bytes[12] === 0 && bytes.length > 500 && ++count === 60 ? 'drop' : undefined,
        );
        await a.send(pattern(100_000), { stream: 1, unordered, reliability: { retransmits: 0 } });
        await stacks.network.advance(5000);
        for (let index = 0; index < 20; index++) await a.send(pattern(70_000 + index), { stream: 1, unordered });
        await a.send('other', { stream: 2 });
        await stacks.network.advance(20_000);
        const expected = Array.from({ length: 20 }, (_, index) => `${70_000 + index} bytes`);
        expect(seen.received.filter((each) => each !== 'other').sort()).toEqual(expected);
        expect(seen.received).toContain('other');
        expect(seen.events).toHaveLength(1);
      },
      { conditions: { latencyMs: 20 } },
    ),
);
