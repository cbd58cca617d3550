import { expect } from 'vitest';
import { chunk, chunkOf, chunkWithFlags, data, parameter, sack, u8, u16, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { ask, causesOf, established, expectAlive, one, only } from './scenes.js';

const [END, BEGINNING, UNORDERED] = [1, 2, 4];

requirement(
  'RFC 9260',
  '6.9',
  'MUST NOT',
  'a message that fits into a packet is not fragmented: one DATA with B and E, the stream, and the payload protocol',
  'd-v-8-1',
  established(async ({ target, peer, association }) => {
    await association.send(pattern(1000), { stream: 4, ppid: 0x0102_0304 });
    const chunks = only(await target.answers(), 'DATA');
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toMatchObject({ isBeginning: true, isEnd: true, isUnordered: false, streamId: 4, ssn: 0 });
    expect(chunks[0]).toMatchObject({ ppid: 0x0102_0304, payload: pattern(1000), length: 1016, tsn: peer.targetTsn });
  }),
);

requirement(
  'RFC 9260',
  '6.9',
  'MUST',
  'a larger message is fragmented: TSNs in sequence, one SSN, B on the first only, E on the last only, same payload protocol',
  'd-v-8-2',
  established(async ({ target, peer, association }) => {
    await association.send(pattern(4000), { stream: 1, ppid: 9 });
    const answers = await target.answers();
    const chunks = only(answers, 'DATA');
    expect(chunks.length).toBe(3);
    expect(chunks.map(({ tsn }) => tsn - peer.targetTsn)).toEqual([0, 1, 2]);
    expect(chunks.map(({ isBeginning, isEnd }) => [isBeginning, isEnd])).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(new Set(chunks.map(({ ssn, streamId, ppid }) => `${ssn} ${streamId} ${ppid}`))).toEqual(new Set(['0 1 9']));
    expect(Buffer.concat(chunks.map(({ payload }) => payload))).toEqual(Buffer.from(pattern(4000)));
    for (const { length } of answers) expect(length).toBeLessThanOrEqual(1480);
  }),
);

requirement(
  'RFC 9260',
  '6.9',
  'MUST',
  'the fragments of a message are reassembled, in whatever order they arrive',
  'd-v-8-3',
  established(async ({ peer, association }) => {
    const first = data({ tsn: 1000, flags: BEGINNING, payload: u8(1) });
    const middle = data({ tsn: 1001, flags: 0, payload: u8(2) });
    const last = data({ tsn: 1002, flags: END, payload: u8(3) });
    await peer.send(last);
    await peer.send(first);
    await peer.send(middle);
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3));
  }),
);

requirement(
  'RFC 9260',
  '6.5',
  'MUST',
  'DATA for a stream that does not exist is acknowledged, and reported by ERROR with cause Invalid Stream Identifier',
  'e-i-6-3',
  established({ initiation: { outbound: 5 } }, async ({ target, peer, association }) => {
    const answers = [...(await ask(peer, data({ tsn: 1000, stream: 7 })))];
    await target.advance(200);
    answers.push(...(await target.answers()));
    expect(one(answers, 'SACK').cumulativeTsn).toBe(1000);
    const error = one(answers, 'ERROR');
    expect(causesOf(error)).toEqual([1]);
    expect(error.causes[0]?.value).toEqual(u16(7, 0));
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'MUST',
  'DATA without payload is answered by ABORT with cause No User Data and its TSN',
  'd-i-8-11',
  established(async ({ peer, association }) => {
    const answers = await ask(peer, data({ tsn: 1000, payload: u8() }));
    expect(typesOf(answers)).toEqual(['ABORT']);
    const abort = one(answers, 'ABORT');
    expect(causesOf(abort)).toEqual([9]);
    expect(abort.causes[0]?.value).toEqual(u32(1000));
    expect(await association.closed).toBeDefined();
  }),
);

requirement(
  'RFC 9260',
  '6.6',
  'MUST',
  'ordered messages of a stream are delivered in the order of their SSNs',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1001, ssn: 1, payload: u8(2) }));
    expect(association.state).toBe('open');
    await peer.send(data({ tsn: 1000, ssn: 0, payload: u8(1) }));
    expect((await association.receive())?.data).toEqual(u8(1));
    expect((await association.receive())?.data).toEqual(u8(2));
  }),
);

requirement(
  'RFC 9260',
  '6.6',
  'MUST',
  'a gap in one stream does not hold up another stream',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1001, stream: 2, payload: u8(2) }));
    expect(await association.receive()).toMatchObject({ stream: 2, data: u8(2) });
  }),
);

requirement(
  'RFC 9260',
  '6.6',
  'MUST',
  'an unordered message is delivered though earlier TSNs are missing, and its SSN is ignored',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1005, ssn: 77, flags: UNORDERED | BEGINNING | END, payload: u8(5) }));
    expect(await association.receive()).toMatchObject({ data: u8(5), unordered: true });
  }),
);

requirement(
  'RFC 9260',
  '6.6',
  'does',
  'an unordered message is sent with the U bit, and takes no SSN of its stream',
  established(async ({ target, association }) => {
    await association.send('a');
    await association.send('b', { unordered: true });
    await association.send('c');
    const chunks = only(await target.answers(), 'DATA');
    expect(chunks.map(({ isUnordered }) => isUnordered)).toEqual([false, true, false]);
    expect([chunks[0]?.ssn, chunks[2]?.ssn]).toEqual([0, 1]);
  }),
);

requirement(
  'RFC 9260',
  '6.6',
  'MUST',
  'SSNs begin at 0 in each stream, and grow by one with each ordered message',
  established(async ({ target, association }) => {
    for (const stream of [0, 1, 0, 1, 0]) await association.send('x', { stream });
    const chunks = only(await target.answers(), 'DATA');
    expect(chunks.map(({ streamId, ssn }) => [streamId, ssn])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 2],
    ]);
  }),
);

requirement(
  'RFC 9260',
  '6.5',
  'MUST',
  'the SSN after 65,535 is 0, when sending',
  established(async ({ target, peer, association }) => {
    const ssns: number[] = [];
    while (ssns.length < 65_600) {
      for (let count = 0; count < 50; count++) void association.send('x', { stream: 3 });
      const chunks = only(await target.answers(), 'DATA');
      ssns.push(...chunks.map(({ ssn }) => ssn));
      await peer.send(sack(chunks.at(-1)!.tsn));
    }
    expect(ssns).toEqual(ssns.map((_, index) => index % 65_536));
  }),
);

requirement(
  'RFC 9260',
  '6.5',
  'MUST',
  'the SSN after 65,535 is 0, on receipt: messages are delivered in that order',
  established(async ({ target, peer, association }) => {
    const numberOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    for (let sent = 0; sent < 65_600; sent += 50) {
      const chunks = Array.from({ length: 50 }, (_, index) =>
        data({ tsn: peer.tsn++, stream: 3, ssn: (sent + index) % 65_536, payload: u32(sent + index) }),
      );
      await peer.send(...chunks.toReversed());
      for (let count = 0; count < 50; count++) {
        const message = await association.receive();
        if (numberOf(message!.data) !== sent + count) expect(numberOf(message!.data)).toBe(sent + count);
      }
      await target.answers();
    }
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '1.6',
  'MUST',
  'the TSN after 2^32 − 1 is 0, on receipt',
  established({ initiation: { tsn: 0xffff_ffff } }, async ({ target, peer, association }) => {
    await peer.send(data({ tsn: 0xffff_ffff, ssn: 0 }), data({ tsn: 0, ssn: 1 }), data({ tsn: 1, ssn: 2 }));
    for (let count = 0; count < 3; count++) await association.receive();
    await target.advance(200);
    expect(only(await target.answers(), 'SACK').at(-1)?.cumulativeTsn).toBe(1);
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'does',
  'small messages are bundled into one packet, as far as it has room',
  established(async ({ target, association }) => {
    for (let count = 0; count < 20; count++) await association.send(pattern(100));
    await target.advance(5);
    const answers = await target.answers();
    expect(only(answers, 'DATA')).toHaveLength(20);
    expect(answers.some(({ chunks }) => chunks.length > 5)).toBe(true);
    for (const { length } of answers) expect(length).toBeLessThanOrEqual(1480);
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'MUST',
  'control chunks stand before DATA in a packet',
  'bdc-v-7-7',
  established(async ({ target, peer, association }) => {
    await ask(peer, peer.message());
    expect(await ask(peer, peer.message())).toEqual([]);
    await association.send('now');
    const packet = (await target.answers()).find(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
    expect(packet?.chunks.map(({ type }) => type)).toEqual(['SACK', 'DATA']);
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'MUST',
  'several DATA chunks of a packet are all received, in order',
  established(async ({ peer, association }) => {
    await peer.send(...[1, 2, 3, 4, 5].map((n) => peer.message({ payload: u8(n) })));
    const received: number[] = [];
    for (let count = 0; count < 5; count++) received.push((await association.receive())?.data[0] ?? 0);
    expect(received).toEqual([1, 2, 3, 4, 5]);
  }),
);

for (const [bits, type, isRead, isReported] of [
  ['00', 0x3f, false, false],
  ['01', 0x7f, false, true],
  ['10', 0xbf, true, false],
  ['11', 0xff, true, true],
] as const) {
  const unknown = chunk(type, 0, u32(0x0102_0304));
  const body = established(async ({ target, peer, association }) => {
    const answers = [...(await ask(peer, unknown, data({ tsn: 1000 })))];
    await target.advance(200);
    answers.push(...(await target.answers()));
    expect(only(answers, 'SACK').some(({ cumulativeTsn }) => cumulativeTsn === 1000)).toBe(isRead);
    const causes = only(answers, 'ERROR').flatMap((error) => error.causes);
    expect(causes.map(({ code, value }) => [code, value])).toEqual(isReported ? [[6, unknown]] : []);
    expect(association.state).toBe('open');
  });
  if (bits === '00')
    requirement(
      'RFC 9260',
      '3.2',
      'does',
      'an unknown chunk of type 00… ends the reading of its packet, without a report',
      'm-i-10-2',
      body,
    );
  else if (bits === '01')
    requirement(
      'RFC 9260',
      '3.2',
      'does',
      'an unknown chunk of type 01… ends the reading of its packet, and is reported by ERROR',
      'm-i-10-3',
      body,
    );
  else if (bits === '10')
    requirement(
      'RFC 9260',
      '3.2',
      'does',
      'an unknown chunk of type 10… is skipped, without a report',
      'm-i-10-4',
      body,
    );
  else
    requirement(
      'RFC 9260',
      '3.2',
      'does',
      'an unknown chunk of type 11… is skipped, and reported by ERROR',
      'm-i-10-1',
      body,
    );
}

requirement(
  'RFC 9260',
  '3.2',
  'does',
  'ERROR with cause Unrecognized Chunk Type changes nothing in the association',
  established(async (scene) => {
    await scene.peer.send(chunkOf('ERROR', parameter(6, chunk(0xc1, 0, u32(1)))));
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '6.1',
  'MUST NOT',
  'no more is in flight than the peer’s window allows, except for one chunk',
  established({ initiation: { window: 3000 } }, async ({ target, association }) => {
    for (let count = 0; count < 6; count++) void association.send(pattern(1000));
    const bytes = only(await target.answers(), 'DATA').reduce((sum, { payload }) => sum + payload.length, 0);
    expect(bytes).toBeLessThanOrEqual(3000);
    expect(bytes).toBeGreaterThan(0);
  }),
);

requirement(
  'RFC 9260',
  '6.1',
  'MUST',
  'if the window is 0, one chunk is sent as a probe once the retransmission time-out has passed, and DATA flows again when the window opens',
  'd-o-8-7',
  established(async ({ target, peer, association }) => {
    await association.send(pattern(1000));
    const first = one(await target.answers(), 'DATA');
    await peer.send(sack(first.tsn, [], 0));
    for (let count = 0; count < 5; count++) void association.send(pattern(1000));
    const probes = [...only(await target.answers(), 'DATA')];
    await target.advance(1000);
    probes.push(...only(await target.answers(), 'DATA'));
    expect(new Set(probes.map(({ tsn }) => tsn))).toEqual(new Set([first.tsn + 1]));
    await peer.send(sack(first.tsn + 1, [], 100_000));
    const more = only(await target.answers(), 'DATA').map(({ tsn }) => tsn - first.tsn);
    expect(more.length).toBeGreaterThan(1);
  }),
);

requirement(
  'RFC 9260',
  '6.1',
  'SHOULD NOT',
  'an end whose window probes are acknowledged does not give the association up, however long the window stays 0',
  established(async ({ target, peer, association }) => {
    for (let count = 0; count < 3; count++) void association.send(pattern(1000));
    let last = Math.max(...only(await target.answers(), 'DATA').map(({ tsn }) => tsn));
    await peer.send(sack(last, [], 0));
    void association.send(pattern(1000));
    for (let minute = 0; minute < 15; minute++) {
      await target.advance(60_000);
      for (const { tsn } of only(await target.answers(), 'DATA')) last = Math.max(last, tsn - 1);
      await peer.send(sack(last, [], 0));
      await peer.send(chunkWithFlags('DATA', 3, u32(peer.tsn++), u16(0, minute), u32(0), u8(1)));
    }
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '3.3.1',
  'does',
  'DATA whose length field is shorter than its header ends the association with a protocol violation',
  established(async ({ peer }) => {
    const broken = data({ tsn: 1000 });
    broken[3] = 8;
    expect(causesOf(one(await ask(peer, broken), 'ABORT'))).toEqual([13]);
  }),
);
