import { describe, expect, test } from 'vitest';
import type { Chunk } from '../../src/wire/chunk.js';
import { crc32c, packetChecksum, sealPacket, storedChecksum } from '../../src/wire/crc32c.js';
import { decodeChunks, decodePacket } from '../../src/wire/decode.js';
import { chunk, init, parameter, sctp, u8, u16, u32 } from '../support/packets.js';

const text = (value: string) => new TextEncoder().encode(value);

/** The only chunk of a packet. */
function only(bytes: Uint8Array): Chunk {
  const { chunks, malformed } = decodePacket(sctp(bytes));
  expect(malformed).toBeUndefined();
  expect(chunks).toHaveLength(1);
  return chunks[0]!;
}

describe('CRC32c', () => {
  test('it gives the examples of RFC 3720 B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).toBe(0x113fdb5c);
    const read10 = u32(
      0x01c00000,
      0,
      0,
      0,
      0x14000000,
      0x00000400,
      0x00000014,
      0x00000018,
      0x28000000,
      0,
      0x02000000,
      0,
    );
    expect(crc32c(read10)).toBe(0xd9963a56);
    expect(crc32c(text('123456789'))).toBe(0xe3069283);
  });

  test('it can be continued', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, index) => index * 7);
    for (const cut of [0, 1, 50, 100])
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
  });

  test('a sealed packet has the correct checksum', () => {
    const packet = sctp(init());
    expect(storedChecksum(packet)).toBe(packetChecksum(packet));
    expect(decodePacket(packet).isChecksumRight).toBe(true);
    packet[20]! ^= 1;
    expect(decodePacket(packet).isChecksumRight).toBe(false);
    sealPacket(packet);
    expect(decodePacket(packet).isChecksumRight).toBe(true);
  });
});

describe('the decoder', () => {
  test('it reads the common header', () => {
    const packet = sctp(chunk(11, 0));
    expect(decodePacket(packet)).toMatchObject({
      sourcePort: 5001,
      destinationPort: 5002,
      verificationTag: 0x01020304,
    });
    expect(decodePacket(packet).checksum).toBe(packetChecksum(packet));
  });

  test('DATA and I-DATA (RFC 9260 §3.3.1, RFC 8260 §2.1)', () => {
    expect(only(chunk(0, 0b1111, u32(17), u16(3, 9), u32(46), text('hello')))).toEqual({
      type: 'DATA',
      flags: 15,
      length: 21,
      tsn: 17,
      streamId: 3,
      ssn: 9,
      ppid: 46,
      isBeginning: true,
      isEnd: true,
      isUnordered: true,
      isImmediate: true,
      payload: text('hello'),
    });
    const first = only(chunk(64, 2, u32(17), u16(3, 0), u32(5, 46), text('hel')));
    const last = only(chunk(64, 1, u32(18), u16(3, 0), u32(5, 1), text('lo')));
    expect(first).toMatchObject({ type: 'I-DATA', streamId: 3, mid: 5, ppid: 46, isBeginning: true, isEnd: false });
    expect(last).toMatchObject({ type: 'I-DATA', streamId: 3, mid: 5, fsn: 1, isBeginning: false, isEnd: true });
    expect(first).not.toHaveProperty('fsn');
  });

  test('INIT with all its parameters', () => {
    const packet = init(
      parameter(5, u8(10, 0, 1, 1)),
      parameter(6, u16(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
      parameter(12, u16(5, 6)),
      parameter(0x8000),
      parameter(0x8001, u32(1)),
      parameter(0x8002, u8(1, 2, 3)),
      parameter(0x8003, u8(0xc1, 0x80)),
      parameter(0x8004, u16(3, 1)),
      parameter(0x8008, u8(0x82, 0xc0, 0x40)),
      parameter(0xc000),
      parameter(0xc006, u32(7)),
      parameter(0x4242, u8(1)),
    );
    const decoded = only(packet);
    if (decoded.type !== 'INIT') throw new Error('no INIT');
    const { initiateTag, receiverWindow, outboundStreams, inboundStreams, initialTsn, parameters } = decoded;
    expect([initiateTag, receiverWindow, outboundStreams, inboundStreams, initialTsn]).toEqual([
      0xaabbccdd, 131_072, 10, 2048, 17,
    ]);
    expect(parameters.map(({ name, address, numbers }) => [name, address ?? numbers])).toEqual([
      ['IPv4 Address', '10.0.1.1'],
      ['IPv6 Address', '2001:db8::1'],
      ['Supported Address Types', [5, 6]],
      ['ECN Capable', undefined],
      ['Zero Checksum Acceptable', [1]],
      ['Random', undefined],
      ['Chunk List', [0xc1, 0x80]],
      ['Requested HMAC Algorithm', [3, 1]],
      ['Supported Extensions', [0x82, 0xc0, 0x40]],
      ['Forward TSN Supported', undefined],
      ['Adaptation Layer Indication', [7]],
      ['Unknown', undefined],
    ]);
  });

  test('INIT ACK has the cookie', () => {
    const decoded = only(chunk(2, 0, u32(1, 2), u16(3, 4), u32(5), parameter(7, text('cookie'))));
    expect(decoded).toMatchObject({ type: 'INIT ACK', parameters: [{ name: 'State Cookie', value: text('cookie') }] });
  });

  test('SACK with gaps and duplicates', () => {
    const decoded = only(chunk(3, 0, u32(100, 5000), u16(2, 1), u16(2, 3, 5, 5), u32(99)));
    const gaps = [
      { start: 2, end: 3 },
      { start: 5, end: 5 },
    ];
    expect(decoded).toMatchObject({
      type: 'SACK',
      cumulativeTsn: 100,
      receiverWindow: 5000,
      gaps,
      duplicateTsns: [99],
    });
  });

  test('ABORT and ERROR with their causes', () => {
    const causes = [parameter(12, text('bye')), parameter(1, u16(5, 0)), parameter(0x1234)];
    const expected = [
      { code: 12, name: 'User-Initiated Abort', text: 'bye', value: text('bye') },
      { code: 1, name: 'Invalid Stream Identifier', value: u16(5, 0) },
      { code: 0x1234, name: 'Error Cause 4660', value: u8() },
    ];
    expect(only(chunk(6, 1, ...causes))).toMatchObject({ type: 'ABORT', isTagReflected: true, causes: expected });
    expect(only(chunk(9, 0, ...causes))).toMatchObject({ type: 'ERROR', causes: expected });
  });

  test('the short ones', () => {
    expect(only(chunk(4, 0, parameter(1, u8(1, 2))))).toMatchObject({
      type: 'HEARTBEAT',
      parameters: [{ name: 'Heartbeat Info' }],
    });
    expect(only(chunk(5, 0, parameter(1, u8(1, 2))))).toMatchObject({ type: 'HEARTBEAT ACK' });
    expect(only(chunk(7, 0, u32(9)))).toMatchObject({ type: 'SHUTDOWN', cumulativeTsn: 9 });
    expect(only(chunk(8, 0))).toMatchObject({ type: 'SHUTDOWN ACK' });
    expect(only(chunk(10, 0, u8(1, 2, 3)))).toMatchObject({ type: 'COOKIE ECHO', cookie: u8(1, 2, 3) });
    expect(only(chunk(11, 0))).toMatchObject({ type: 'COOKIE ACK' });
    expect(only(chunk(12, 0, u32(4)))).toMatchObject({ type: 'ECNE', lowestTsn: 4 });
    expect(only(chunk(13, 0, u32(4)))).toMatchObject({ type: 'CWR', lowestTsn: 4 });
    expect(only(chunk(14, 1))).toMatchObject({ type: 'SHUTDOWN COMPLETE', isTagReflected: true });
    expect(only(chunk(0x84, 0, u8(0, 0)))).toMatchObject({ type: 'PAD' });
    expect(only(chunk(99, 0, u8(1)))).toMatchObject({ type: 'UNKNOWN', code: 99, value: u8(1) });
  });

  test('AUTH (RFC 4895)', () => {
    expect(only(chunk(15, 0, u16(2, 3), u8(7, 7)))).toMatchObject({
      type: 'AUTH',
      keyId: 2,
      hmacId: 3,
      hmac: u8(7, 7),
    });
  });

  test('ASCONF and its answer (RFC 5061)', () => {
    const own = parameter(5, u8(10, 0, 1, 1));
    const other = parameter(5, u8(10, 0, 2, 1));
    const change = (type: number) => parameter(type, u32(77), other);
    const asconf = only(chunk(0xc1, 0, u32(5), own, change(0xc001), change(0xc002), change(0xc004)));
    const address = { correlationId: 77, parameters: [{ address: '10.0.2.1' }] };
    expect(asconf).toMatchObject({
      type: 'ASCONF',
      serial: 5,
      parameters: [
        { address: '10.0.1.1' },
        { name: 'Add IP Address', ...address },
        { name: 'Delete IP Address', ...address },
        { name: 'Set Primary Address', ...address },
      ],
    });
    const answers = [parameter(0xc003, u32(77), parameter(0xa0, other)), parameter(0xc005, u32(78))];
    expect(only(chunk(0x80, 0, u32(5), ...answers))).toMatchObject({
      type: 'ASCONF ACK',
      parameters: [
        { correlationId: 77, causes: [{ name: 'Request to Delete Last Remaining IP Address' }] },
        { name: 'Success Indication', correlationId: 78 },
      ],
    });
  });

  test('RE-CONFIG (RFC 6525)', () => {
    const requests = [
      parameter(13, u32(1, 2, 3), u16(4, 5, 6)),
      parameter(14, u32(7), u16(8)),
      parameter(15, u32(9)),
      parameter(16, u32(10, 1)),
      parameter(17, u32(11), u16(12, 0)),
      parameter(18, u32(13), u16(14, 0)),
    ];
    expect(only(chunk(0x82, 0, ...requests))).toMatchObject({
      type: 'RE-CONFIG',
      parameters: [
        {
          name: 'Outgoing SSN Reset Request',
          requestSequence: 1,
          responseSequence: 2,
          lastTsn: 3,
          streamIds: [4, 5, 6],
        },
        { name: 'Incoming SSN Reset Request', requestSequence: 7, streamIds: [8] },
        { name: 'SSN/TSN Reset Request', requestSequence: 9 },
        { name: 'Re-configuration Response', requestSequence: 10, result: 1 },
        { name: 'Add Outgoing Streams Request', requestSequence: 11, streams: 12 },
        { name: 'Add Incoming Streams Request', requestSequence: 13, streams: 14 },
      ],
    });
  });

  test('FORWARD TSN and I-FORWARD TSN (RFC 3758, RFC 8260 §2.3.1)', () => {
    expect(only(chunk(0xc0, 0, u32(50), u16(1, 2, 3, 4)))).toMatchObject({
      type: 'FORWARD TSN',
      cumulativeTsn: 50,
      streams: [
        { streamId: 1, ssn: 2 },
        { streamId: 3, ssn: 4 },
      ],
    });
    expect(only(chunk(0xc2, 0, u32(50), u16(1, 1), u32(7)))).toMatchObject({
      type: 'I-FORWARD TSN',
      streams: [{ streamId: 1, isUnordered: true, mid: 7 }],
    });
  });

  test('chunks without a common header', () => {
    expect(decodeChunks(chunk(6, 0, parameter(13, text('no')))).map(({ type }) => type)).toEqual(['ABORT']);
  });
});
