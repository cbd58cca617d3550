import { describe, expect, test } from 'vitest';
import { BEGINNING, END, type FragmentingPeer, UNORDERED } from '../support/fragmenting-peer.js';
import { chunk, parameter, u16, u32 } from '../support/packets.js';
import type { TwoStacks } from '../support/two-stacks.js';
import { read, watch, withPeers } from './fixture.js';

const cases = (['one-to-one', 'one-to-many'] as const).flatMap((style) =>
  [false, true].flatMap((unordered) =>
    [false, true].flatMap((interleaved) =>
      [20, 60].flatMap((count) => [true, false].map((early) => [style, unordered, interleaved, count, early] as const)),
    ),
  ),
);

test.each(cases)(
  'a peer restarts in the middle of a message: %s, unordered %s, I-DATA %s, after %i fragments, read from the start %s',
  (style, unordered, interleaved, count, early) =>
    withPeers({ style }, [{ interleaved }], async (stacks, [peer], [association]) => {
      const seen = watch(association!, early);
      const flags = unordered ? UNORDERED : 0;
      await peer!.send(peer!.data({ stream: 5, payload: 'before' }));
      await peer!.begin(count, { stream: 3, flags }, 1400);
      await peer!.send(peer!.data({ stream: 4, number: 1, payload: 'out of turn' }));
      peer!.tsn = 5000;
      await peer!.connect({ tag: 0x3333 });
      for (const payload of ['one', 'two', 'three']) {
        const number = ['one', 'two', 'three'].indexOf(payload);
        await peer!.send(peer!.data({ stream: 3, number, flags: flags | BEGINNING | END, payload }));
      }
      if (!early) void read(seen);
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(['before', 'one', 'two', 'three']);
      const aborted = unordered ? 'aborted 3 unordered' : 'aborted 3/0';
      expect(seen.events).toEqual(count > 40 ? [aborted, 'restart'] : ['restart']);
      await peer!.begin(150, { stream: 3, number: 3, flags }, 1400); // exceeds the window unless the restart has restored it
      await peer!.send(peer!.data({ stream: 3, number: 3, fsn: 150, flags: flags | END, payload: 'end' }));
      await stacks.network.advance(1000);
      expect(seen.received.at(-1)).toBe(`${150 * 1400 + 3} bytes`);
    }),
);

test('unread messages are received even if the restarted peer no longer has their streams', () =>
  withPeers({ readAheadBytes: 1 }, [{ streams: 2000 }], async (stacks, [peer], [association]) => {
    const seen = watch(association!, false);
    await peer!.send(peer!.data({ stream: 0, payload: 'first' }));
    for (const stream of [1, 1900, 1999]) await peer!.send(peer!.data({ stream, payload: `on ${stream}` }));
    peer!.tsn = 5000;
    await peer!.connect({ tag: 0x3333, streams: 1 });
    await peer!.send(peer!.data({ payload: 'new' }));
    void read(seen);
    await stacks.network.advance(1000);
    expect(seen.received).toEqual(['first', 'on 1', 'on 1900', 'on 1999', 'new']);
    expect(seen.events).toEqual(['restart']);
  }));

/** Acknowledges each chunk that the stack sends after the restart or reset; returns the lengths of its messages. */
async function acknowledgeAll(peer: FragmentingPeer, stacks: TwoStacks): Promise<string[]> {
  const lengths: string[] = [];
  const bytes = new Map<number, number>(); // of the unfinished message of each stream
  for (let round = 0; round < 1000; round++) {
    for (const each of peer.chunks()) {
      if (each.type !== 'DATA' && each.type !== 'I-DATA') continue;
      const so = (each.isBeginning ? 0 : (bytes.get(each.streamId) ?? Number.NaN)) + each.payload.length;
      bytes.set(each.streamId, so);
      if (each.isEnd) lengths.push(`${so} bytes`);
      await peer.send(chunk(3, 0, u32(each.tsn, 131_072), u16(0, 0)));
    }
    await stacks.network.advance(10);
  }
  return lengths;
}

const unread = [false, true].flatMap((interleaved) => [true, false].map((isRead) => [interleaved, isRead] as const));

test.each(unread)(
  'a partly sent message is sent anew as a whole when the peer restarts, and is not reported as failed: I-DATA %s, the restart is read %s',
  (interleaved, isRead) =>
    withPeers({ readAheadBytes: 1 }, [{ interleaved }], async (stacks, [peer], [association]) => {
      const failed: string[] = [];
      association!.on('sendFailed', ({ data, whole }) => failed.push(`${data.length} bytes, whole ${whole}`));
      const seen = watch(association!, isRead);
      for (const number of [0, 1]) await peer!.send(peer!.data({ stream: 1, number, payload: `${number}` }));
      const sending = [100, 300_000].map((bytes) => association!.send(new Uint8Array(bytes), { stream: 3 }));
      await stacks.network.advance(10);
      peer!.tsn = 5000;
      await peer!.connect({ tag: 0x3333 });
      sending.push(association!.send('next', { stream: 3 }));
      expect(await acknowledgeAll(peer!, stacks)).toEqual(['300000 bytes', '4 bytes']);
      await Promise.all(sending);
      if (!isRead) void read(seen);
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(['0', '1']);
      expect(seen.events).toEqual(['restart']);
      expect(failed).toEqual(['100 bytes, whole true']);
    }),
);

test.each([true, false])(
  'partly sent messages of two streams are sent anew as a whole when the peer restarts, with I-DATA %s',
  (interleaved) =>
    withPeers({}, [{ interleaved: true }], async (stacks, [peer], [association]) => {
      const failed: number[] = [];
      association!.on('sendFailed', ({ data }) => failed.push(data.length));
      const lengths = [400_000, 500_000];
      const sending = lengths.map((bytes, index) => association!.send(new Uint8Array(bytes), { stream: 3 + index }));
      const begun = new Set<number>();
      for (let round = 0; begun.size < 2; round++) {
        for (const each of peer!.chunks()) {
          if (each.type !== 'I-DATA') continue;
          begun.add(each.streamId);
          await peer!.send(chunk(3, 0, u32(each.tsn, 131_072), u16(0, 0)));
        }
        expect(round).toBeLessThan(1000);
        await stacks.network.advance(10);
      }
      peer!.tsn = 5000;
      await peer!.connect({ tag: 0x3333, interleaved });
      sending.push(association!.send('next', { stream: 3 }));
      const arrived = await acknowledgeAll(peer!, stacks);
      expect(arrived.toSorted()).toEqual(['4 bytes', '400000 bytes', '500000 bytes']);
      await Promise.all(sending);
      expect(failed).toEqual([]);
    }),
);

describe('a reset of the association that the peer requests (RFC 6525)', () => {
  const RE_CONFIG = 130;
  const request = chunk(RE_CONFIG, 0, parameter(15, u32(1000)));

  test('waits until a partly sent message is delivered, and the next message is complete', () =>
    withPeers({ peerMayReset: 'association' }, [{}], async (stacks, [peer], [association]) => {
      const sending = association!.send(new Uint8Array(300_000), { stream: 3 });
      await stacks.network.advance(10);
      await peer!.send(request);
      expect(await acknowledgeAll(peer!, stacks)).toEqual(['300000 bytes']);
      await sending;
      await peer!.send(request);
      expect(peer!.chunks().map(({ type }) => type)).toContain('RE-CONFIG');
      await association!.send('next', { stream: 3 });
      await stacks.network.advance(10);
      const [next] = peer!.chunks();
      expect(next).toMatchObject({ type: 'DATA', ssn: 0, isBeginning: true, isEnd: true });
    }));

  test('waits until missing DATA has arrived', () =>
    withPeers({ peerMayReset: 'association' }, [{}], async (_, [peer], [association]) => {
      const seen = watch(association!);
      await peer!.send(peer!.data({ number: 1, payload: 'second', tsn: 1001 }));
      peer!.chunks();
      await peer!.send(request);
      expect(peer!.chunks().map(({ type }) => type)).not.toContain('RE-CONFIG');
      await peer!.send(peer!.data({ number: 0, payload: 'first', tsn: 1000 }));
      await peer!.send(request);
      expect(peer!.chunks().map(({ type }) => type)).toContain('RE-CONFIG');
      expect(seen.received).toEqual(['first', 'second']);
    }));
});
