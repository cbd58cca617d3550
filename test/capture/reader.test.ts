import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePacket, describePacket, ladderOf, PcapngWriter, readCapture } from '../../src/capture.js';
import { chunk, dataChunk, init, sctp, u16, u32 } from '../support/packets.js';

const INIT = sctp(init());
const DATA = sctp(dataChunk(17, 'hello'), chunk(3, 0, u32(16, 5000), u16(0, 0)));
const ENDS = { source: '10.0.1.1', destination: '10.0.1.2', trafficClass: 2 };
const ENDS6 = { source: '2001:db8::1', destination: '2001:db8::2', trafficClass: 0 };
const PLAIN = { sourcePort: 0, destinationPort: 0 };
const UDP = { sourcePort: 9899, destinationPort: 40_000 };

/** A capture of four packets. */
function capture(): Uint8Array {
  const writer = new PcapngWriter();
  const [first, second] = [writer.addInterface('eth0'), writer.addInterface('Zürich ✈')];
  const add = (interfaceId: number, timeMs: number, more: object, datagram: object) =>
    writer.add({ interfaceId, timeMs, ...more, datagram: datagram as never });
  add(first, 1.7e12 + 0.125, { direction: 'outbound' }, { ...ENDS, ...PLAIN, bytes: INIT });
  add(second, 1.7e12 + 1, { direction: 'inbound', comment: 'lost ✗' }, { ...ENDS6, ...PLAIN, bytes: DATA });
  add(first, 1.7e12 + 2, {}, { ...ENDS, ...UDP, bytes: DATA });
  add(second, 1.7e12 + 3, {}, { ...ENDS6, ...UDP, bytes: INIT });
  return writer.bytes();
}

const EXPECTED = [
  { frame: 1, timeMs: 1.7e12 + 0.125, interfaceName: 'eth0', direction: 'outbound', ...ENDS, ...PLAIN, bytes: INIT },
  {
    frame: 2,
    timeMs: 1.7e12 + 1,
    interfaceName: 'Zürich ✈',
    direction: 'inbound',
    comment: 'lost ✗',
    ...ENDS6,
    ...PLAIN,
    bytes: DATA,
  },
  { frame: 3, timeMs: 1.7e12 + 2, interfaceName: 'eth0', ...ENDS, ...UDP, bytes: DATA },
  { frame: 4, timeMs: 1.7e12 + 3, interfaceName: 'Zürich ✈', ...ENDS6, ...UDP, bytes: INIT },
];

/** Converts a capture by a program of Wireshark's, such as editcap. */
function converted(bytes: Uint8Array, program: string, ...args: string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'convert-'));
  try {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    writeFileSync(from, bytes);
    execFileSync(program, [...args, from, to], { stdio: 'pipe' });
    return new Uint8Array(readFileSync(to));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const plain = (packets: Iterable<object>) => [...packets].map((packet) => ({ ...packet }));

describe('readCapture', () => {
  test('reads what PcapngWriter writes: times, addresses, ports, interfaces, directions, comments, bytes', () => {
    expect(plain(readCapture(capture()))).toEqual(EXPECTED);
  });

  test.each(['pcap', 'nsecpcap', 'pcapng'])("reads Wireshark's own files: %s", (format) => {
    const packets = plain(readCapture(converted(capture(), 'editcap', '-F', format)));
    const { length } = packets;
    expect(length).toBe(4);
    for (const [index, packet] of packets.entries()) expect(EXPECTED[index]).toMatchObject(packet);
  });

  test('reads Ethernet frames, with VLAN tags and padding, and Linux cooked captures', () => {
    const ip = (datagram: object) => {
      const writer = new PcapngWriter();
      writer.add({ interfaceId: writer.addInterface('x'), timeMs: 0, datagram: datagram as never });
      return rawPackets(writer.bytes())[0]!;
    };
    const four = ip({ ...ENDS, ...UDP, bytes: DATA });
    const six = ip({ ...ENDS6, ...PLAIN, bytes: DATA });
    const ethernet = (type: number[], packet: Uint8Array) => [...Array(12).fill(2), ...type, ...packet];
    const cooked = (packet: Uint8Array) => [...Array(14).fill(0), 0x08, 0x00, ...packet];
    for (const [linkType, frames] of [
      [1, [ethernet([0x08, 0x00], four), ethernet([0x81, 0, 0, 5, 0x86, 0xdd], six), ethernet([8, 6], four)]],
      [1, [[...ethernet([0x08, 0x00], four), 0, 0, 0, 0, 0, 0]]],
      [113, [cooked(four)]],
      [276, [[0x08, 0x00, ...Array(18).fill(0), ...four]]],
      [0, [[2, 0, 0, 0, ...four]]],
      [248, [[...DATA]]],
    ] as [number, number[][]][]) {
      const packets = [...readCapture(pcap(linkType, frames))];
      expect(packets).toHaveLength(Math.min(frames.length, 2));
      for (const { bytes } of packets) expect(describePacket(bytes)).toBe(describePacket(DATA));
    }
  });

  test('finds SCTP on any UDP port by its checksum, on listed ports also with a wrong one, and nothing else', () => {
    const writer = new PcapngWriter();
    const interfaceId = writer.addInterface('x');
    const wrong = DATA.slice();
    wrong[8]! ^= 1;
    const ports = { sourcePort: 1234, destinationPort: 5678 };
    for (const bytes of [DATA, wrong]) writer.add({ interfaceId, timeMs: 0, datagram: { ...ENDS, ...ports, bytes } });
    expect([...readCapture(writer.bytes())].map(({ frame }) => frame)).toEqual([1]);
    const all = [...readCapture(writer.bytes(), { udpPorts: [5678] })];
    expect(all.map(({ bytes }) => decodePacket(bytes).isChecksumRight)).toEqual([true, false]);
  });

  test('reads a file whose end is cut off as far as it goes', () => {
    for (const bytes of [capture(), converted(capture(), 'editcap', '-F', 'pcap')]) {
      const counts = Array.from({ length: bytes.length - 32 }, (_, cut) => {
        return [...readCapture(bytes.subarray(0, bytes.length - cut))].length;
      });
      expect(counts[0]).toBe(4);
      expect(new Set(counts)).toEqual(new Set([4, 3, 2, 1, 0]));
      expect(counts).toEqual([...counts].sort((a, b) => b - a));
    }
  });

  test('refuses what is no capture: EINVAL, and a TypeError for what is no Uint8Array', () => {
    expect(() => readCapture(new TextEncoder().encode('{"this": "is something else"}'))).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
    expect(() => readCapture(new Uint8Array(3))).toThrow('neither pcap nor pcapng');
    expect(() => readCapture('client.pcapng' as never)).toThrow(TypeError);
    expect(() => readCapture(capture(), { ports: [1] } as never)).toThrow("there is no option 'ports'");
  });

  test('survives captures that are changed at random', () => {
    const files = [capture(), converted(capture(), 'editcap', '-F', 'pcap')];
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...files), changes, (file, edits) => {
        const bytes = file.slice();
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        try {
          for (const packet of readCapture(bytes)) describePacket(packet.bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'EINVAL' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('ladderOf draws a capture, with the names that are given', () => {
  const names = { '10.0.1.1': 'client', '10.0.1.2': 'server', '2001:db8::1': 'server', '2001:db8::2': 'client' };
  const [first, second, ...others] = ladderOf(readCapture(capture()), { names });
  expect(first).toMatch(/^ +0\.000 {2}client → INIT → server +10\.0\.1\.1 > 10\.0\.1\.2$/);
  expect(second).toMatch(/^ +0\.875 {2}client ← DATA .* 5 B \+ SACK 16 ← server +2001:db8::1 > 2001:db8::2 +lost ✗$/);
  expect(others).toHaveLength(2);
  expect(ladderOf(readCapture(capture()))[0]).toContain('10.0.1.1 → INIT → 10.0.1.2');
});

test('a capture can be written to a stream while it grows', () => {
  const parts: Uint8Array[] = [];
  const writer = new PcapngWriter({ write: (bytes) => parts.push(bytes) });
  const interfaceId = writer.addInterface('eth0');
  expect(parts.length).toBe(2);
  writer.add({ interfaceId, timeMs: 0, datagram: { ...ENDS, ...PLAIN, bytes: INIT } });
  expect([...readCapture(Buffer.concat(parts))]).toHaveLength(1);
  expect(writer.bytes()).toHaveLength(0);
  expect(() => new PcapngWriter({ write: 'file' as never })).toThrow('write must be a function');
});

/** The IP packets of a capture by PcapngWriter. */
function rawPackets(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const packets: Uint8Array[] = [];
  for (let at = 0; at < file.length; at += view.getUint32(at + 4, true)) {
    if (view.getUint32(at, true) === 6) packets.push(file.slice(at + 28, at + 28 + view.getUint32(at + 20, true)));
  }
  return packets;
}

/** A pcap file in big-endian order. */
function pcap(linkType: number, frames: readonly number[][]): Uint8Array {
  const header = u32(0xa1b2c3d4, 0x00020004, 0, 0, 65_535, linkType);
  return Buffer.concat([
    header,
    ...frames.flatMap((frame) => [u32(1, 2, frame.length, frame.length), new Uint8Array(frame)]),
  ]);
}
