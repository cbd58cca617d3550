import { describe, expect, test } from 'vitest';
import { BEGINNING, END, UNORDERED } from '../support/fragmenting-peer.js';
import { chunk, parameter, u16, u32 } from '../support/packets.js';
import { connected, listening, pattern, SERVER, withTwoStacks } from '../support/two-stacks.js';
import { read, watch, withPeers } from './fixture.js';

const U = UNORDERED;
const RE_CONFIG = 130;
const OUTGOING_SSN_RESET_REQUEST = 13;

const reset = (seq: number, lastTsn: number, ...streams: number[]) =>
  chunk(RE_CONFIG, 0, parameter(OUTGOING_SSN_RESET_REQUEST, u32(seq, 0, lastTsn), u16(...streams)));

describe('an unordered message', () => {
  test('that is complete is delivered without waiting for others of its stream (RFC 9260 §6.6)', () =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks);
        const times: number[] = [];
        let count = 0;
        stacks.network.filter(({ bytes }) => (bytes[12] === 0 && ++count === 2 ? 'drop' : undefined));
        const start = stacks.network.clock.now();
        const receiving = (async () => {
          for (const _ of [1, 2]) {
            await b.receive();
            times.push(stacks.network.clock.now() - start);
          }
        })();
        for (const value of [1, 2]) await a.send(new Uint8Array(2600).fill(value), { unordered: true });
        await receiving;
        expect(times[0]).toBeLessThan(50);
      },
      { conditions: { latencyMs: 20 }, host: { mtu: 1500 } },
    ));

  test('overtakes one in partial delivery, and both are received unchanged', () =>
    withPeers({ receiveBufferBytes: 65_536 }, [{ interleaved: true }], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      await peer!.begin(30, { number: 0, flags: U });
      for (let number = 1; number <= 60; number++) {
        await peer!.send(peer!.data({ number, flags: U | BEGINNING | END, payload: pattern(1300, number) }));
      }
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(Array(60).fill('1300 bytes'));
      await peer!.send(peer!.data({ number: 0, fsn: 30, flags: U | END, payload: 'end' }));
      await stacks.network.advance(1000);
      expect(seen.received.at(-1)).toBe(`${30 * 1300 + 3} bytes`);
    }));

  test('is reassembled from fragments that arrive in any order', () =>
    withPeers({}, [{}, { interleaved: true, port: 4001 }], async (stacks, peers, associations) => {
      for (const [index, peer] of peers.entries()) {
        const seen = watch(associations[index]!);
        const letters = [...'abcdefgh'];
        const first = peer.tsn;
        const fragments = letters.map((payload, at) => {
          const flags = U | (at % 4 === 0 ? BEGINNING : 0) | (at % 4 === 3 ? END : 0);
          return peer.data({ number: at >> 2, fsn: at & 3, flags, payload, tsn: first + at });
        });
        for (const at of [6, 1, 3, 4, 2, 7, 0, 5]) await peer.send(fragments[at]!);
        await stacks.network.advance(1000);
        expect(seen.received.sort()).toEqual(['abcd', 'efgh']);
        expect(peer.aborts()).toEqual([]);
      }
    }));
});

test('a message is received before a later one of its stream that is in partial delivery, while another stream has one, too', () =>
  withPeers(
    { receiveBufferBytes: 65_536, readAheadBytes: 1 },
    [{ interleaved: true }],
    async (stacks, [peer], [association]) => {
      const first = association!.receive();
      await peer!.begin(30, { stream: 3 });
      await peer!.send(peer!.data({ stream: 5, payload: 'first' }));
      await first; // nobody waits for a message any more, so what follows stays in usrsctp
      for (const number of [0, 1]) await peer!.send(peer!.data({ stream: 1, number, payload: `${number}` }));
      await peer!.begin(30, { stream: 1, number: 2 });
      const seen = watch(association!);
      await stacks.network.advance(1000);
      for (const part of [{ stream: 1, number: 2 }, { stream: 3 }]) {
        await peer!.send(peer!.data({ ...part, fsn: 30, flags: END, payload: 'end' }));
        await stacks.network.advance(1000);
      }
      expect(seen.received).toEqual(['0', '1', `${30 * 1300 + 3} bytes`, `${30 * 1300 + 3} bytes`]);
    },
  ));

test('messages that together fill the window, each too small for partial delivery, are all received', () =>
  withTwoStacks(async (stacks) => {
    const listener = listening(stacks, { receiveBufferBytes: 100_000 });
    const client = stacks.client.socket();
    for (const socket of [listener, client]) socket.setOption('interleaving', true);
    const [a, b] = await Promise.all([client.connectx(SERVER), listener.accept()]);
    a.setOption('scheduler', 'round-robin');
    const seen = watch(b);
    const messages = [0, 1, 2, 3, 4].map((stream) => a.send(pattern(45_000, stream), { stream }));
    await Promise.all(messages);
    await stacks.network.advance(10_000);
    expect(seen.received).toEqual(Array(5).fill('45000 bytes'));
  }));

test('small fragments that together fill the window by their number are all received', () =>
  withPeers({ receiveBufferBytes: 8192 }, [{ interleaved: true }], async (stacks, [peer], [association]) => {
    const seen = watch(association!);
    const streams = [0, 1, 2, 3, 4, 5, 6, 7];
    for (const stream of streams) await peer!.begin(4, { stream }, 60);
    for (const stream of streams) {
      await peer!.send(peer!.data({ stream, fsn: 4, flags: END, payload: 'end' }));
      await stacks.network.advance(1000);
    }
    expect(seen.received).toEqual(streams.map(() => '243 bytes'));
  }));

test('an event is reported during a partial delivery and does not take its buffer space', () =>
  withPeers(
    { receiveBufferBytes: 32_768, peerMayReset: 'streams' },
    [{ interleaved: true }],
    async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      association!.on('streamReset', () => seen.events.push('reset'));
      await peer!.begin(15);
      await peer!.send(reset(1000, peer!.tsn - 1, 5));
      await stacks.network.advance(1000);
      expect(seen.events).toEqual(['reset']);
      for (const stream of [1, 2]) await peer!.begin(10, { stream }, 1428);
      for (const [stream, fsn] of [15, 10, 10].entries()) {
        await peer!.send(peer!.data({ stream, fsn, flags: END, payload: 'end' }));
        await stacks.network.advance(1000);
      }
      expect(seen.received).toEqual(['19503 bytes', '14283 bytes', '14283 bytes']);
    },
  ));

describe('a stream reset that waits for DATA', () => {
  test('is performed when the gap closes, and does not delay other streams', () =>
    withPeers({ peerMayReset: 'streams' }, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      const [lost, second] = [peer!.tsn++, peer!.tsn++];
      await peer!.send(peer!.data({ stream: 1, payload: 'old', tsn: second }));
      await peer!.send(reset(1000, second, 1));
      await peer!.send(peer!.data({ stream: 2, payload: 'elsewhere' }));
      await peer!.send(peer!.data({ stream: 1, flags: BEGINNING, payload: 'ne' }));
      await peer!.send(peer!.data({ stream: 1, flags: END, payload: 'w' }));
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(['old', 'elsewhere']);
      await peer!.send(peer!.data({ payload: 'late', tsn: lost }));
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(['old', 'elsewhere', 'late', 'new']);
      expect(peer!.aborts()).toEqual([]);
    }));

  test('is performed when the missing DATA is abandoned', () =>
    withPeers({ peerMayReset: 'streams' }, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!, false);
      const [lost, second] = [peer!.tsn++, peer!.tsn++];
      await peer!.send(peer!.data({ stream: 1, payload: 'old', tsn: second }));
      await peer!.send(reset(1000, second, 1));
      await peer!.send(peer!.forward(lost));
      await peer!.send(peer!.data({ stream: 1, payload: 'new' }));
      void read(seen);
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(['old', 'new']);
    }));
});
