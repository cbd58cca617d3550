import { expect } from 'vitest';
import { chunkOf, chunkWithFlags, extensions, forwardTsnSupported, sack, u8, u16, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { ask, causesOf, established, one, only } from './scenes.js';

const INTERLEAVED = [extensions('RE-CONFIG', 'FORWARD TSN', 'I-DATA', 'I-FORWARD TSN'), forwardTsnSupported];
const [END, BEGINNING, WHOLE, UNORDERED] = [1, 2, 3, 4];
const scene = {
  prepare: (socket: { setOption(name: 'interleaving', on: boolean): void }) => socket.setOption('interleaving', true),
  initiation: { parameters: INTERLEAVED },
};

interface Fields {
  readonly tsn: number;
  readonly stream?: number;
  readonly flags?: number;
  readonly mid?: number;
  /** The payload protocol of a first fragment, or the number of another one. */
  readonly fsn?: number;
  readonly payload?: Uint8Array;
}

const iData = ({ tsn, stream = 0, flags = WHOLE, mid = 0, fsn = 0, payload = u8(1) }: Fields) =>
  chunkWithFlags('I-DATA', flags, u32(tsn), u16(stream, 0), u32(mid, fsn), payload);
/** Each stream: its number, 1 for unordered, the MID. */
const iForwardTsn = (tsn: number, ...streams: [number, number, number][]) =>
  chunkOf('I-FORWARD TSN', u32(tsn), ...streams.flatMap(([stream, flag, mid]) => [u16(stream, flag), u32(mid)]));

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'MIDs of ordered messages grow by one in each stream, and streams count for themselves',
  established(scene, async ({ target, association }) => {
    for (const stream of [0, 0, 1]) await association.send('x', { stream });
    await target.advance(1);
    const chunks = only(await target.answers(), 'I-DATA').map(({ streamId, mid }) => [streamId, mid]);
    expect(chunks).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ]);
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'unordered messages have MIDs of their own: they take none of the ordered ones',
  established(scene, async ({ target, association }) => {
    await association.send('x', { unordered: true });
    await association.send('x');
    await association.send('x', { unordered: true });
    await target.advance(1);
    const chunks = only(await target.answers(), 'I-DATA').map(({ isUnordered, mid }) => [isUnordered, mid]);
    expect(chunks).toEqual([
      [true, 0],
      [false, 0],
      [true, 1],
    ]);
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'messages are delivered in the order of their MIDs, whatever the order of their TSNs',
  established(scene, async ({ peer, association }) => {
    await peer.send(iData({ tsn: 1000, mid: 1, payload: u8(2) }), iData({ tsn: 1001, mid: 0, payload: u8(1) }));
    expect((await association.receive())?.data).toEqual(u8(1));
    expect((await association.receive())?.data).toEqual(u8(2));
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'the fragments of a message are put together in the order of their FSNs',
  established(scene, async ({ peer, association }) => {
    await peer.send(iData({ tsn: 1002, flags: END, fsn: 2, payload: u8(3) }));
    await peer.send(iData({ tsn: 1001, flags: 0, fsn: 1, payload: u8(2) }));
    await peer.send(iData({ tsn: 1000, flags: BEGINNING, payload: u8(1) }));
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3));
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'the payload protocol of a message is that of its first fragment',
  established(scene, async ({ peer, association }) => {
    await peer.send(iData({ tsn: 1000, flags: BEGINNING, fsn: 77 }), iData({ tsn: 1001, flags: END, fsn: 1 }));
    expect((await association.receive())?.ppid).toBe(77);
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'does',
  'unordered fragments of two messages of one stream that alternate are reassembled',
  established(scene, async ({ peer, association }) => {
    await peer.send(
      iData({ tsn: 1000, flags: UNORDERED | BEGINNING, mid: 0, payload: u8(1) }),
      iData({ tsn: 1001, flags: UNORDERED | BEGINNING, mid: 1, payload: u8(11) }),
      iData({ tsn: 1002, flags: UNORDERED | END, mid: 1, fsn: 1, payload: u8(12) }),
      iData({ tsn: 1003, flags: UNORDERED | END, mid: 0, fsn: 1, payload: u8(2) }),
    );
    const received = [(await association.receive())?.data, (await association.receive())?.data];
    expect(received).toEqual(expect.arrayContaining([u8(1, 2), u8(11, 12)]));
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'I-DATA is acknowledged by SACK as DATA is',
  established(scene, async ({ peer }) => {
    expect(one(await ask(peer, iData({ tsn: 1000 })), 'SACK').cumulativeTsn).toBe(1000);
    expect(one(await ask(peer, iData({ tsn: 1002, mid: 2 })), 'SACK').gaps).toEqual([{ start: 2, end: 2 }]);
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'I-DATA without payload is answered by ABORT with cause No User Data',
  established(scene, async ({ peer, association }) => {
    expect(causesOf(one(await ask(peer, iData({ tsn: 1000, payload: u8() })), 'ABORT'))).toEqual([9]);
    expect(association.state).toBe('closed');
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'does',
  'I-DATA for a stream that does not exist is acknowledged, and reported by ERROR with cause Invalid Stream Identifier',
  established(scene, async ({ target, peer }) => {
    const answers = [...(await ask(peer, iData({ tsn: 1000, stream: 5000 })))];
    await target.advance(200);
    answers.push(...(await target.answers()));
    expect(causesOf(one(answers, 'ERROR'))).toEqual([1]);
    expect(only(answers, 'SACK').at(-1)?.cumulativeTsn).toBe(1000);
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'does',
  'a message that is larger than a packet is sent in fragments that others of other streams can overtake',
  established({ ...scene, socket: { sendBufferBytes: 1_000_000 } }, async ({ target, peer, association }) => {
    association.send(pattern(20_000), { stream: 0 }).catch(() => {});
    association.send(pattern(20_000), { stream: 1 }).catch(() => {});
    const streams: number[] = [];
    for (let round = 0; round < 30; round++) {
      const chunks = only(await target.answers(), 'I-DATA');
      streams.push(...chunks.map(({ streamId }) => streamId));
      if (chunks.length > 0) await peer.send(sack(chunks.at(-1)!.tsn));
      await target.advance(1);
    }
    const changes = streams.filter((stream, index) => index > 0 && stream !== streams[index - 1]).length;
    expect(new Set(streams)).toEqual(new Set([0, 1]));
    expect(changes).toBeGreaterThan(5);
  }),
);

requirement(
  'RFC 8260',
  '2.2.1',
  'MUST',
  'INIT ACK lists I-DATA and I-FORWARD TSN if interleaving is on',
  established(scene, async ({ peer }) => {
    const { initAck } = peer;
    const list = initAck?.type === 'INIT ACK' && initAck.parameters.find(({ name }) => name === 'Supported Extensions');
    expect(list ? list.numbers : undefined).toEqual(expect.arrayContaining([0x40, 0xc2]));
  }),
);

requirement(
  'RFC 8260',
  '2.2.2',
  'MUST',
  'I-DATA on an association that uses DATA ends it by ABORT with a protocol violation',
  established({ initiation: { parameters: [] } }, async ({ peer, association }) => {
    expect(causesOf(one(await ask(peer, iData({ tsn: 1000 })), 'ABORT'))).toEqual([13]);
    expect(association.state).toBe('closed');
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'MUST',
  'a message that is abandoned is named by I-FORWARD TSN: the TSN, the stream and the MID',
  established(scene, async ({ target, peer, association }) => {
    void association.send('x', { stream: 3, reliability: { retransmits: 0 } });
    await target.answers();
    await target.advance(1000);
    const forward = one(await target.answers(), 'I-FORWARD TSN');
    expect(forward).toMatchObject({
      cumulativeTsn: peer.targetTsn,
      streams: [{ streamId: 3, isUnordered: false, mid: 0 }],
    });
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'MUST',
  'an unordered message that is abandoned is named with the U bit',
  established(scene, async ({ target, association }) => {
    void association.send('x', { stream: 2, unordered: true, reliability: { retransmits: 0 } });
    await target.answers();
    await target.advance(1000);
    expect(one(await target.answers(), 'I-FORWARD TSN').streams).toMatchObject([{ streamId: 2, isUnordered: true }]);
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'MUST',
  'I-FORWARD TSN moves the cumulative TSN, and delivers what waited behind the MID',
  established(scene, async ({ peer, association }) => {
    await peer.send(iData({ tsn: 1001, mid: 1, payload: u8(2) }));
    const answers = await ask(peer, iForwardTsn(1000, [0, 0, 0]));
    expect((await association.receive())?.data).toEqual(u8(2));
    expect(typesOf(answers)).not.toContain('ABORT');
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'MUST',
  'I-FORWARD TSN of a stream does not affect the messages of another stream',
  established(scene, async ({ peer, association }) => {
    await peer.send(iData({ tsn: 1001, stream: 1, flags: BEGINNING, payload: u8(1) }));
    await peer.send(iForwardTsn(1000, [0, 0, 5]));
    await peer.send(iData({ tsn: 1002, stream: 1, flags: END, fsn: 1, payload: u8(2) }));
    expect(await association.receive()).toMatchObject({ stream: 1, data: u8(1, 2) });
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'does',
  'fragments of a message that I-FORWARD TSN skips are discarded',
  established(scene, async ({ peer, association }) => {
    await peer.send(iData({ tsn: 1000, flags: BEGINNING, mid: 0, payload: u8(1) }));
    await peer.send(iForwardTsn(1001, [0, 0, 0]));
    await peer.send(iData({ tsn: 1002, mid: 1, payload: u8(3) }));
    expect((await association.receive())?.data).toEqual(u8(3));
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'MUST',
  'FORWARD TSN on an association that uses I-DATA ends it by ABORT with a protocol violation',
  established(scene, async ({ peer, association }) => {
    const answers = await ask(peer, chunkOf('FORWARD TSN', u32(1000), u16(0, 0)));
    expect(causesOf(one(answers, 'ABORT'))).toEqual([13]);
    expect(association.state).toBe('closed');
  }),
);
