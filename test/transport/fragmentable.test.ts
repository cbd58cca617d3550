import { expect, test } from 'vitest';
import { fragmentable } from '../../src/transport/udp/fragmentable.js';
import { packetChecksum, storedChecksum } from '../../src/wire/crc32c.js';
import { decodePacket } from '../../src/wire/decode.js';
import { chunkOf, data, packetOf } from '../support/packets.js';

const HEADER = { sourcePort: 1, destinationPort: 2, tag: 3 };

test.each([1300, 1301, 1302, 1303, 1496])(
  'a packet of %d bytes gets a PAD chunk that makes it larger than an Ethernet frame',
  (bytes) => {
    const packet = packetOf(HEADER, data({ tsn: 1, payload: new Uint8Array(bytes - 12 - 16) }));
    const padded = fragmentable(packet);
    const { chunks, malformed } = decodePacket(padded);
    expect(malformed).toBeUndefined();
    expect(chunks.map(({ type }) => type)).toEqual(['DATA', 'PAD']);
    expect(padded.length).toBeGreaterThan(1500);
    expect(padded.length).toBeLessThan(1520);
    expect(storedChecksum(padded)).toBe(packetChecksum(padded));
    expect(padded.subarray(12, packet.length)).toEqual(packet.subarray(12));
  },
);

test.each([
  ['that is larger already', packetOf(HEADER, data({ tsn: 1, payload: new Uint8Array(1600) }))],
  ['with INIT, which must be alone in its packet', packetOf(HEADER, chunkOf('INIT', new Uint8Array(1300)))],
])('a packet %s stays as it is', (_, packet) => {
  expect(fragmentable(packet)).toBe(packet);
});
