import { describe, expect, test } from 'vitest';
import { Destinations } from '../../src/relay/destinations.js';
import { parseLimits } from '../../src/relay/limits.js';
import { Metrics } from '../../src/relay/metrics.js';
import { Policy, parseRule } from '../../src/relay/policy.js';
import { inspectPacket } from '../../src/relay/sctp.js';
import { UnansweredLimit } from '../../src/relay/unanswered-limit.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import { answer, init, type PacketParts, sctp } from '../support/sctp.js';
import { bench, PEER, pinging } from '../support/session.js';

describe('a destination that doesn’t answer', () => {
  test('gets 8 INITs, then one every 4 s', async () => {
    const { clock, send, sent } = bench();
    for (let i = 0; i < 100; i++) send(init());
    expect(sent).toHaveLength(8);
    for (let s = 0; s < 40; s++) {
      await clock.advance(1000);
      for (let i = 0; i < 10; i++) send(init());
    }
    expect(sent).toHaveLength(18);
  });

  test.each([1, 2, 3])(
    'gets one INIT where %s packets are allowed, and another when they are again',
    async (unanswered) => {
      const { clock, send, sent } = bench({ unanswered });
      for (let i = 0; i < 10; i++) send(init());
      expect(sent).toHaveLength(1);
      await clock.advance(unanswered * 1000);
      for (let i = 0; i < 10; i++) send(init());
      expect(sent).toHaveLength(2);
    },
  );

  test('gets a packet under any limits: limits below one packet are refused', () => {
    for (const name of ['unanswered', 'unansweredInits']) {
      expect(() => parseLimits({ [name]: 0.5 })).toThrow(`the limit \`${name}\` must be at least 1`);
    }
    const { send, sent } = bench({ unansweredInits: 1 });
    send(init());
    expect(sent).toHaveLength(1);
  });

  test('gets 32 other packets, then one per second', async () => {
    const { clock, send, sent } = bench();
    for (let i = 0; i < 1000; i++) send(sctp({ chunks: [[i % 15, 0]], tag: 9 }));
    expect(sent).toHaveLength(32);
    await clock.advance(10_000);
    for (let i = 0; i < 1000; i++) send(sctp());
    expect(sent).toHaveLength(42);
  });

  test('gets four packets for each answer from another address of its host', () => {
    const { send, sent, arrive } = bench();
    const second = { address: '8.8.4.4', port: 9899 };
    send(init());
    for (let i = 0; i < 100; i++) send(sctp(), second);
    expect(sent).toHaveLength(33);
    for (let i = 0; i < 5; i++) arrive(answer());
    for (let i = 0; i < 100; i++) send(sctp(), second);
    expect(sent).toHaveLength(53);
  });

  test('is no longer limited once it answers', () => {
    const { send, sent, arrive } = bench();
    send(init());
    arrive(answer());
    for (let i = 0; i < 1000; i++) send(sctp());
    expect(sent).toHaveLength(1001);
  });

  test('gets no more from many sessions than from one: 400 packets, then 40 per second', () => {
    const limits = parseLimits({});
    const guard = new UnansweredLimit(limits, new VirtualClock());
    const policy = new Policy([[parseRule('0.0.0.0/0:*')]], []);
    const packet = inspectPacket(sctp())!;
    let passed = 0;
    for (let session = 0; session < 100; session++) {
      const peers = new Destinations(policy, limits, guard);
      for (let i = 0; i < 100; i++) {
        if (peers.outbound(PEER, packet, session * 10) === undefined) passed++;
      }
    }
    expect(passed).toBe(400 + 40 * 0.99 - 0.6);
  });

  test('is still limited when a client uses many destinations in turn', async () => {
    const all = bench({ unansweredInits: 1e6 });
    const { send, sent, wire, limits } = all;
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 100; i++) send(init(), { address: `8.8.1.${i}`, port: 9899 });
    }
    expect(sent).toHaveLength(8 * limits.destinations);
    expect(wire.messages.some((each) => each.type === 'refused' && /32 destinations/.test(each.text))).toBe(true);
    await pinging(all, 60_000);
    send(init(), { address: '8.8.1.99', port: 9899 });
    expect(sent.at(-1)?.peer.address).toBe('8.8.1.99');
  });
});

describe('an SCTP packet', () => {
  test.each<[string, PacketParts]>([
    ['INIT with a verification tag', { tag: 1, chunks: [[1, 16]] }],
    [
      'INIT with company',
      {
        tag: 0,
        chunks: [
          [1, 16],
          [3, 12],
        ],
      },
    ],
    [
      'INIT ACK with company',
      {
        chunks: [
          [2, 16],
          [3, 12],
        ],
      },
    ],
    [
      'SHUTDOWN COMPLETE with company',
      {
        chunks: [
          [3, 12],
          [14, 0],
        ],
      },
    ],
    ['INIT that is too short', { tag: 0, chunks: [[1, 12]] }],
    ['INIT ACK without an initiate tag', { initiateTag: 0, chunks: [[2, 16]] }],
    ['no source port', { sourcePort: 0 }],
    ['no destination port', { destinationPort: 0 }],
    ['no chunk', { chunks: [] }],
  ])('isn’t one: %s', (_what, parts) => expect(inspectPacket(sctp(parts))).toBeUndefined());

  test('isn’t one if a chunk is shorter than its header or longer than the packet', () => {
    for (const length of [0, 3, 5, 100]) {
      const packet = sctp();
      new DataView(packet.buffer).setUint16(14, length);
      expect(inspectPacket(packet)).toBeUndefined();
    }
  });

  test('isn’t one if any bit is wrong', () => {
    const packet = sctp({
      chunks: [
        [0, 40],
        [3, 12],
      ],
    });
    const ports = { sourcePort: 49_200, destinationPort: 5001 };
    const rest = { isInit: false, initiateTag: 0, isEnd: false, isReflected: false };
    expect(inspectPacket(packet)).toEqual({ ...ports, tag: 7, ...rest });
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const changed = packet.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(inspectPacket(changed), `bit ${bit}`).toBeUndefined();
    }
  });

  test('is one as INIT', () => {
    const ports = { sourcePort: 49_200, destinationPort: 5001 };
    const rest = { isInit: true, initiateTag: 9, isEnd: false, isReflected: false };
    expect(inspectPacket(init({ initiateTag: 9 }))).toEqual({ ...ports, tag: 0, ...rest });
  });
});

test('metrics are in Prometheus’ text format', async () => {
  const metrics = await Metrics.load();
  metrics.dropped.inc({ direction: 'in', reason: 'rate' }, 2);
  metrics.clients.set(3);
  const lines = (await metrics.text()).split('\n');
  for (const line of lines.filter((each) => each !== '')) {
    expect(line).toMatch(/^(# (HELP|TYPE) usrsctp_relay_\w+ .+|usrsctp_relay_\w+(\{\w+="\w*"(,\w+="\w*")*\})? \d+)$/);
  }
  expect(lines).toContain('usrsctp_relay_dropped_total{direction="in",reason="rate"} 2');
  expect(lines).toContain('usrsctp_relay_clients 3');
  expect(lines).toContain('# TYPE usrsctp_relay_dropped_total counter');
});
