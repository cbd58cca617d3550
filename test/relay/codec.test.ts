import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../src/address.js';
import { closeText } from '../../src/relay/close-codes.js';
import {
  type ClientMessage,
  decodeClientMessage,
  decodeRelayMessage,
  encodeControl,
  type RelayMessage,
} from '../../src/relay/codec.js';
import { type Datagram, encodeDatagrams, MAX_MESSAGE_BYTES } from '../../src/relay/datagrams.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = fc.oneof(bytes(4), bytes(16)).map(formatAddress);
const peer = fc.record({ address, port: fc.integer({ min: 1, max: 65_535 }) });
const uint32 = fc.nat(0xffff_ffff);
const port = fc.integer({ min: 1, max: 65_535 });
const tag = fc.record({ port, peerPort: port, tag: fc.integer({ min: 1, max: 0xffff_ffff }) });
const text = fc.string({ unit: 'grapheme' });
const datagram: fc.Arbitrary<Datagram> = fc.record({
  local: fc.nat(127),
  peer,
  bytes: fc.uint8Array({ minLength: 1, maxLength: 1500 }),
});

const fromClient: fc.Arbitrary<Exclude<ClientMessage, { type: 'datagrams' }>> = fc.oneof(
  fc.record({
    type: fc.constant('allocate' as const),
    port: fc.nat(65_535),
    resumption: fc.oneof(bytes(0), bytes(16)),
    ticket: text,
  }),
  fc.record({ type: fc.constant('permit' as const), peers: fc.array(peer, { minLength: 1, maxLength: 64 }) }),
  fc.record({ type: fc.constant('tags' as const), tags: fc.array(tag, { minLength: 1, maxLength: 64 }) }),
  fc.record({ type: fc.constant('ping' as const), value: uint32 }),
);

const fromRelay: fc.Arbitrary<Exclude<RelayMessage, { type: 'datagrams' }>> = fc.oneof(
  fc.record({
    type: fc.constant('allocated' as const),
    resumed: fc.boolean(),
    mtu: fc.nat(65_535),
    pingMs: uint32,
    resumption: bytes(16),
    locals: fc.array(peer, { minLength: 1, maxLength: 8 }),
  }),
  fc.record({
    type: fc.constant('refused' as const),
    peer,
    reason: fc.constantFrom('destination' as const, 'limit' as const, 'unreachable' as const, 'taken' as const),
    text,
  }),
  fc.record({ type: fc.constant('pong' as const), value: uint32 }),
  fc.record({ type: fc.constant('draining' as const), withinMs: uint32 }),
);

describe('the relay codec', () => {
  test('the relay decodes what a client encodes; a client doesn’t', () => {
    fc.assert(
      fc.property(fromClient, (message) => {
        expect(decodeClientMessage(encodeControl(message))).toEqual(message);
        expect(decodeRelayMessage(encodeControl(message))).toBeUndefined();
      }),
    );
  });

  test('a client decodes what the relay encodes; a relay doesn’t', () => {
    fc.assert(
      fc.property(fromRelay, (message) => {
        expect(decodeRelayMessage(encodeControl(message))).toEqual(message);
        expect(decodeClientMessage(encodeControl(message))).toBeUndefined();
      }),
    );
  });

  test('datagrams keep their order and bytes, in as few messages as possible', () => {
    fc.assert(
      fc.property(fc.array(datagram, { maxLength: 120 }), (datagrams) => {
        const messages = encodeDatagrams(datagrams);
        const decoded = messages.flatMap((message) => {
          expect(message.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
          const found = decodeClientMessage(message);
          return found?.type === 'datagrams' ? found.datagrams : [];
        });
        expect(decoded).toEqual(datagrams);
        const total = datagrams.reduce((sum, each) => sum + each.bytes.length + 21, 1);
        expect(messages.length).toBeLessThanOrEqual(Math.ceil(total / (MAX_MESSAGE_BYTES - 1521)));
      }),
      { numRuns: 50 },
    );
  });

  test('a datagram that fits into no message is left out', () => {
    const peer = { address: '192.0.2.1', port: 9899 };
    const sizes = [65_527, 65_526, 1];
    const messages = encodeDatagrams(sizes.map((size) => ({ local: 0, peer, bytes: new Uint8Array(size) })));
    expect(messages.map(({ length }) => length)).toEqual([65_536, 11]);
  });

  test('decoding rubbish never throws, and whatever is decoded encodes to the same bytes', () => {
    const encoded = fc.oneof(
      fc.oneof(fromClient, fromRelay).map(encodeControl),
      fc.array(datagram, { minLength: 1, maxLength: 3 }).map((datagrams) => encodeDatagrams(datagrams)[0]!),
    );
    const mutated = fc
      .tuple(encoded, fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 4 }), fc.nat(4000))
      .map(([message, changes, end]) => {
        const copy = message.slice(0, end);
        for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
        return copy;
      });
    const shaped = fc
      .tuple(fc.nat(9), fc.uint8Array({ maxLength: 200 }))
      .map(([type, rest]) => Uint8Array.of(type, ...rest));
    fc.assert(
      fc.property(fc.oneof(mutated, shaped, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        for (const message of [decodeClientMessage(bytes), decodeRelayMessage(bytes)]) {
          if (message === undefined) continue;
          const again = message.type === 'datagrams' ? encodeDatagrams(message.datagrams)[0] : encodeControl(message);
          expect(again).toEqual(bytes);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test('an IPv4-mapped IPv6 address is not accepted', () => {
    const mapped = [...new Uint8Array(10), 0xff, 0xff, 127, 0, 0, 1];
    expect(decodeClientMessage(Uint8Array.of(0, 0x80, ...mapped, 0x26, 0xab, 0, 1, 9))).toBeUndefined();
    expect(decodeClientMessage(Uint8Array.of(3, 6, ...mapped, 0x26, 0xab))).toBeUndefined();
  });

  test('a message that is too long is not accepted', () => {
    expect(decodeClientMessage(new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(1))).toBeUndefined();
  });

  test('the text of a close frame is truncated to fit into it', () => {
    fc.assert(fc.property(text, (reason) => Buffer.byteLength(closeText(reason)) <= 123));
    expect(closeText('x'.repeat(200))).toMatch(/^x{120}\.\.\.$/);
  });
});
