import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDcep, encodeAck, encodeOpen } from '../../src/datachannel/dcep.js';

/** The DATA_CHANNEL_OPEN of a channel `ab`, partially reliable with 5 retransmissions, unordered. */
const OPEN = Uint8Array.of(3, 0x81, 1, 0, 0, 0, 0, 5, 0, 2, 0, 1, 0x61, 0x62, 0x63);

test('the messages of RFC 8832 have their bytes', () => {
  const open = { ordered: false, reliability: { retransmits: 5 }, priority: 256, label: 'ab', protocol: 'c' } as const;
  expect(encodeOpen(open)).toEqual(OPEN);
  expect(decodeDcep(OPEN)).toEqual({ type: 'open', ...open });
  expect(encodeAck()).toEqual(Uint8Array.of(2));
  expect(decodeDcep(encodeAck())).toEqual({ type: 'ack' });
});

test('each DATA_CHANNEL_OPEN is decoded as it was encoded', () => {
  const reliability = fc.oneof(
    fc.constant(undefined),
    fc.record({ retransmits: fc.nat(0xffff) }),
    fc.record({ lifetimeMs: fc.nat(0xffff) }),
  );
  const text = fc.string({ unit: 'grapheme', maxLength: 50 });
  const open = fc.record({
    ordered: fc.boolean(),
    reliability,
    priority: fc.nat(0xffff),
    label: text,
    protocol: text,
  });
  fc.assert(
    fc.property(open, (each) => {
      expect(decodeDcep(encodeOpen(each))).toEqual({ type: 'open', ...each });
    }),
  );
});

test.each<[string, Uint8Array]>([
  ['an empty message', new Uint8Array()],
  ['a type that does not exist', Uint8Array.of(1, ...OPEN.slice(1))],
  ['an open message of 11 bytes', OPEN.slice(0, 11)],
  ['a label that is longer than the message', OPEN.slice(0, 13)],
  ['a protocol that is longer than the message', OPEN.slice(0, 14)],
  ['bytes behind the protocol', Uint8Array.of(...OPEN, 0)],
  ['a channel type that does not exist', Uint8Array.of(3, 0x83, ...OPEN.slice(2))],
  ['an acknowledgement of two bytes', Uint8Array.of(2, 0)],
])('%s is malformed', (_, bytes) => {
  expect(decodeDcep(bytes)).toEqual({ type: 'malformed', problem: expect.stringMatching(/DATA_CHANNEL|there is no/) });
});

test('random bytes never make it throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void decodeDcep(bytes)));
  const near = fc.tuple(fc.nat(OPEN.length - 1), fc.nat(255)).map(([at, octet]) => OPEN.with(at, octet));
  fc.assert(fc.property(near, (bytes) => void decodeDcep(bytes)));
});
