import { afterEach, describe, expect, test } from 'vitest';
import { InFlight } from '../../src/relay/in-flight.js';
import { closePeers, peer, started } from '../support/peers.js';
import { closeRelays, countsOf, startRelay, until } from '../support/relays.js';
import { answer, init, sctp } from '../support/sctp.js';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { bench, PEER, TestConnection, TOKEN } from '../support/session.js';

afterEach(async () => {
  await closeRelays();
  closePeers();
});

describe('the datagrams that arrive', () => {
  test(
    'are those carried, dropped and waiting, at any time of any session; generated',
    { timeout: SEEDS_LIMIT_MS },
    () =>
      playSeeds('test/relay/traffic.test.ts', 20, async (seed) => {
        let state = seed * 7919 + 1;
        const below = (limit: number) => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
          return (state >>> 8) % limit;
        };
        const all = bench({ idleMs: 1e9 }, 100_000);
        const { session, clock, metrics } = all;
        let wire = all.wire;
        const arrived = { out: 0, in: 0 };
        const send = (...packets: Uint8Array[]) => {
          arrived.out += packets.length;
          const peers = [PEER, { address: '10.0.0.1', port: 1 }, { address: '2a00::1', port: 9899 }] as const;
          const datagrams = packets.map((bytes) => ({
            local: below(8) === 0 ? 1 : 0,
            peer: peers[below(8)] ?? PEER,
            bytes,
          }));
          session.receive({ type: 'datagrams', datagrams });
        };
        const arrive = (bytes: Uint8Array, from = PEER) => {
          arrived.in++;
          all.arrive(bytes, from);
        };
        for (let step = 0; step < 300; step++) {
          const size = below(1800);
          const choice = below(12);
          if (choice === 0) send(init());
          else if (choice === 1) arrive(answer({ tag: below(2) * 7 }), { address: '8.8.8.8', port: 9899 + below(2) });
          else if (choice === 2) await clock.advance(below(400));
          else if (choice === 3) all.state.hasRoom = below(4) > 0;
          else if (choice === 4) all.state.isReachable = below(4) > 0;
          else if (choice === 5) wire.bufferedBytes = below(2) * 1e6;
          else if (choice === 6) all.turn();
          else if (choice === 7 && below(3) === 0) {
            session.detach(wire, false);
            if (below(2) === 0) await clock.advance(100);
            wire = new TestConnection();
            session.attach(wire, true, TOKEN);
          } else if (choice === 8) for (const payload of wire.pings.splice(0)) session.ponged(wire, payload);
          else if (choice < 11)
            for (let i = below(30); i > 0; i--) send(sctp({ chunks: [[0, size]] }), new Uint8Array(9));
          else for (let i = below(60); i > 0; i--) arrive(answer({ chunks: [[0, size]] }));
          const text = await metrics.text();
          for (const direction of ['in', 'out'] as const) {
            const counts = countsOf(text, direction);
            expect(counts.arrived).toBe(counts.carried + counts.dropped + counts.waiting);
            expect(counts.waiting).toBeGreaterThanOrEqual(0);
          }
        }
        session.end('life', 'over');
        all.turn();
        const text = await metrics.text();
        if (all.ends.includes('lost')) return; // What arrives at a session that has ended isn't counted.
        for (const direction of ['in', 'out'] as const) {
          expect(countsOf(text, direction)).toMatchObject({ arrived: arrived[direction], waiting: 0 });
        }
      }),
  );

  test('add up over real sockets, under more load than the rate allows', async () => {
    const relay = await startRelay('127.0.0.11', { limits: { bytesPerSecond: 50_000, unanswered: 10_000 } });
    const { socket, received, port } = await peer();
    const clients = [await started([relay]), await started([relay]), await started([relay])];
    for (const [index, { send }] of clients.entries()) send('127.0.0.1', port, init({ sourcePort: 1000 + index }));
    await until(() => received.length === 3, 'the INITs');
    const ports = received.map((each) => each.port);
    for (let round = 0; round < 30; round++) {
      for (const [index, { send }] of clients.entries()) {
        send(
          '127.0.0.1',
          port,
          ...Array.from({ length: 40 }, () => sctp({ sourcePort: 1000 + index, chunks: [[0, 1000]] })),
        );
        for (let i = 0; i < 40; i++) {
          socket.send(answer({ destinationPort: 1000 + index, chunks: [[0, 1000]] }), ports[index] ?? 0, '127.0.0.11');
        }
      }
      if (round === 20) await clients[2]?.transport.close();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    let text = '';
    const isSettled = async () => {
      text = await relay.server.metrics();
      return countsOf(text, 'in').waiting === 0 && countsOf(text, 'out').waiting === 0;
    };
    await until(isSettled, 'all to be carried or dropped');
    const [out, back] = [countsOf(text, 'out'), countsOf(text, 'in')];
    for (const each of [out, back]) expect(each.arrived).toBe(each.carried + each.dropped);
    expect(out.carried).toBeGreaterThanOrEqual(received.length); // The kernel drops what the peer doesn't read in time.
    expect(back.carried).toBeGreaterThanOrEqual(0.8 * clients.reduce((sum, { host }) => sum + host.packets.length, 0));
    expect(out.dropped).toBeGreaterThan(0);
  });
});

describe('what a client has not received', () => {
  test('is bounded, though the kernel takes everything: pings are not answered', async () => {
    const { session, send, arrive, turn, wire, state, dropped, limits, clock } = bench();
    send(init());
    state.isReading = false;
    const packet = answer({ chunks: [[0, 1400]] });
    const flood = async () => {
      for (let round = 0; round < 100; round++) {
        for (let i = 0; i < 50; i++) arrive(packet);
        turn();
        await clock.advance(1);
      }
    };
    await flood();
    const held = wire.raw.reduce((sum, { length }) => sum + length, 0);
    expect(held).toBeGreaterThan(limits.queueBytes);
    expect(held).toBeLessThan(3 * limits.queueBytes);
    expect(await dropped('in', 'queue_full')).toBeGreaterThan(4000);
    for (const payload of wire.pings.splice(0)) session.ponged(wire, payload);
    await flood();
    expect(wire.raw.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(held + limits.queueBytes);
  });

  test('counts as dropped when the connection is lost, and a datagram that the system refuses does too', async () => {
    const { session, send, arrive, turn, wire, state, dropped } = bench();
    send(init());
    state.isReading = false;
    for (let i = 0; i < 10; i++) arrive(answer());
    turn();
    session.detach(wire, false);
    expect(await dropped('in', 'connection_lost')).toBe(10);
    state.isReachable = false;
    send(init());
    expect(await dropped('out', 'network')).toBe(1);
  });

  test('is known from pongs: each acknowledges what was sent before its ping', () => {
    const all = new InFlight();
    const load = (datagrams: number) => ({ datagrams, bytes: 10 * datagrams, messageBytes: 100 * datagrams });
    all.sent(load(1));
    const first = all.ping(0);
    all.sent(load(2));
    const second = all.ping(10);
    all.sent(load(4));
    expect(all.pong(new Uint8Array(4), 20).datagrams).toBe(0);
    expect(all.pong(new Uint8Array([1]), 20).datagrams).toBe(0);
    expect([all.messageBytes, all.leastRttMs]).toEqual([700, Number.POSITIVE_INFINITY]);
    expect(all.pong(second, 30)).toEqual(load(3));
    expect(all.pong(first, 30)).toEqual(load(0));
    expect([all.messageBytes, all.leastRttMs]).toEqual([400, 20]);
    expect(all.lost()).toEqual(load(4));
    expect([all.messageBytes, all.hasUnmarked]).toEqual([0, false]);
  });
});
