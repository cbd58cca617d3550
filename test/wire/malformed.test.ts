import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chunk } from '../../src/wire/chunk.js';
import { decodePacket } from '../../src/wire/decode.js';
import { describePacket } from '../../src/wire/describe.js';
import { chunk, dataChunk, init, parameter, sctp, u8, u16, u32 } from '../support/packets.js';

/** The only chunk of a packet. */
function only(bytes: Uint8Array): Chunk {
  const { chunks, malformed } = decodePacket(sctp(bytes));
  expect(malformed).toBeUndefined();
  expect(chunks).toHaveLength(1);
  return chunks[0]!;
}

describe('rubbish', () => {
  test.each([
    ['nothing', u8(), '0 bytes are shorter than a common header'],
    ['half a header', u8(1, 2, 3, 4, 5, 6), '6 bytes are shorter than a common header'],
    ['a header alone', sctp(), 'no chunk'],
    ['a ragged end', sctp(u8(11, 0, 0, 4, 0)), '17 bytes are not a multiple of 4'],
  ])('%s is called malformed', (_, bytes, malformed) => {
    expect(decodePacket(bytes)).toMatchObject({ malformed });
  });

  test.each([
    ['a length of 0', u8(3, 0, 0, 0), 'length 0 is less than a header'],
    ['a length beyond the end', u8(3, 0, 0, 99), 'length 99, but only 4 bytes are left'],
    ['a chunk too short for its type', chunk(1, 0, u32(1)), 'too short for INIT'],
    [
      'a SACK that announces more than fits',
      chunk(3, 0, u32(1, 2), u16(9, 0)),
      'announces 9 gaps and 0 duplicates, more than fit',
    ],
  ])('%s makes the chunk malformed, and the ones before it stay', (_, bad, reason) => {
    const { chunks } = decodePacket(sctp(chunk(11, 0), bad));
    expect(chunks).toMatchObject([{ type: 'COOKIE ACK' }, { type: 'MALFORMED', reason }]);
  });

  test('a bad parameter is described, and the ones before it stay', () => {
    const decoded = only(init(parameter(0xc000), parameter(5, u8(1, 2)), parameter(0xc001, u8(1))));
    expect(decoded).toMatchObject({
      parameters: [
        { name: 'Forward TSN Supported' },
        { name: 'IPv4 Address', malformed: '2 bytes instead of 4' },
        { name: 'Add IP Address', malformed: '1 bytes are too few' },
      ],
    });
  });

  test('parameters that nest without end are left alone', () => {
    let nested = u8();
    for (let depth = 0; depth < 8000; depth++)
      nested = depth < 100 || depth % 100 === 0 ? parameter(0xc001, u32(1), nested) : nested;
    expect(only(chunk(0xc1, 0, u32(1), nested)).type).toBe('ASCONF');
    expect(() => describePacket(sctp(u8(0xc1, 0, 0xff, 0xf0), new Uint8Array(65_516).fill(0xc0)))).not.toThrow();
  });

  test('no bytes make the decoder throw', () => {
    const types = [0, 1, 2, 3, 4, 5, 6, 9, 10, 15, 64, 0x80, 0x82, 0xc0, 0xc1, 0xc2];
    const half = fc.uint8Array({ maxLength: 64 });
    const likely = fc
      .tuple(fc.constantFrom(...types), fc.nat(255), half)
      .map(([type, flags, value]) => chunk(type, flags, value));
    const packet = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(likely, { maxLength: 5 }).map((all) => sctp(...all)),
    );
    fc.assert(
      fc.property(packet, (bytes) => {
        expect(decodePacket(bytes).chunks.length).toBeLessThanOrEqual(1 + bytes.length / 4);
        expect(typeof describePacket(bytes)).toBe('string');
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });

  test('neither does a good packet with some bytes changed', () => {
    const good = sctp(
      init(parameter(5, u8(10, 0, 1, 1)), parameter(0x8008, u8(1, 2))),
      chunk(0xc1, 0, u32(1), parameter(0xc001, u32(1), parameter(5, u8(1, 2, 3, 4)))),
    );
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(good.length), (changes, length) => {
        const bad = good.slice(0, length);
        for (const [at, value] of changes) if (at < length) bad[at] = value;
        expect(typeof describePacket(bad)).toBe('string');
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });
});

describe('packets in words', () => {
  test.each([
    ['INIT', init()],
    ['DATA sid 3 ssn 0 tsn 17 5 B + SACK 16', dataChunk(17, 'hello'), chunk(3, 0, u32(16, 5000), u16(0, 0))],
    ['DATA sid 1 unordered tsn 5 2 B first', chunk(0, 6, u32(5), u16(1, 0), u32(0), u16(1))],
    ['I-DATA sid 1 mid 8 tsn 5 2 B last', chunk(64, 1, u32(5), u16(1, 0), u32(8, 0), u16(1))],
    ['SACK 16 +2-3 +5-5', chunk(3, 0, u32(16, 5000), u16(2, 0), u16(2, 3, 5, 5))],
    ['ABORT (User-Initiated Abort)', chunk(6, 0, parameter(12))],
    ['COOKIE ECHO + SHUTDOWN 3', chunk(10, 0, u32(1)), chunk(7, 0, u32(3))],
    ['RE-CONFIG (SSN/TSN Reset Request)', chunk(0x82, 0, parameter(15, u32(1)))],
    ['ASCONF 7 + chunk type 99', chunk(0xc1, 0, u32(7)), chunk(99, 0)],
    ['malformed chunk type 1 (too short for INIT)', chunk(1, 0)],
    ['(malformed: no chunk)'],
  ] as [string, ...Uint8Array[]][])('%s', (words, ...chunks) => {
    expect(describePacket(sctp(...chunks))).toBe(words);
  });
});
