import { expect } from 'vitest';
import { data, sack, u8 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { after, ask, established, one, only } from './scenes.js';

const WHOLE = 3;
const IMMEDIATE = 8;

requirement(
  'RFC 9260',
  '6.2',
  'MUST',
  'the first DATA after the set-up is acknowledged at once',
  'a-v-9-1',
  established(async ({ peer }) => {
    const answers = await ask(peer, peer.message());
    expect(typesOf(answers)).toEqual(['SACK']);
    expect(one(answers, 'SACK')).toMatchObject({ cumulativeTsn: 1000, gaps: [], duplicateTsns: [] });
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'SHOULD',
  'a single packet with DATA is acknowledged 200 ms later',
  established(async ({ target, peer }) => {
    await ask(peer, peer.message());
    expect(await ask(peer, peer.message())).toEqual([]);
    const answers = await after(target, 200);
    expect(typesOf(answers)).toEqual(['SACK']);
    expect(one(answers, 'SACK').cumulativeTsn).toBe(1001);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'SHOULD',
  'at least every second packet with DATA is acknowledged at once',
  established(async ({ peer }) => {
    await ask(peer, peer.message());
    for (let count = 0; count < 5; count++) {
      expect(await ask(peer, peer.message())).toEqual([]);
      const answers = await ask(peer, peer.message());
      expect(one(answers, 'SACK').cumulativeTsn).toBe(1002 + 2 * count);
    }
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'MUST NOT',
  'the delay of a SACK cannot be set to more than 500 ms',
  established(async ({ association }) => {
    association.setOption('delayedSack', { delayMs: 500 });
    expect(() => association.setOption('delayedSack', { delayMs: 501 })).toThrow('EINVAL');
    expect(association.getOption('delayedSack').delayMs).toBe(500);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'does',
  'one SACK acknowledges all DATA of a packet',
  'a-v-9-2',
  established(async ({ peer }) => {
    const answers = await ask(peer, peer.message(), peer.message(), peer.message());
    expect(typesOf(answers)).toEqual(['SACK']);
    expect(one(answers, 'SACK').cumulativeTsn).toBe(1002);
  }),
);

requirement(
  'RFC 9260',
  '6.7',
  'SHOULD',
  'DATA that leaves a gap is acknowledged at once, and the SACK reports it as a Gap Ack Block',
  'a-o-9-3',
  established(async ({ peer }) => {
    await ask(peer, peer.message());
    const answers = await ask(peer, data({ tsn: 1003, ssn: 3 }));
    expect(one(answers, 'SACK')).toMatchObject({ cumulativeTsn: 1000, gaps: [{ start: 3, end: 3 }] });
  }),
);

requirement(
  'RFC 9260',
  '6.7',
  'SHOULD',
  'as long as a gap remains, each packet with DATA is acknowledged at once, and the blocks are merged when they meet',
  established(async ({ peer }) => {
    await ask(peer, peer.message());
    const gaps = async (tsn: number) => one(await ask(peer, data({ tsn, ssn: tsn - 1000 })), 'SACK').gaps;
    expect(await gaps(1003)).toEqual([{ start: 3, end: 3 }]);
    expect(await gaps(1005)).toEqual([
      { start: 3, end: 3 },
      { start: 5, end: 5 },
    ]);
    expect(await gaps(1004)).toEqual([{ start: 3, end: 5 }]);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'MUST',
  'when a gap is filled, the next SACK has the new cumulative TSN and no blocks',
  established(async ({ target, peer }) => {
    await ask(peer, peer.message());
    await ask(peer, data({ tsn: 1002, ssn: 2 }));
    const answers = [...(await ask(peer, data({ tsn: 1001, ssn: 1 })))];
    await target.advance(200);
    answers.push(...(await target.answers()));
    expect(one(answers, 'SACK')).toMatchObject({ cumulativeTsn: 1002, gaps: [] });
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'SHOULD',
  'a packet with duplicate DATA only is acknowledged at once, and the SACK lists the TSN as a duplicate',
  'd-o-8-6',
  established(async ({ peer }) => {
    await ask(peer, data({ tsn: 1000 }));
    const answers = await ask(peer, data({ tsn: 1000 }));
    expect(one(answers, 'SACK')).toMatchObject({ cumulativeTsn: 1000, duplicateTsns: [1000] });
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'MUST NOT',
  'a duplicate is not delivered twice, and the list of duplicates is sent once',
  established(async ({ target, peer, association }) => {
    await ask(peer, data({ tsn: 1000, payload: u8(1) }));
    await ask(peer, data({ tsn: 1000, payload: u8(1) }));
    await peer.send(data({ tsn: 1001, ssn: 1, payload: u8(2) }));
    expect((await association.receive())?.data).toEqual(u8(1));
    expect((await association.receive())?.data).toEqual(u8(2));
    await target.advance(200);
    expect(only(await target.answers(), 'SACK').at(-1)?.duplicateTsns).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'does',
  'a duplicate of DATA above the cumulative TSN is reported, too',
  established(async ({ peer }) => {
    await ask(peer, data({ tsn: 1002, ssn: 2 }));
    const answers = await ask(peer, data({ tsn: 1002, ssn: 2 }));
    expect(one(answers, 'SACK')).toMatchObject({ cumulativeTsn: 999, duplicateTsns: [1002] });
  }),
);

requirement(
  'RFC 7053',
  '4.2',
  'SHOULD',
  'DATA with the I bit is acknowledged at once',
  established(async ({ peer }) => {
    await ask(peer, peer.message());
    const answers = await ask(peer, peer.message({ flags: WHOLE | IMMEDIATE }));
    expect(one(answers, 'SACK').cumulativeTsn).toBe(1001);
  }),
);

requirement(
  'RFC 7053',
  '4.1',
  'MAY',
  'a message can ask for an immediate SACK: its last fragment has the I bit, and other messages have none',
  established(async ({ target, association }) => {
    await association.send(pattern(2000), { sackImmediately: true });
    await association.send('plain');
    const bits = only(await target.answers(), 'DATA').map(({ isImmediate }) => isImmediate);
    expect(bits[1]).toBe(true);
    expect(bits.at(-1)).toBe(false);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'MUST',
  'the window that a SACK offers shrinks by what is not yet received by the application, and opens again',
  established({ socket: { receiveBufferBytes: 50_000, readAheadBytes: 1 } }, async ({ target, peer, association }) => {
    const windows: number[] = [];
    for (let count = 0; count < 20; count++) {
      const sacks = only(await ask(peer, peer.message({ payload: pattern(1000) })), 'SACK');
      windows.push(...sacks.map(({ receiverWindow }) => receiverWindow));
    }
    expect(windows.at(-1)).toBeLessThan((windows[0] ?? 0) - 15_000);
    for (let count = 0; count < 20; count++) await association.receive();
    await target.advance(300);
    const answers = [...(await ask(peer, peer.message()))];
    await target.advance(200);
    answers.push(...(await target.answers()));
    expect(one(answers, 'SACK').receiverWindow).toBeGreaterThan(40_000);
  }),
);

requirement(
  'RFC 9260',
  '6.2.1',
  'MUST',
  'a SACK whose cumulative TSN is older than the one known is dropped: it does not bring acknowledged data back',
  'd-o-8-12',
  established(async ({ target, peer, association }) => {
    for (let count = 0; count < 3; count++) await association.send('x');
    const tsns = only(await target.answers(), 'DATA').map(({ tsn }) => tsn);
    await peer.send(sack(tsns[2]!));
    await peer.send(sack(tsns[0]!, [], 0));
    await association.send('more');
    expect(only(await target.answers(), 'DATA').map(({ tsn }) => tsn)).toEqual([tsns[2]! + 1]);
    expect(association.status().unacknowledged).toBe(1);
  }),
);

requirement(
  'RFC 9260',
  '6.2.1',
  'does',
  'a SACK for all outstanding DATA stops T3-rtx: nothing is retransmitted',
  'd-v-8-4',
  established(async ({ target, peer, association }) => {
    await association.send('x');
    const { tsn } = one(await target.answers(), 'DATA');
    await peer.send(sack(tsn));
    await target.advance(20_000);
    expect(only(await target.answers(), 'DATA')).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '6.2.1',
  'SHOULD',
  'a SACK for a TSN that was never sent ends the association by ABORT with a protocol violation',
  established(async ({ peer, association }) => {
    const answers = await ask(peer, sack(peer.targetTsn + 5));
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(await association.closed).toBeDefined();
  }),
);

requirement(
  'RFC 9260',
  '6.4',
  'SHOULD',
  'a SACK goes to the address that the DATA came from',
  established(
    { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] },
    async ({ target, peer }) => {
      for (const source of ['10.0.1.2', '10.0.0.2', '10.0.1.2']) {
        await target.answers();
        const way = { source, destination: source.replace(/2$/, '1') };
        await peer.sendWith(way, peer.message({ flags: WHOLE | IMMEDIATE }));
        const packet = (await target.answers()).find(({ chunks }) => chunks.some(({ type }) => type === 'SACK'));
        expect(packet?.destination).toBe(source);
      }
    },
  ),
);

requirement(
  'RFC 9260',
  '6.4',
  'does',
  'a SACK from another address of the peer is accepted',
  'd-v-8-10',
  established(
    { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] },
    async ({ target, peer, association }) => {
      await association.send('x');
      const { tsn } = one(await target.answers(), 'DATA');
      await peer.sendWith({ source: '10.0.1.2', destination: '10.0.1.1' }, sack(tsn));
      expect(association.status().unacknowledged).toBe(0);
    },
  ),
);
