import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Packet } from '../../src/packet.js';
import { payload } from '../../src/testing/recording-host.js';
import { BusyPoll } from '../../src/transport/udp/poll.js';
import { type UdpTransport, udp } from '../../src/udp.js';

const WINDOW_US = 50;
const TURN_US = 2;

/** An event loop without other work, in which each turn takes time. */
class Loop {
  nowUs = 1e6;
  awakeUs = 0;
  readonly #callbacks: (() => void)[] = [];
  readonly poll: BusyPoll;

  constructor(windowUs = WINDOW_US) {
    const clock = { now: () => this.nowUs / 1e3, schedule: () => () => undefined };
    this.poll = new BusyPoll(windowUs, { clock, nextTurn: (callback) => this.#callbacks.push(callback) });
  }

  get isAwake(): boolean {
    return this.#callbacks.length > 0;
  }

  /** Lets time pass, turn by turn while it polls. */
  pass(us: number): void {
    const end = this.nowUs + us;
    while (this.isAwake && this.nowUs < end) {
      this.nowUs += TURN_US;
      this.awakeUs += TURN_US;
      for (const callback of this.#callbacks.splice(0)) callback();
    }
    this.nowUs = Math.max(this.nowUs, end);
  }

  /** A packet arrives after a time and is answered. Returns true if it was polled for. */
  exchange(afterUs: number, count = 1): boolean {
    this.pass(afterUs);
    const awaited = this.poll.answered();
    if (!awaited) this.poll.arrived(count);
    this.poll.sent();
    return awaited;
  }
}

/** An event loop in a conversation, so that it polls for the next packet. */
function conversation(): Loop {
  const loop = new Loop();
  for (let count = 0; count < 3; count++) loop.exchange(20);
  return loop;
}

describe('an answer', () => {
  test('is polled for once single packets follow each other', () => {
    const loop = new Loop();
    expect([100, 100, 20, 20, 49].map((afterUs) => loop.exchange(afterUs))).toEqual([false, false, true, true, true]);
  });

  test('isn’t polled for longer than the window', () => {
    const loop = conversation();
    const awakeUs = loop.awakeUs;
    loop.pass(1e6);
    expect(loop.isAwake).toBe(false);
    expect(loop.awakeUs - awakeUs).toBeLessThanOrEqual(WINDOW_US + 2 * TURN_US);
  });

  test('that arrives while the process is suspended counts as polled for', () => {
    const loop = conversation();
    loop.nowUs += 100 * WINDOW_US;
    loop.pass(TURN_US);
    expect(loop.isAwake).toBe(true);
    expect(loop.exchange(0)).toBe(true);
  });

  test('isn’t polled for with a window of 0, nor after close', () => {
    const off = new Loop(0);
    for (let count = 0; count < 10; count++) expect(off.exchange(20)).toBe(false);
    expect(off.awakeUs).toBe(0);
    const closed = conversation();
    closed.poll.close();
    closed.pass(TURN_US);
    expect(closed.isAwake).toBe(false);
    closed.poll.sent();
    expect(closed.isAwake).toBe(false);
  });
});

describe('polling that doesn’t pay is paused', () => {
  test.each([
    ['a packet every millisecond', 1000, 1],
    ['batches', 20, 2],
  ])('%s: never', (_what, gapUs, packets) => {
    const loop = new Loop();
    for (let count = 0; count < 1000; count++) loop.exchange(gapUs, packets);
    expect(loop.awakeUs).toBe(0);
  });

  test('with a peer that is always too late it polls for a 64th of the time', () => {
    const loop = new Loop();
    for (let count = 0; count < 10_000; count++) loop.exchange(1.5 * WINDOW_US);
    expect(loop.awakeUs / (loop.nowUs - 1e6)).toBeLessThan(1 / 55);
  });

  test('whenever packets arrive, there are three hits per miss, or 64 windows between misses', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 4 * WINDOW_US }), { minLength: 100, maxLength: 400 });
    fc.assert(
      fc.property(gaps, (gapsUs) => {
        const loop = new Loop();
        let hits = 0;
        let misses = 0;
        for (const gapUs of gapsUs) {
          const wasAwake = loop.isAwake;
          const awaited = loop.exchange(gapUs);
          if (awaited) hits++;
          else if (wasAwake) misses++;
        }
        const allowed = hits / 3 + (loop.nowUs - 1e6) / (64 * WINDOW_US);
        expect(misses).toBeLessThanOrEqual(allowed + 4);
      }),
    );
  });

  test('when polling pays again, it resumes within 64 windows', () => {
    const loop = new Loop();
    for (let count = 0; count < 1000; count++) loop.exchange(1.5 * WINDOW_US);
    let waitedUs = 0;
    while (!loop.exchange(20)) waitedUs += 20;
    expect(waitedUs).toBeLessThanOrEqual(64 * WINDOW_US + 20);
  });
});

describe('over real sockets', () => {
  const open: UdpTransport[] = [];
  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(open.splice(0).map((transport) => transport.close()));
  });

  test('a conversation keeps all its packets in order, and then the event loop sleeps', async () => {
    const ROUNDS = 500;
    const turns = vi.spyOn(globalThis, 'setImmediate');
    const received: number[] = [];
    const ends = [0, 1].map(() => udp({ addresses: ['127.0.0.1'], port: 0, busyPollUs: 1000 }));
    open.push(...ends);
    const say = (from: number, byte: number) => {
      const [source, to] = [ends[from]!, ends[1 - from]!];
      const [address] = source.addresses;
      const bytes = payload(100, byte);
      source.send([
        { source: address!, destination: address!, port: to.port, trafficClass: 0, bytes } satisfies Packet,
      ]);
    };
    const isOver = new Promise<void>((resolve) => {
      const receive = (end: number) => (packets: readonly Packet[]) => {
        for (const { bytes } of packets) received.push(bytes.at(-1)!);
        if (received.length === ROUNDS) resolve();
        else say(end, received.length & 0xff);
      };
      const host = (end: number) => ({ receive: receive(end), unreachable: () => undefined, changed: () => undefined });
      void Promise.all(ends.map((transport, end) => transport.start(host(end)))).then(() => say(0, 0));
    });
    await isOver;
    expect(received).toEqual(Array.from({ length: ROUNDS }, (_, round) => payload(100, round & 0xff).at(-1)));
    await vi.waitFor(async () => {
      const before = turns.mock.calls.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(turns.mock.calls.length).toBe(before);
    });
  });
});
