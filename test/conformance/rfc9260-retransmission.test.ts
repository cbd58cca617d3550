import { expect } from 'vitest';
import { chunkOf, parameter, sack, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { after, ask, established, one, only } from './scenes.js';

requirement(
  'RFC 9260',
  '6.3.1',
  'does',
  'without a measured round trip, DATA is retransmitted after RTO.Initial, and then after twice the time each',
  'd-i-8-5',
  established(async ({ target, association }) => {
    await association.send('x');
    const first = one(await target.answers(), 'DATA');
    let waited = 0;
    const times: number[] = [];
    while (times.length < 3) {
      await target.advance(100);
      waited += 100;
      for (const { tsn } of only(await target.answers(), 'DATA')) {
        expect(tsn).toBe(first.tsn);
        times.push(waited);
      }
    }
    expect(times).toEqual([1000, 3000, 7000]);
  }),
);

requirement(
  'RFC 9260',
  '7.2.4',
  'MUST',
  'a chunk that three SACKs report missing is retransmitted at once, and only one time',
  established(async ({ target, peer, association }) => {
    for (let count = 0; count < 4; count++) {
      await association.send(pattern(1000));
    }
    await target.advance(5);
    const tsn = peer.targetTsn;
    expect(only(await target.answers(), 'DATA').length).toBe(4);
    expect(only(await ask(peer, sack(tsn - 1, [[2, 2]])), 'DATA').filter((chunk) => chunk.tsn === tsn)).toEqual([]);
    expect(only(await ask(peer, sack(tsn - 1, [[2, 3]])), 'DATA').filter((chunk) => chunk.tsn === tsn)).toEqual([]);
    const again = only(await ask(peer, sack(tsn - 1, [[2, 4]])), 'DATA').map((chunk) => chunk.tsn);
    expect(again).toEqual([tsn]);
    expect(only(await ask(peer, sack(tsn - 1, [[2, 4]])), 'DATA')).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '6.3.3',
  'MUST',
  'chunks that Gap Ack Blocks report are not retransmitted when T3-rtx expires',
  established(async ({ target, peer, association }) => {
    for (let count = 0; count < 3; count++) await association.send(pattern(1000));
    await target.answers();
    await peer.send(sack(peer.targetTsn - 1, [[2, 2]]));
    await target.answers();
    await target.advance(1000);
    const again = only(await target.answers(), 'DATA').map(({ tsn }) => tsn - peer.targetTsn);
    expect(again).toContain(0);
    expect(again).not.toContain(1);
  }),
);

requirement(
  'RFC 9260',
  '6.3.3',
  'MUST',
  'after a time-out the congestion window is one packet',
  established(async ({ target, association }) => {
    for (let count = 0; count < 3; count++) await association.send(pattern(1400));
    expect(only(await target.answers(), 'DATA')).toHaveLength(3);
    await target.advance(1000);
    const answers = await target.answers();
    expect(only(answers, 'DATA')).toHaveLength(1);
    expect(association.statistics().paths[0]?.cwndBytes).toBeLessThanOrEqual(1500);
  }),
);

requirement(
  'RFC 9260',
  '7.2.1',
  'MUST',
  'the first flight of an association is at most min(4 MTU, max(2 MTU, 4,404 bytes))',
  established(async ({ target, association }) => {
    for (let count = 0; count < 10; count++) void association.send(pattern(1400));
    const bytes = only(await target.answers(), 'DATA').reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeLessThanOrEqual(4404 + 1500);
    expect(bytes).toBeGreaterThanOrEqual(2 * 1400);
  }),
);

requirement(
  'RFC 9260',
  '8.1',
  'SHOULD',
  'when consecutive time-outs exceed the limit of the association’s only path, the association ends and the user is told',
  'fh-i-5-1-1',
  established(async ({ target, association }) => {
    await association.send('x');
    await target.answers();
    await target.advance(1000 + 2000 + 4000 + 8000 + 16_000);
    expect(association.state).toBe('open');
    expect(only(await target.answers(), 'DATA')).toHaveLength(5);
    await target.advance(33_000);
    expect(association.state).toBe('closed');
    expect((await association.closed)?.code).toBe('ETIMEDOUT');
  }),
);

requirement(
  'RFC 9260',
  '8.1',
  'does',
  'an acknowledgement resets the count of time-outs',
  'fh-i-5-1-2',
  established(async ({ target, peer, association }) => {
    for (let round = 0; round < 3; round++) {
      await association.send('x');
      await target.advance(8000);
      await target.answers();
      await peer.send(sack(peer.targetTsn + round));
    }
    expect(association.state).toBe('open');
    expect(association.status().unacknowledged).toBe(0);
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'MUST',
  'HEARTBEAT is answered at once by HEARTBEAT ACK with the same information',
  'fh-v-5-2',
  established(async ({ peer }) => {
    const info = parameter(1, u32(1, 2, 3, 0xdead_beef));
    const answers = await ask(peer, chunkOf('HEARTBEAT', info));
    expect(typesOf(answers)).toEqual(['HEARTBEAT ACK']);
    expect(answers[0]).toMatchObject({ destination: '10.0.0.2', verificationTag: peer.tag });
    expect(one(answers, 'HEARTBEAT ACK').parameters[0]?.value).toEqual(info.subarray(4));
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'SHOULD',
  'an idle path gets a HEARTBEAT after HB.interval and the RTO, with a jitter of half an RTO in either direction',
  established(async ({ target }) => {
    await target.advance(30_000 + 500 - 1);
    const early = only(await target.answers(), 'HEARTBEAT');
    await target.advance(1001);
    expect([early.length, only(await target.answers(), 'HEARTBEAT').length]).toEqual([0, 1]);
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'MUST',
  'the receiver of a HEARTBEAT answers to its source, also if that is not the primary path',
  established(
    { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] },
    async ({ target, peer }) => {
      const way = { source: '10.0.1.2', destination: '10.0.1.1' };
      await peer.sendWith(way, chunkOf('HEARTBEAT', parameter(1, u32(5))));
      const packet = (await target.answers()).find(({ chunks }) => chunks.some(({ type }) => type === 'HEARTBEAT ACK'));
      expect(packet?.destination).toBe('10.0.1.2');
    },
  ),
);

requirement(
  'RFC 9260',
  '5.4',
  'MUST',
  'addresses of the peer that are not confirmed get a HEARTBEAT, and no DATA before it is answered',
  established(
    { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] },
    async ({ target, peer, association }) => {
      expect(association.paths().find(({ address }) => address === '10.0.1.2')?.state).not.toBe('active');
      expect(() => association.setPrimary('10.0.1.2')).toThrow('EINVAL');
      await association.send('x');
      await target.advance(1000);
      const packets = (await target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
      expect(new Set(packets.map(({ destination }) => destination))).toEqual(new Set(['10.0.0.2']));
      await peer.send(sack(peer.targetTsn));
    },
  ),
);

requirement(
  'RFC 9260',
  '5.4',
  'MUST',
  'a HEARTBEAT ACK with a forged nonce does not confirm an address',
  established(
    { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] },
    async ({ target, peer, association }) => {
      await target.advance(2000);
      const way = { source: '10.0.1.2', destination: '10.0.1.1' };
      await peer.sendWith(way, chunkOf('HEARTBEAT ACK', parameter(1, new Uint8Array(44).fill(1))));
      expect(association.paths().find(({ address }) => address === '10.0.1.2')?.state).not.toBe('active');
    },
  ),
);

requirement(
  'RFC 9260',
  '9.1',
  'MUST',
  'abort() sends ABORT with the peer’s tag, cause User-Initiated Abort and the reason, and forgets the association at once',
  established(async ({ target, peer, association }) => {
    association.abort('why');
    const answers = await target.answers();
    const abort = one(answers, 'ABORT');
    expect(abort.isTagReflected).toBe(false);
    expect(abort.causes[0]).toMatchObject({ code: 12, value: new TextEncoder().encode('why') });
    expect(answers[0]?.verificationTag).toBe(peer.tag);
    expect(typesOf(await ask(peer, sack(peer.targetTsn)))).toEqual(['ABORT']);
    expect(await after(target, 60_000)).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '9.1',
  'MUST NOT',
  'ABORT is not answered by ABORT, and its causes are told to the user',
  'at-v-2-2',
  established(async ({ peer, association }) => {
    const answers = await ask(peer, chunkOf('ABORT', parameter(12, new TextEncoder().encode('bye '))));
    expect(answers).toEqual([]);
    expect((await association.closed)?.code).toBe('ECONNRESET');
  }),
);
