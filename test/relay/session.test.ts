import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/relay/limits.js';
import { answer, init, sctp } from '../support/sctp.js';
import { bench, LOCAL, PEER, pinging, TestConnection, TOKEN } from '../support/session.js';

describe('a session', () => {
  test('sends datagrams that arrive in one turn as one message', () => {
    const { wire, send, arrive, turn } = bench();
    send(init());
    for (let i = 0; i < 10; i++) arrive(answer());
    turn();
    expect(wire.raw).toHaveLength(2); // allocated, datagrams
    expect(wire.datagrams).toBe(10);
  });

  test('drops datagrams for a client that doesn’t read', async () => {
    const { wire, send, arrive, turn, dropped, limits } = bench();
    send(init());
    wire.bufferedBytes = limits.queueBytes + 1;
    for (let i = 0; i < 1000; i++) arrive(answer());
    turn();
    expect(wire.datagrams).toBe(0);
    expect(await dropped('in', 'queue_full')).toBe(1000);
    wire.bufferedBytes = 0;
    for (let i = 0; i < 1000; i++) arrive(answer());
    turn();
    expect(wire.datagrams).toBe(256); // of one turn
    wire.bufferedBytes = 3 * limits.queueBytes;
    const { length } = wire.raw;
    for (let i = 0; i < 1000; i++) send(init(), { address: '127.0.0.1', port: 1 + i });
    for (let i = 0; i < 1000; i++) send(init(), { address: '127.0.0.1', port: 1 + i });
    expect(wire.raw).toHaveLength(length);
  });

  test('drops datagrams when the UDP queue is full', async () => {
    const { state, send, sent, dropped } = bench();
    state.hasRoom = false;
    send(init());
    expect(sent).toEqual([]);
    expect(await dropped('out', 'queue_full')).toBe(1);
  });

  test('enforces a rate over time, in both directions', async () => {
    const { clock, send, arrive, turn, sent, wire } = bench({}, 100_000);
    const large = sctp({ chunks: [[0, 972 - 4]] }); // 984 bytes, 1012 with headers
    const largeAnswer = answer({ chunks: [[0, 972 - 4]] });
    send(init());
    arrive(answer());
    turn();
    const [out, back] = [sent.length, wire.datagrams];
    for (let ms = 0; ms < 10_000; ms += 10) {
      for (let i = 0; i < 10; i++) {
        send(large);
        arrive(largeAnswer);
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

  test('drops packets that exceed the MTU, have no source, or whose source is of another family', async () => {
    const { session, send, sent, dropped } = bench();
    send(sctp({ chunks: [[0, 1456]] })); // 1472 = 1500 − 28: fits
    send(sctp({ chunks: [[0, 1460]] }));
    session.receive({ type: 'datagrams', datagrams: [{ local: 1, peer: PEER, bytes: sctp() }] });
    send(sctp(), { address: '2a00::1', port: 9899 });
    expect(sent).toHaveLength(1);
    expect(await dropped('out', 'too_large')).toBe(1);
    expect(await dropped('out', 'no_source')).toBe(2);
  });

  test('drops inbound packets that exceed the MTU, so that a peer’s path MTU discovery finds it', async () => {
    const { send, arrive, turn, wire, dropped } = bench();
    send(init());
    arrive(answer({ chunks: [[0, 1456]] }));
    arrive(answer({ chunks: [[0, 1460]] }));
    turn();
    expect(wire.datagrams).toBe(1);
    expect(await dropped('in', 'too_large')).toBe(1);
  });

  test('carries a packet that a PAD chunk makes larger than the MTU, so that IP may fragment it, but no larger probe', async () => {
    const { send, sent, arrive, turn, wire, dropped } = bench({}, 1e9);
    const pad = (bytes: number): [number, number] => [0x84, bytes];
    send(init());
    send(sctp({ chunks: [[0, 1400], pad(88)] }));
    send(sctp({ chunks: [[4, 1400], pad(88)] }));
    send(sctp({ chunks: [[0, 1400], pad(4000)] }));
    expect(sent).toHaveLength(2);
    expect(await dropped('out', 'too_large')).toBe(2);
    arrive(answer({ chunks: [[0, 1400], pad(88)] }));
    arrive(answer({ chunks: [[4, 1400], pad(88)] }));
    turn();
    expect(wire.datagrams).toBe(1);
    expect(await dropped('in', 'too_large')).toBe(1);
  });

  test('tells the client a refusal at most once per second', async () => {
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

describe('the life of a session', () => {
  test('ends after five minutes without datagrams; pings don’t count', async () => {
    const all = bench();
    await pinging(all, 299_000);
    all.send(init());
    await pinging(all, 299_000);
    expect(all.wire.closed).toBeUndefined();
    await pinging(all, 1000);
    expect(all.wire.closed).toEqual({ code: 4408, reason: 'nothing was relayed for too long' });
    expect([all.ends, all.state.isOpen]).toEqual([['idle'], false]);
  });

  test('ends after twelve hours in any case', async () => {
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

  test('a client that sends nothing for three ping intervals is lost; its addresses are kept for 30 s', async () => {
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

  test('a hidden page, whose timers stand still, is not lost: its browser answers WebSocket pings, and it gets messages', async () => {
    const all = bench();
    all.send(init());
    for (let s = 0; s < 240; s += 5) {
      await all.clock.advance(5000);
      all.turn(); // answers pings
    }
    expect([all.wire.closed, all.ends]).toEqual([undefined, []]);
    const pongs = all.wire.messages.filter(({ type }) => type === 'pong');
    expect(pongs.length).toBeGreaterThan(40);
  });

  test('pongs of an earlier connection do not count', async () => {
    const all = bench();
    const again = new TestConnection();
    all.session.attach(again, true, TOKEN);
    for (let s = 0; s < 15; s += 5) {
      await all.clock.advance(5000);
      all.session.ponged(all.wire, new Uint8Array(4));
    }
    expect(again.closed?.code).toBe(4408);
  });

  test('is resumed when the client comes back in time', async () => {
    const all = bench();
    all.send(init());
    all.session.detach(all.wire, false);
    all.arrive(answer());
    expect(await all.dropped('in', 'not_connected')).toBe(1);
    await all.clock.advance(29_000);
    const again = new TestConnection();
    all.session.attach(again, true, TOKEN);
    expect(again.messages).toEqual([expect.objectContaining({ type: 'allocated', resumed: true, locals: [LOCAL] })]);
    all.arrive(answer());
    all.turn();
    expect(again.datagrams).toBe(1);
    await pinging(all, 60_000);
    expect(all.ends).toEqual([]);
  });

  test('a second connection with the same token takes over from the first', () => {
    const { session, wire } = bench();
    const again = new TestConnection();
    session.attach(again, true, TOKEN);
    expect(wire.closed?.code).toBe(4409);
    session.detach(wire, false);
    expect(session.isConnected).toBe(true);
  });

  test('a client that closes normally releases its addresses at once', () => {
    const { session, wire, ends, state } = bench();
    session.detach(wire, true);
    expect([ends, state.isOpen]).toEqual([['left'], false]);
  });

  test('a second request for addresses ends it', () => {
    const { session, wire } = bench();
    session.receive({ type: 'allocate', ticket: '', port: 0, resumption: new Uint8Array(0) });
    expect(wire.closed?.code).toBe(4400);
  });
});
