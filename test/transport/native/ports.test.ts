import { describe, expect, test } from 'vitest';
import { portFilter } from '../../../src/transport/native/port-filter.js';
import { Ports } from '../../../src/transport/native/ports.js';
import { ManualClock } from '../fixture.js';

const INIT = 1;
const SHUTDOWN_ACK = 8;
const DATA = 0;

/** An SCTP packet from a port to a port, with one chunk. */
function sctp(from: number, to: number, chunk: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, (from << 16) | to);
  bytes[12] = chunk;
  return bytes;
}

function ports() {
  const clock = new ManualClock();
  const inUse = new Set<number>();
  let changes = 0;
  const all = new Ports({ clock, portsInUse: () => inUse, changed: () => changes++ });
  return { all, clock, inUse, changes: () => changes };
}

describe('the ports of a stack', () => {
  test('are those that are bound, and those from which an INIT was sent', () => {
    const { all, changes } = ports();
    const accepted = (port: number) => all.accepts(sctp(1, port, DATA));
    expect(accepted(5001)).toBe(false);
    all.add(5001);
    all.add(5001);
    const packet = { source: '', destination: '', port: 0, trafficClass: 0 };
    all.sent([sctp(40_000, 5001, INIT), sctp(40_001, 5001, DATA)].map((bytes) => ({ ...packet, bytes })));
    expect([5001, 40_000, 40_001].map(accepted)).toEqual([true, true, false]);
    expect([...all.passing]).toEqual([5001, 40_000]);
    expect(changes()).toBe(2);
  });

  test('are released when nothing uses them; only SHUTDOWN ACK is accepted for 30 seconds more', () => {
    const { all, clock, inUse } = ports();
    inUse.add(5001);
    all.add(5001);
    clock.advance(1000);
    expect(all.accepts(sctp(1, 5001, DATA))).toBe(true);
    inUse.clear();
    clock.advance(1000);
    expect(all.accepts(sctp(1, 5001, DATA))).toBe(false);
    expect(all.accepts(sctp(1, 5001, SHUTDOWN_ACK))).toBe(true);
    for (let second = 0; second < 30; second++) clock.advance(1000);
    expect(all.accepts(sctp(1, 5001, SHUTDOWN_ACK))).toBe(false);
    expect([...all.passing]).toEqual([]);
    expect(clock.waiting).toBe(0);
  });
});

/** Runs a filter as the kernel does. Returns whether the packet passes. */
function passes(filter: ReturnType<typeof portFilter>, packet: Uint8Array): boolean {
  const view = new DataView(packet.buffer);
  let [a, x] = [0, 0];
  for (let at = 0; ; at++) {
    const { code, jt = 0, k } = filter[at]!;
    if (code === 0x06) return k !== 0; // ret #k
    if (code === 0xb1)
      x = 4 * (packet[k]! & 0xf); // ldxb 4*([k]&0xf)
    else if (code === 0x48)
      a = view.getUint16(x + k); // ldh [x + k]
    else if (code === 0x28)
      a = view.getUint16(k); // ldh [k]
    else if (code === 0x15)
      at += a === k ? jt : 0; // jeq #k, jt, 0
    else throw new Error(`instruction ${code}`);
  }
}

describe('the filter of the kernel', () => {
  const inIpv4 = (packet: Uint8Array, headerBytes = 20) => {
    const bytes = new Uint8Array(headerBytes + packet.length);
    bytes[0] = 0x40 | (headerBytes / 4);
    bytes.set(packet, headerBytes);
    return bytes;
  };

  test.each([0, 1, 2, 128])('lets packets for %i ports pass, and no others', (count) => {
    const chosen = new Set(Array.from({ length: count }, (_, index) => 5000 + 3 * index));
    const [ipv4, ipv6] = [portFilter(true, chosen), portFilter(false, chosen)];
    for (let port = 4990; port < 5400; port++) {
      const packet = sctp(5000, port, DATA);
      const outcomes = [passes(ipv4, inIpv4(packet)), passes(ipv4, inIpv4(packet, 60)), passes(ipv6, packet)];
      expect(outcomes).toEqual(new Array(3).fill(chosen.has(port)));
    }
  });

  test('lets all packets pass if there are more ports, or if all are answered for', () => {
    const many = new Set(Array.from({ length: 129 }, (_, index) => index));
    for (const chosen of [many, 'all'] as const)
      expect(passes(portFilter(true, chosen), inIpv4(sctp(1, 999, 0)))).toBe(true);
  });
});
