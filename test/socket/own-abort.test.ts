import { expect, test } from 'vitest';
import type { Packet } from '../../src/packet.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { decodePacket } from '../../src/wire/decode.js';
import { connected, failure, withTwoStacks } from '../support/two-stacks.js';

const CHUNK = 12;

/** Changes of a packet with one chunk that make it violate the protocol. */
const VIOLATIONS: Readonly<
  Record<string, { of: string; change: (bytes: Uint8Array, view: DataView) => Uint8Array; reason: RegExp }>
> = {
  'a SACK for a TSN that was never sent': {
    of: 'SACK',
    change: (bytes, view) => {
      view.setUint32(CHUNK + 4, view.getUint32(CHUNK + 4) + 1000);
      return bytes;
    },
    reason: /Protocol Violation: Cum ack/,
  },
  'DATA without user data': {
    of: 'DATA',
    change: (bytes, view) => {
      view.setUint16(CHUNK + 2, 16);
      return bytes.subarray(0, CHUNK + 16);
    },
    reason: /No User Data/,
  },
  'the first fragment of a message in the middle of another message': {
    of: 'DATA',
    change: (bytes, view) => {
      view.setUint8(CHUNK + 1, 2);
      view.setUint16(CHUNK + 10, 0); // stream sequence number
      return bytes;
    },
    reason: /Protocol Violation: First fragment/,
  },
};

test.each(Object.keys(VIOLATIONS))('%s is answered by ABORT, and the errors at both ends have the reason', (name) =>
  withTwoStacks(async (stacks) => {
    const { of, change, reason } = VIOLATIONS[name]!;
    const { a, b } = await connected(stacks);
    const [breaking, broken] = of === 'SACK' ? [b, a] : [a, b];
    const host = of === 'SACK' ? stacks.serverHost : stacks.clientHost;
    stacks.network.filter((packet: Packet, from) => {
      const isIt = from === host && decodePacket(packet.bytes).chunks[0]?.type === of;
      if (!isIt) return undefined;
      const copy = packet.bytes.slice();
      const bytes = change(copy, new DataView(copy.buffer));
      sealPacket(bytes);
      return { ...packet, bytes };
    });
    const receiving = failure(broken.receive());
    for (const text of ['one', 'two', 'three']) await a.send(text);
    const error = (await broken.closed)!;
    expect(error.code).toBe('ECONNABORTED');
    expect(error.message).toMatch(reason);
    expect(await receiving).toBe(error);
    const peerError = (await breaking.closed)!;
    expect(peerError.code).toBe('ECONNRESET');
    expect(peerError.message).toMatch(reason);
    expect(error.abort).toEqual(peerError.abort);
  }),
);

test('an association that is lost because the peer does not answer has no abort cause', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    stacks.network.filter(() => 'drop');
    await a.send('lost');
    expect((await a.closed)?.code).toBe('ETIMEDOUT');
    expect((await a.closed)?.abort).toBeUndefined();
  }));
