import { expect, test } from 'vitest';
import { SCTP_PR_SCTP_ALL } from '../../src/generated/constants.js';
import type { Association, StreamReset } from '../../src/index.js';
import { upTo } from '../scenarios/fixture.js';
import { codeOf, connected, pattern, SERVER, withTwoStacks } from '../support/two-stacks.js';
import { ALL, losing, sendAll, take } from './fixture.js';

test('after a reset of an outgoing stream its sequence numbers start at 0, and those of other streams go on', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const events: StreamReset[] = [];
    a.on('streamReset', (event) => events.push(event));
    b.on('streamReset', (event) => events.push(event));
    await sendAll(a, 3, 'one', 'two');
    await sendAll(a, 5, 'other');
    await a.resetStreams({ outgoing: [3] });
    await sendAll(a, 3, 'three');
    await sendAll(a, 5, 'another');
    expect(await take(b, 5)).toEqual([
      ['one', 0],
      ['two', 1],
      ['other', 0],
      ['three', 0],
      ['another', 1],
    ]);
    expect(events).toEqual([
      { direction: 'incoming', streams: [3], outcome: 'performed' },
      { direction: 'outgoing', streams: [3], outcome: 'performed' },
    ]);
  }));

test('an incoming stream is reset by the peer on request', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    await sendAll(b, 1, 'one', 'two');
    await a.resetStreams({ incoming: [1] });
    await sendAll(b, 1, 'three');
    expect(await take(a, 3)).toEqual([
      ['one', 0],
      ['two', 1],
      ['three', 0],
    ]);
  }));

test('all streams are reset in both directions at once', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    for (const stream of [0, 9]) await sendAll(a, stream, `a${stream}`);
    for (const stream of [0, 9]) await sendAll(b, stream, `b${stream}`);
    await a.resetStreams({ outgoing: 'all', incoming: 'all', timeoutMs: 60_000 });
    for (const stream of [0, 9]) await sendAll(a, stream, `a${stream}`);
    for (const stream of [0, 9]) await sendAll(b, stream, `b${stream}`);
    expect((await take(b, 4)).map(([, ssn]) => ssn)).toEqual([0, 0, 0, 0]);
    expect((await take(a, 4)).map(([, ssn]) => ssn)).toEqual([0, 0, 0, 0]);
  }));

test('more streams than fit into one request are reset by several requests', () =>
  withTwoStacks(async (stacks) => {
    const streams = { outbound: 700, inbound: 700 };
    const { a, b } = await connected(stacks, { streams }, { streams });
    const some = Array.from({ length: 450 }, (_, index) => index + 1);
    for (const stream of some) await sendAll(a, stream, 'x');
    for (const stream of some) await sendAll(b, stream, 'y');
    await a.resetStreams({ outgoing: some, incoming: some, timeoutMs: 60_000 });
    for (const stream of some) await sendAll(a, stream, 'x');
    for (const stream of some) await sendAll(b, stream, 'y');
    for (const end of [a, b]) expect((await take(end, 900)).filter(([, ssn]) => ssn !== 0)).toEqual([]);
  }));

test('both ends may reset at the same time', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    await sendAll(a, 2, 'a');
    await sendAll(b, 2, 'b');
    await Promise.all([a.resetStreams({ outgoing: [2] }), b.resetStreams({ outgoing: [2], incoming: [2] })]);
    await sendAll(a, 2, 'a');
    await sendAll(b, 2, 'b');
    expect(await take(a, 2)).toEqual([
      ['b', 0],
      ['b', 0],
    ]);
    expect(await take(b, 2)).toEqual([
      ['a', 0],
      ['a', 0],
    ]);
  }));

test('a lost RE-CONFIG is retransmitted, and the reset is performed once', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    let resets = 0;
    b.on('streamReset', () => resets++);
    const lost = losing(stacks.network, 2);
    await sendAll(a, 3, 'one');
    const startedAt = stacks.network.clock.now();
    await a.resetStreams({ outgoing: [3] });
    expect(lost.seen).toBeGreaterThan(2);
    expect(stacks.network.clock.now() - startedAt).toBeGreaterThan(1000);
    await sendAll(a, 3, 'two');
    expect(await take(b, 2)).toEqual([
      ['one', 0],
      ['two', 0],
    ]);
    expect(resets).toBe(1);
  }));

test('if the response is lost, the request is retransmitted, and the reset is performed once', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    let lost = 0;
    stacks.network.filter((packet) => {
      if (packet.source.endsWith('.1') || packet.bytes[12] !== 130 || lost === 2) return packet;
      lost++;
      return 'drop';
    });
    let resets = 0;
    b.on('streamReset', () => resets++);
    await a.resetStreams({ outgoing: [3] });
    expect([lost, resets]).toEqual([2, 1]);
  }));

test('a reset waits for earlier messages of its stream, and later messages wait for the reset; other streams go on', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks, { sendBufferBytes: 16_384 });
      const big = pattern(200_000);
      const before = a.send(big, { stream: 3 });
      const reset = a.resetStreams({ outgoing: [3] });
      const after = a.send('after', { stream: 3 });
      const other = a.send('other', { stream: 4 });
      let isReset = false;
      void reset.then(() => {
        isReset = true;
      });
      const received: [stream: number, ssn: number, bytes: number][] = [];
      while (received.length < 3) {
        const message = await b.receive();
        if (message) received.push([message.stream, message.ssn, message.data.length]);
        if (message?.stream === 4) expect(isReset).toBe(false);
      }
      expect(received).toEqual([
        [3, 0, 200_000],
        [4, 0, 5],
        [3, 0, 5],
      ]);
      await Promise.all([before, reset, after, other]);
    },
    { conditions: { latencyMs: 50 } },
  ));

test('with packet loss, messages and resets take effect in the order in which they were sent', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks);
      const received = take(b, 60);
      const sent: Promise<unknown>[] = [];
      for (let index = 0; index < 60; index++) {
        sent.push(a.send(`${index}`, { stream: index % 3 }));
        if (index % 10 === 9) sent.push(a.resetStreams({ outgoing: [index % 3] }));
      }
      await Promise.all(sent);
      const taken = await received;
      for (const stream of [0, 1, 2]) {
        const own = taken.map(([text]) => Number(text)).filter((index) => index % 3 === stream);
        expect(own).toEqual(own.toSorted((x, y) => x - y));
      }
      expect(taken.filter(([, ssn]) => ssn === 0).length).toBe(3 + 6 - 1); // nothing is sent after the last one
    },
    { conditions: { latencyMs: 30, loss: 0.15 }, seed: 11 },
  ));

test('the association is reset once all data is acknowledged; messages sent meanwhile wait for the reset', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks, ALL, ALL);
      const events: unknown[] = [];
      a.on('associationReset', (event) => events.push(event));
      b.on('associationReset', (event) => events.push(event));
      await sendAll(b, 2, 'b');
      await take(a, 1);
      await sendAll(a, 1, 'one', 'two');
      const reset = a.resetAssociation();
      const waits = a.send('three', { stream: 1 });
      await Promise.all([reset, waits]);
      await sendAll(b, 2, 'b');
      expect(await take(b, 3)).toEqual([
        ['one', 0],
        ['two', 1],
        ['three', 0],
      ]);
      expect(await take(a, 1)).toEqual([['b', 0]]);
      expect(events).toEqual(
        Array(2).fill({ outcome: 'performed', localTsn: expect.any(Number), remoteTsn: expect.any(Number) }),
      );
    },
    { conditions: { latencyMs: 40 } },
  ));

test.each([1, 2, 3, 4, 5, 6])('messages sent after a reset of the association are acknowledged (seed %i)', (seed) =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks, ALL, ALL);
      await sendAll(a, 0, 'one');
      await sendAll(b, 0, 'one');
      await stacks.network.advance(500);
      await a.resetAssociation();
      await sendAll(a, 0, 'two');
      await sendAll(b, 0, 'two');
      expect([await take(a, 2), await take(b, 2)]).toEqual(
        Array(2).fill([
          ['one', 0],
          ['two', 0],
        ]),
      );
      await stacks.network.advance(1000);
      expect([a.statistics().flightBytes, b.statistics().flightBytes]).toEqual([0, 0]);
      await Promise.all([a.close(), b.closed]);
    },
    { seed },
  ),
);

test('the counters of abandoned messages of existing streams are kept when streams are added', () =>
  withTwoStacks(async (stacks) => {
    const abandoned = (end: Association, stream: number) =>
      end.getOption('streamAbandoned', { stream, policy: SCTP_PR_SCTP_ALL }).sent;
    const { a: first } = await connected(stacks, { streams: { outbound: 30 } }, { ...ALL, streams: { inbound: 30 } });
    const heal = stacks.network.filter((_, from) => (from === stacks.clientHost ? 'drop' : undefined));
    for (const stream of upTo(30)) await first.send('lost', { stream, reliability: { retransmits: 0 } });
    await stacks.network.advance(5000);
    expect(abandoned(first, 29)).toBe(1);
    first.abort();
    heal();
    // The new streams of this association reuse the memory of the first one's, which isn't zeroed.
    const second = await stacks.client.socket().connectx(SERVER);
    await second.addStreams({ outbound: 20 });
    for (const stream of upTo(30)) expect(abandoned(second, stream)).toBe(0);
  }));

test('streams are added in both directions, and can be used at once', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, ALL, ALL);
    const changes: unknown[] = [];
    b.on('streamChange', (event) => changes.push(event));
    expect(await codeOf(a.send('x', { stream: 12 }))).toBe('EINVAL');
    await a.addStreams({ outbound: 5, inbound: 20 });
    await stacks.network.advance(100);
    expect([a.setup.streams, b.setup.streams]).toEqual([
      { inbound: 30, outbound: 15 },
      { inbound: 15, outbound: 30 },
    ]);
    expect(changes.at(-1)).toEqual({ outcome: 'performed', inbound: 15, outbound: 30 });
    await sendAll(a, 14, 'new');
    await sendAll(b, 29, 'new');
    expect((await b.receive())?.stream).toBe(14);
    expect((await a.receive())?.stream).toBe(29);
  }));

test('if the signal aborts when the outgoing streams have been added, the incoming ones are not requested', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks, ALL, ALL);
    const stop = new AbortController();
    a.once('streamChange', () => stop.abort(new Error('enough')));
    await expect(a.addStreams({ outbound: 5, inbound: 20, signal: stop.signal })).rejects.toThrow('enough');
    expect(a.setup.streams).toEqual({ inbound: 10, outbound: 15 });
  }));

test('adding streams in both directions has one timeout', () =>
  withTwoStacks(
    async (stacks) => {
      const { a } = await connected(stacks, ALL, ALL);
      const before = stacks.network.clock.now();
      const adding = a.addStreams({ outbound: 5, inbound: 20, timeoutMs: 150 });
      await expect(adding).rejects.toMatchObject({ code: 'ETIMEDOUT', message: expect.stringContaining('150 ms') });
      expect(stacks.network.clock.now() - before).toBe(150);
      await stacks.network.advance(1000); // the timeout doesn't withdraw the request
    },
    { conditions: { latencyMs: 50 } },
  ));

test('streams are added while messages wait on the existing streams', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks, { ...ALL, sendBufferBytes: 65_536 }, ALL);
      const sent = [0, 1, 2].map((stream) => a.send(pattern(100_000), { stream }));
      await a.addStreams({ outbound: 100 });
      sent.push(a.send('new', { stream: 109 }));
      const streams = new Set<number>();
      for (let left = 4; left > 0; left--) streams.add((await b.receive())?.stream ?? -1);
      await Promise.all(sent);
      expect([...streams].sort((x, y) => x - y)).toEqual([0, 1, 2, 109]);
    },
    { conditions: { latencyMs: 20 } },
  ));

test('a response that arrives while the receive buffer is full is not lost: it is reported once the program receives', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, { receiveBufferBytes: 8192, readAheadBytes: 1 });
    const flood = b.send(pattern(60_000));
    await stacks.network.advance(5000);
    const reset = a.resetStreams({ outgoing: [1] });
    await stacks.network.advance(5000);
    expect((await a.receive())?.data.length).toBe(60_000);
    await Promise.all([flood, reset]);
  }));
