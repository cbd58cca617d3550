import { describe, expect, test } from 'vitest';
import { Claims } from '../src/relay/claims.js';
import { decodeRelayMessage, encodeDatagrams, type RelayMessage, type UdpEndpoint } from '../src/relay/codec.js';
import { Bucket, DEFAULT_LIMITS, parseLimits, type RelayLimits } from '../src/relay/limits.js';
import { Metrics } from '../src/relay/metrics.js';
import { Guard, Peers } from '../src/relay/peers.js';
import { Policy, parseRule } from '../src/relay/policy.js';
import { examine } from '../src/relay/sctp.js';
import { Session, type Wire } from '../src/relay/session.js';
import { VirtualClock } from '../src/simulated/clock.js';
import { init, type PacketParts, sctp } from './support/sctp.js';

const PEER: UdpEndpoint = { address: '8.8.8.8', port: 9899 };
const LOCAL: UdpEndpoint = { address: '9.9.9.9', port: 50_000 };

class TestWire implements Wire {
  bufferedBytes = 0;
  readonly messages: RelayMessage[] = [];
  readonly raw: Uint8Array[] = [];
  closed: { code: number; reason: string } | undefined;

  send(message: Uint8Array): void {
    this.raw.push(message);
    const decoded = decodeRelayMessage(message);
    if (decoded !== undefined) this.messages.push(decoded);
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  get datagrams(): number {
    return this.messages.reduce((sum, each) => sum + (each.type === 'datagrams' ? each.datagrams.length : 0), 0);
  }
}

/** A session in virtual time, with everything that it does on record. */
function bench(changes: Partial<RelayLimits> = {}, bytesPerSecond = 1e9) {
  const clock = new VirtualClock();
  const limits = parseLimits(changes);
  const metrics = new Metrics();
  const sent: { peer: UdpEndpoint; bytes: Uint8Array }[] = [];
  const turns: (() => void)[] = [];
  const ends: string[] = [];
  const state = { hasRoom: true, isOpen: true };
  const policy = new Policy([[parseRule('0.0.0.0/0:*')]], []);
  const guard = new Guard(limits);
  const session = new Session({
    allocation: {
      locals: [LOCAL],
      send: (_local, peer, bytes) => state.hasRoom && sent.push({ peer, bytes }) > 0,
      close: () => {
        state.isOpen = false;
      },
    },
    peers: new Peers(policy, limits, guard),
    claims: new Claims(),
    limits,
    mtu: 1500,
    resumption: new Uint8Array(16).fill(3),
    bytesPerSecond,
    totalRate: new Bucket(1e9, 1e9, 0),
    metrics,
    clock,
    turn: (callback) => turns.push(callback),
    ended: (reason) => ends.push(reason),
  });
  const wire = new TestWire();
  session.attach(wire, false);
  const send = (bytes: Uint8Array, peer = PEER) =>
    session.receive({ type: 'datagrams', datagrams: [{ local: 0, peer, bytes }] });
  const arrive = (bytes: Uint8Array, peer = PEER) => session.arrived(0, peer, bytes);
  const turn = () => {
    for (const callback of turns.splice(0)) callback();
  };
  return { clock, limits, metrics, sent, turn, ends, state, session, wire, send, arrive };
}

/** Lets time pass for a client that is there. */
const pinging = async ({ clock, session }: ReturnType<typeof bench>, ms: number) => {
  for (let passed = 0; passed < ms; passed += 5000) {
    session.receive({ type: 'ping', value: 1 });
    await clock.advance(Math.min(5000, ms - passed));
  }
};

describe('what a session carries', () => {
  test('several datagrams that arrive in one turn share a message', () => {
    const { wire, send, arrive, turn } = bench();
    send(init());
    for (let i = 0; i < 10; i++) arrive(sctp());
    turn();
    expect(wire.raw).toHaveLength(2); // allocated, datagrams
    expect(wire.datagrams).toBe(10);
  });

  test('a client that doesn’t read loses datagrams, and the relay keeps none for it', () => {
    const { wire, send, arrive, turn, metrics, limits } = bench();
    send(init());
    wire.bufferedBytes = limits.queueBytes + 1;
    for (let i = 0; i < 1000; i++) arrive(sctp());
    turn();
    expect(wire.datagrams).toBe(0);
    expect(metrics.value('dropped_total', 'in', 'queue_full')).toBe(1000);
    wire.bufferedBytes = 0;
    for (let i = 0; i < 1000; i++) arrive(sctp());
    turn();
    expect(wire.datagrams).toBe(256); // of one turn
    wire.bufferedBytes = 3 * limits.queueBytes;
    const { length } = wire.raw;
    for (let i = 0; i < 1000; i++) send(init(), { address: '127.0.0.1', port: 1 + i });
    for (let i = 0; i < 1000; i++) send(init(), { address: '127.0.0.1', port: 1 + i });
    expect(wire.raw).toHaveLength(length);
  });

  test('a full UDP queue drops', () => {
    const { state, send, sent, metrics } = bench();
    state.hasRoom = false;
    send(init());
    expect(sent).toEqual([]);
    expect(metrics.value('dropped_total', 'out', 'queue_full')).toBe(1);
  });

  test('a rate holds over time, in both directions', async () => {
    const { clock, send, arrive, turn, sent, wire } = bench({}, 100_000);
    const large = sctp({ chunks: [[0, 972 - 4]] }); // 984 bytes, 1012 with headers
    send(init());
    arrive(sctp());
    turn();
    const [out, back] = [sent.length, wire.datagrams];
    for (let ms = 0; ms < 10_000; ms += 10) {
      for (let i = 0; i < 10; i++) {
        send(large);
        arrive(large);
      }
      turn();
      await clock.advance(10);
    }
    const most = (65_536 + 100_000 * 10) / (large.length + 28);
    for (const carried of [sent.length - out, wire.datagrams - back]) {
      expect(carried).toBeLessThanOrEqual(most);
      expect(carried).toBeGreaterThan(0.95 * most);
    }
  });

  test('what exceeds the MTU, has no source or is of another family is dropped', () => {
    const { session, send, sent, metrics } = bench();
    send(sctp({ chunks: [[0, 1456]] })); // 1472 = 1500 − 28: fits
    send(sctp({ chunks: [[0, 1460]] }));
    session.receive({ type: 'datagrams', datagrams: [{ local: 1, peer: PEER, bytes: sctp() }] });
    send(sctp(), { address: '2a00::1', port: 9899 });
    expect(sent).toHaveLength(1);
    expect(metrics.value('dropped_total', 'out', 'too_large')).toBe(1);
    expect(metrics.value('dropped_total', 'out', 'no_source')).toBe(2);
  });

  test('a refusal is told at most once a second', async () => {
    const { clock, send, wire } = bench();
    const special = { address: '10.0.0.1', port: 9899 };
    const refusals = () => wire.messages.filter(({ type }) => type === 'refused').length;
    for (let i = 0; i < 100; i++) send(init(), special);
    expect(refusals()).toBe(1);
    await clock.advance(1000);
    for (let i = 0; i < 100; i++) send(init(), special);
    expect(refusals()).toBe(2);
  });
});

describe('a destination that doesn’t take part', () => {
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

  test('gets 32 other packets, then one a second, whatever they are', async () => {
    const { clock, send, sent } = bench();
    for (let i = 0; i < 1000; i++) send(sctp({ chunks: [[i % 15, 0]], tag: 9 }));
    expect(sent).toHaveLength(32);
    await clock.advance(10_000);
    for (let i = 0; i < 1000; i++) send(sctp());
    expect(sent).toHaveLength(42);
  });

  test('may be another address of a host that answers: four packets for each of its answers', () => {
    const { send, sent, arrive } = bench();
    const second = { address: '8.8.4.4', port: 9899 };
    send(init());
    for (let i = 0; i < 100; i++) send(sctp(), second);
    expect(sent).toHaveLength(33);
    for (let i = 0; i < 5; i++) arrive(sctp());
    for (let i = 0; i < 100; i++) send(sctp(), second);
    expect(sent).toHaveLength(53);
  });

  test('is held against nobody once it answers', () => {
    const { send, sent, arrive } = bench();
    send(init());
    arrive(sctp());
    for (let i = 0; i < 1000; i++) send(sctp());
    expect(sent).toHaveLength(1001);
  });

  test('gets no more of many sessions than of one: 400 packets, then 40 a second', () => {
    const limits = parseLimits({});
    const guard = new Guard(limits);
    const policy = new Policy([[parseRule('0.0.0.0/0:*')]], []);
    let passed = 0;
    for (let session = 0; session < 100; session++) {
      const peers = new Peers(policy, limits, guard);
      for (let i = 0; i < 100; i++) {
        if (peers.outbound(PEER, { sourcePort: 1, isInit: false }, session * 10) === undefined) passed++;
      }
    }
    expect(passed).toBe(400 + 40 * 0.99 - 0.6);
  });

  test('is still guarded when a client goes through many destinations in turn', async () => {
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

describe('the life of a session', () => {
  test('ends when nothing is carried for five minutes; pings don’t count', async () => {
    const all = bench();
    await pinging(all, 299_000);
    all.send(init());
    await pinging(all, 299_000);
    expect(all.wire.closed).toBeUndefined();
    await pinging(all, 1000);
    expect(all.wire.closed).toEqual({ code: 4408, reason: 'nothing was carried for too long' });
    expect([all.ends, all.state.isOpen]).toEqual([['idle'], false]);
  });

  test('ends after twelve hours, whatever it does', async () => {
    const all = bench();
    const minute = 60_000;
    for (let passed = 0; passed < DEFAULT_LIMITS.lifeMs; passed += minute) {
      expect(all.wire.closed).toBeUndefined();
      all.send(sctp());
      await pinging(all, minute);
    }
    expect(all.wire.closed?.code).toBe(4410);
    expect(all.ends).toEqual(['life']);
  });

  test('a client that is silent for three pings is lost; its addresses wait 30 s for it', async () => {
    const all = bench();
    await all.clock.advance(14_999);
    expect(all.wire.closed).toBeUndefined();
    await all.clock.advance(1);
    expect(all.wire.closed?.code).toBe(4408);
    await all.clock.advance(29_999);
    expect(all.state.isOpen).toBe(true);
    await all.clock.advance(1);
    expect([all.ends, all.state.isOpen]).toEqual([['lost'], false]);
  });

  test('goes on where it was when the client comes back in time', async () => {
    const all = bench();
    all.send(init());
    all.session.detach(all.wire, false);
    all.arrive(sctp());
    expect(all.metrics.value('dropped_total', 'in', 'not_connected')).toBe(1);
    await all.clock.advance(29_000);
    const again = new TestWire();
    all.session.attach(again, true);
    expect(again.messages).toEqual([expect.objectContaining({ type: 'allocated', resumed: true, locals: [LOCAL] })]);
    all.arrive(sctp());
    all.turn();
    expect(again.datagrams).toBe(1);
    await pinging(all, 60_000);
    expect(all.ends).toEqual([]);
  });

  test('a second connection with the same token takes over from the first', () => {
    const { session, wire } = bench();
    const again = new TestWire();
    session.attach(again, true);
    expect(wire.closed?.code).toBe(4409);
    session.detach(wire, false);
    expect(session.isConnected).toBe(true);
  });

  test('a client that leaves in order gives its addresses back at once', () => {
    const { session, wire, ends, state } = bench();
    session.detach(wire, true);
    expect([ends, state.isOpen]).toEqual([['left'], false]);
  });

  test('asking for addresses twice is the end', () => {
    const { session, wire } = bench();
    session.receive({ type: 'allocate', ticket: '', port: 0, resumption: new Uint8Array(0) });
    expect(wire.closed?.code).toBe(4400);
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
    ['no source port', { sourcePort: 0 }],
    ['no destination port', { destinationPort: 0 }],
    ['no chunk', { chunks: [] }],
  ])('isn’t one: %s', (_what, parts) => expect(examine(sctp(parts))).toBeUndefined());

  test('isn’t one when a chunk is shorter than its header or longer than the packet', () => {
    for (const length of [0, 3, 5, 100]) {
      const packet = sctp();
      new DataView(packet.buffer).setUint16(14, length);
      expect(examine(packet)).toBeUndefined();
    }
  });

  test('isn’t one when any bit of it is wrong', () => {
    const packet = sctp({
      chunks: [
        [0, 40],
        [3, 12],
      ],
    });
    expect(examine(packet)).toEqual({ sourcePort: 49_200, isInit: false });
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const changed = packet.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(examine(changed), `bit ${bit}`).toBeUndefined();
    }
  });

  test('is one as INIT', () => expect(examine(init())).toEqual({ sourcePort: 49_200, isInit: true }));
});

test('metrics are in Prometheus’ text format', () => {
  const metrics = new Metrics();
  metrics.add('dropped_total', 2, 'in', 'rate');
  metrics.set('clients', 3);
  const lines = metrics.text().split('\n');
  for (const line of lines.filter((each) => each !== '')) {
    expect(line).toMatch(/^(# (HELP|TYPE) usrsctp_relay_\w+ .+|usrsctp_relay_\w+(\{\w+="\w*"(,\w+="\w*")*\})? \d+)$/);
  }
  expect(lines).toContain('usrsctp_relay_dropped_total{direction="in",reason="rate"} 2');
  expect(lines).toContain('usrsctp_relay_clients 3');
  expect(lines).toContain('# TYPE usrsctp_relay_dropped_total counter');
  expect(encodeDatagrams([])).toEqual([]);
});
