import { expect } from 'vitest';
import { chunkOf, data, sack, u8 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { after, ask, connecting, established, one, only } from './scenes.js';

const [MIDDLE, END, BEGINNING, UNORDERED] = [0, 1, 2, 4];

requirement(
  'RFC 9260',
  '6.2.1',
  'MUST',
  'chunks that Gap Ack Blocks acknowledge do not count as in flight any more',
  established(async ({ target, peer, association }) => {
    for (let count = 0; count < 3; count++) await association.send(pattern(1000, count));
    await target.answers();
    const before = association.statistics().paths[0]!.flightBytes;
    await peer.send(sack(peer.targetTsn - 1, [[2, 3]]));
    expect(association.statistics().paths[0]!.flightBytes).toBeLessThan(before / 2);
  }),
);

requirement(
  'RFC 9260',
  '6.2.1',
  'MUST',
  'a chunk that a former SACK has reported in a Gap Ack Block, and a newer one does not, is outstanding again',
  established(async ({ target, peer, association }) => {
    for (let count = 0; count < 3; count++) await association.send(pattern(1000, count));
    await target.answers();
    await peer.send(sack(peer.targetTsn - 1, [[2, 3]]));
    await peer.send(sack(peer.targetTsn));
    for (const next of [1, 2]) {
      await target.advance(2000);
      expect(only(await target.answers(), 'DATA').map(({ tsn }) => tsn - peer.targetTsn)).toContain(next);
      await peer.send(sack(peer.targetTsn + next));
    }
  }),
);

requirement(
  'RFC 9260',
  '6.2.1',
  'does',
  'the peer’s window is what a SACK offers, less what is in flight',
  established(async ({ target, peer, association }) => {
    await association.send(pattern(1000));
    await target.answers();
    await peer.send(sack(peer.targetTsn, [], 50_000));
    expect(association.statistics().peerWindowBytes).toBe(50_000);
  }),
);

requirement(
  'RFC 9260',
  '6.1',
  'MUST',
  'chunks that must be retransmitted are sent before new ones',
  established({ initiation: { window: 1_000_000 } }, async ({ target, peer, association }) => {
    association.send(pattern(100_000)).catch(() => {});
    const flight = only(await target.answers(), 'DATA').map(({ tsn }) => tsn);
    await target.advance(1000);
    const again: number[] = [];
    for (let round = 0; round < 10 && again.at(-1) !== flight.at(-1); round++) {
      again.push(...only(await target.answers(), 'DATA').map(({ tsn }) => tsn));
      await peer.send(sack(again.at(-1)!, [], 1_000_000));
    }
    expect(again.slice(0, flight.length)).toEqual(flight);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'does',
  'a SACK is sent with DATA, if there is any to send',
  established(async ({ target, peer, association }) => {
    await ask(peer, peer.message());
    await peer.send(peer.message());
    await association.send('x');
    expect(typesOf((await target.answers()).slice(0, 1))).toEqual(['SACK', 'DATA']);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'does',
  'the delay of a SACK can be set, and 0 means that each packet is acknowledged at once',
  established(async ({ peer, association }) => {
    association.setOption('delayedSack', { delayMs: 0, packets: 1 });
    for (let count = 0; count < 4; count++) {
      expect(only(await ask(peer, peer.message()), 'SACK')).toHaveLength(1);
    }
  }),
);

requirement(
  'RFC 9260',
  '6.6',
  'MUST',
  'an SSN that comes twice in different TSNs is not delivered twice, or the association ends',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1000, ssn: 0, payload: u8(1) }));
    await association.receive();
    await peer.send(data({ tsn: 1001, ssn: 0, payload: u8(2) }));
    const next = await Promise.race([association.receive().catch(() => undefined), Promise.resolve('nothing')]);
    expect(next === 'nothing' || next === undefined || association.state !== 'open').toBe(true);
  }),
);

requirement(
  'RFC 9260',
  '6.9',
  'MUST',
  'unordered fragments are put together in the order of their TSNs',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1002, flags: UNORDERED | END, payload: u8(3) }));
    await peer.send(data({ tsn: 1000, flags: UNORDERED | BEGINNING, payload: u8(1) }));
    await peer.send(data({ tsn: 1001, flags: UNORDERED | MIDDLE, payload: u8(2) }));
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3));
  }),
);

requirement(
  'RFC 9260',
  '6.9',
  'does',
  'an end without a beginning is a protocol violation, or waits; it is delivered in no case',
  established(async ({ target, peer, association }) => {
    await peer.send(data({ tsn: 1000, flags: END, payload: u8(9) }));
    await target.advance(300);
    expect(association.status().pending).toBe(0);
  }),
);

requirement(
  'RFC 9260',
  '7.1',
  'does',
  'no more is sent at once than the congestion window and Max.Burst allow',
  established({ initiation: { window: 1_000_000 } }, async ({ target, peer, association }) => {
    association.send(pattern(400_000)).catch(() => {});
    for (let round = 0; round < 5; round++) {
      const flight = only(await target.answers(), 'DATA');
      const { cwndBytes, flightBytes } = association.statistics().paths[0]!;
      expect(flightBytes).toBeLessThanOrEqual(cwndBytes + 1500);
      await target.advance(20);
      await peer.send(sack(flight.at(-1)!.tsn, [], 1_000_000));
    }
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'SHOULD',
  'a path that carries DATA needs no HEARTBEAT',
  established(async ({ target, peer, association }) => {
    const seen: string[] = [];
    for (let second = 0; second < 100; second++) {
      await association.send('x');
      const answers = await target.answers();
      seen.push(...typesOf(answers));
      await peer.send(sack(one(answers, 'DATA').tsn));
      await target.advance(1000);
      seen.push(...typesOf(await target.answers()));
    }
    expect(seen.filter((type) => type === 'HEARTBEAT').length).toBeLessThanOrEqual(1);
  }),
);

requirement(
  'RFC 9260',
  '10.2',
  'does',
  'a HEARTBEAT can be asked for at any time, and is sent at once',
  established(async ({ target, association }) => {
    association.setOption('pathParameters', { heartbeatNow: true }, { path: '10.0.0.2' });
    expect(typesOf(await target.answers())).toContain('HEARTBEAT');
  }),
);

requirement(
  'RFC 9260',
  '4',
  'does',
  'in COOKIE-WAIT DATA is discarded, or treated as out of the blue, and the attempt goes on',
  connecting(async ({ target, peer }) => {
    for (const type of typesOf(await ask(peer, peer.message()))) expect(type).toBe('ABORT');
    expect(typesOf(await after(target, 1000))).toEqual(['INIT']);
  }),
);

requirement(
  'RFC 9260',
  '4',
  'does',
  'in COOKIE-WAIT a SACK is discarded, also one for TSNs that were never sent, and the attempt goes on',
  connecting(async ({ target, peer, attempt }) => {
    expect(await ask(peer, sack(peer.targetTsn + 5, [[2, 3]]))).toEqual([]);
    await peer.sendInitAck();
    expect(typesOf(await target.answers())).toEqual(['COOKIE ECHO']);
    await peer.send(chunkOf('COOKIE ACK'));
    expect(await attempt).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '4',
  'does',
  'abort() in COOKIE-ECHOED sends ABORT with the tag of the peer',
  connecting(async ({ target, peer, socket, attempt }) => {
    await peer.sendInitAck();
    await target.answers();
    socket.abort();
    expect(await attempt).not.toBe('open');
    const answers = await target.answers();
    expect(answers.every(({ verificationTag }) => verificationTag === peer.tag)).toBe(true);
    expect(typesOf(answers)).toEqual(['ABORT']);
  }),
);

requirement(
  'RFC 9260',
  '4',
  'does',
  'abort() in COOKIE-WAIT sends nothing: the peer’s tag is not known',
  connecting(async ({ target, socket, attempt }) => {
    socket.abort();
    expect(await attempt).not.toBe('open');
    await target.advance(60_000);
    expect(await target.answers()).toEqual([]);
  }),
);
