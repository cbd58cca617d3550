import { expect } from 'vitest';
import type { Socket } from '../../src/index.js';
import { chunkOf, data, parameter, sack, u8, u16, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { ask, connecting, established, listening, one, only } from './scenes.js';

const BEGINNING = 2;
const [FORWARD_TSN_SUPPORTED, UNRECOGNIZED] = [0xc000, 8];
const forwardTsn = (tsn: number, ...streams: [number, number][]) =>
  chunkOf('FORWARD TSN', u32(tsn), ...streams.map((pair) => u16(...pair)));

requirement(
  'RFC 3758',
  '3.1',
  'MUST',
  'INIT ACK says that FORWARD TSN is supported, if INIT does',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    const names = one(await target.answers(), 'INIT ACK').parameters.map(({ name }) => name);
    expect(names).toContain('Forward TSN Supported');
  }),
);

requirement(
  'RFC 3758',
  '3.1',
  'MUST',
  'the parameter Forward TSN Supported is not reported as unrecognized',
  listening(async ({ target, peer }) => {
    await peer.sendInit({ parameters: [parameter(FORWARD_TSN_SUPPORTED)] });
    const codes = one(await target.answers(), 'INIT ACK').parameters.map(({ code }) => code);
    expect(codes).not.toContain(UNRECOGNIZED);
  }),
);

const off = { prepare: (socket: Socket) => socket.setOption('partialReliability', false) };
const reportsOf = (parameters: readonly { code: number; value: Uint8Array }[]) =>
  parameters.filter(({ code }) => code === UNRECOGNIZED).map(({ value }) => value);

requirement(
  'RFC 3758',
  '3.3.2',
  'MUST',
  'if partial reliability is off, INIT ACK reports Forward TSN Supported as unrecognized, before other reports',
  listening(off, async ({ target, peer }) => {
    const unknown = parameter(0xc0ff, u8(1));
    await peer.sendInit({ parameters: [unknown, parameter(FORWARD_TSN_SUPPORTED)] });
    const { parameters } = one(await target.answers(), 'INIT ACK');
    expect(parameters.map(({ name }) => name)).not.toContain('Forward TSN Supported');
    expect(reportsOf(parameters)).toEqual([u16(FORWARD_TSN_SUPPORTED, 4), unknown]);
    await peer.sendInit({ parameters: [] });
    expect(reportsOf(one(await target.answers(), 'INIT ACK').parameters)).toEqual([]);
  }),
);

requirement(
  'RFC 3758',
  '3.3.2',
  'MUST',
  'if partial reliability is off, Forward TSN Supported in an INIT ACK is reported by ERROR behind the COOKIE ECHO',
  connecting(off, async ({ target, peer, init }) => {
    expect(init.parameters.map(({ name }) => name)).not.toContain('Forward TSN Supported');
    await peer.sendInitAck({ parameters: [parameter(FORWARD_TSN_SUPPORTED)] });
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['COOKIE ECHO', 'ERROR']);
    expect(one(answers, 'ERROR').causes).toMatchObject([{ code: UNRECOGNIZED, value: u16(FORWARD_TSN_SUPPORTED, 4) }]);
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'MUST',
  'a message with a lifetime is abandoned when that is over, and named by FORWARD TSN',
  established(async ({ target, peer, association }) => {
    void association.send('x', { stream: 1, reliability: { lifetimeMs: 500 } });
    const { tsn } = one(await target.answers(), 'DATA');
    await target.advance(2000);
    const forward = one(await target.answers(), 'FORWARD TSN');
    expect(forward).toMatchObject({ cumulativeTsn: tsn, streams: [{ streamId: 1, ssn: 0 }] });
    expect(tsn).toBe(peer.targetTsn);
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'does',
  'FORWARD TSN is bundled with new DATA that fits into its packet, and precedes it',
  established({ initiation: { window: 1500 } }, async ({ target, association }) => {
    void association.send(pattern(1300), { stream: 1, reliability: { retransmits: 0 } });
    await target.answers();
    void association.send(pattern(500), { stream: 2 });
    expect(await target.answers()).toEqual([]);
    await target.advance(1000);
    expect((await target.answers()).map((packet) => typesOf([packet]))).toEqual([['FORWARD TSN', 'DATA']]);
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'MUST NOT',
  'a message that was acknowledged is not abandoned when its lifetime is over',
  established(async ({ target, peer, association }) => {
    await association.send('x', { reliability: { lifetimeMs: 500 } });
    await peer.send(sack(one(await target.answers(), 'DATA').tsn));
    await target.advance(5000);
    expect(typesOf(await target.answers())).not.toContain('FORWARD TSN');
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'MUST',
  'with several abandoned messages FORWARD TSN names the last TSN, and for each stream the largest SSN',
  established(async ({ target, peer, association }) => {
    for (const stream of [1, 1, 2]) {
      void association.send('x', { stream, reliability: { retransmits: 0 } });
      await target.answers();
    }
    await target.advance(1000);
    const forward = only(await target.answers(), 'FORWARD TSN').at(-1);
    expect(forward?.cumulativeTsn).toBe(peer.targetTsn + 2);
    expect(forward?.streams).toEqual(
      expect.arrayContaining([
        { streamId: 1, ssn: 1 },
        { streamId: 2, ssn: 0 },
      ]),
    );
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'MUST',
  'all fragments of an abandoned message are abandoned, those that were not sent yet, too',
  established(async ({ target, peer, association }) => {
    association.send(pattern(20_000), { stream: 1, reliability: { retransmits: 0 } }).catch(() => {});
    const sent = only(await target.answers(), 'DATA');
    await target.advance(1000);
    await target.answers();
    await peer.send(sack(sent.at(-1)!.tsn));
    await target.advance(5000);
    const later = await target.answers();
    for (const chunk of only(later, 'DATA')) expect(chunk.streamId).not.toBe(1);
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'does',
  'reliable messages around an abandoned one are retransmitted until they are acknowledged',
  established(async ({ target, peer, association }) => {
    void association.send('abandoned', { stream: 1, reliability: { retransmits: 0 } });
    await target.answers();
    await association.send('kept', { stream: 2 });
    const kept = one(await target.answers(), 'DATA');
    await target.advance(1000);
    const answers = await target.answers();
    expect(only(answers, 'DATA').map(({ tsn }) => tsn)).toEqual([kept.tsn]);
    await peer.send(sack(kept.tsn));
    await target.advance(5000);
    expect(typesOf(await target.answers())).not.toContain('DATA');
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'MUST NOT',
  'FORWARD TSN does not skip a reliable message that is outstanding',
  established(async ({ target, peer, association }) => {
    await association.send('kept');
    await target.answers();
    void association.send('abandoned', { reliability: { retransmits: 0 } });
    await target.answers();
    await target.advance(1000);
    for (const { cumulativeTsn } of only(await target.answers(), 'FORWARD TSN')) {
      expect(cumulativeTsn).toBeLessThan(peer.targetTsn);
    }
    await peer.send(sack(peer.targetTsn));
    await target.advance(3000);
    expect(only(await target.answers(), 'FORWARD TSN').at(-1)?.cumulativeTsn).toBe(peer.targetTsn + 1);
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'MUST',
  'FORWARD TSN removes the gap that it covers from the next SACK',
  established(async ({ peer }) => {
    expect(one(await ask(peer, data({ tsn: 1002, ssn: 0, stream: 1 })), 'SACK').gaps).toEqual([{ start: 3, end: 3 }]);
    const answers = await ask(peer, forwardTsn(1001, [0, 0]));
    await peer.target.advance(200);
    answers.concat(await peer.target.answers());
    const next = await ask(peer, data({ tsn: 1004, ssn: 1, stream: 1 }));
    expect(one(next, 'SACK')).toMatchObject({ cumulativeTsn: 1002, gaps: [{ start: 2, end: 2 }] });
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'MUST',
  'FORWARD TSN without streams skips unordered messages only: ordered ones wait for nothing',
  established(async ({ peer, association }) => {
    await peer.send(forwardTsn(1000));
    await peer.send(data({ tsn: 1001, ssn: 0, payload: u8(7) }));
    expect((await association.receive())?.data).toEqual(u8(7));
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'MUST',
  'FORWARD TSN of one stream delivers nothing out of order on another one',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1002, stream: 1, ssn: 1, payload: u8(2) }));
    await peer.send(forwardTsn(1000, [0, 0]));
    await peer.send(data({ tsn: 1001, stream: 1, ssn: 0, payload: u8(1) }));
    expect((await association.receive())?.data).toEqual(u8(1));
    expect((await association.receive())?.data).toEqual(u8(2));
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'does',
  'a message whose last fragments are skipped is reported to the user as cut, or not at all',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1000, flags: BEGINNING, payload: u8(1) }));
    await peer.send(forwardTsn(1002, [0, 0]));
    await peer.send(data({ tsn: 1003, ssn: 1, payload: u8(9) }));
    expect((await association.receive())?.data).toEqual(u8(9));
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'does',
  'FORWARD TSN for a stream that does not exist does no harm',
  established(async ({ peer, association }) => {
    await peer.send(forwardTsn(1000, [60_000, 5]));
    await peer.send(data({ tsn: 1001, ssn: 0, payload: u8(4) }));
    expect((await association.receive())?.data).toEqual(u8(4));
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'SHOULD',
  'a FORWARD TSN far beyond the window does no harm: the association ends, or goes on with the TSNs of the peer',
  established(async ({ peer, association, target }) => {
    await ask(peer, forwardTsn(1000 + 0x4000_0000, [0, 0]));
    await target.advance(1000);
    const before = association.state;
    await peer.send(data({ tsn: 1000, ssn: 0, payload: u8(4) }));
    expect(['open', 'closed']).toContain(before);
    expect(association.state).toBe(before);
  }),
);
