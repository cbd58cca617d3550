import { expect } from 'vitest';
import type { Association } from '../../src/index.js';
import { chunkOf, initiation, sack, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { requirement } from './requirement.js';
import { after, ask, connecting, established, one, only } from './scenes.js';

/** Closes the association, without waiting for the end. */
const close = (association: Association): void => {
  association.close().catch(() => {});
};

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'if nothing is outstanding, close() sends SHUTDOWN with the cumulative TSN that was received',
  established(async ({ target, peer, association }) => {
    await ask(peer, peer.message());
    await association.receive();
    close(association);
    await target.advance(1);
    const answers = await target.answers();
    expect(one(answers, 'SHUTDOWN').cumulativeTsn).toBe(1000);
    expect(answers[0]?.verificationTag).toBe(peer.tag);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'as long as DATA is not acknowledged, close() sends no SHUTDOWN; the last SACK lets it go',
  'at-i-2-3',
  established(async ({ target, peer, association }) => {
    await association.send('x');
    close(association);
    await target.advance(500);
    expect(only(await target.answers(), 'SHUTDOWN')).toEqual([]);
    expect(typesOf(await ask(peer, sack(peer.targetTsn)))).toEqual(['SHUTDOWN']);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'SHUTDOWN is retransmitted when T2-shutdown expires, with twice the time each',
  'at-i-2-4',
  established(async ({ target, association }) => {
    close(association);
    await target.advance(0);
    expect(typesOf(await target.answers())).toEqual(['SHUTDOWN']);
    for (const ms of [1000, 2000, 4000]) expect(typesOf(await after(target, ms))).toEqual(['SHUTDOWN']);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'SHOULD',
  'SHUTDOWN ACK in SHUTDOWN-SENT is answered by SHUTDOWN COMPLETE without the T bit, and the association is over',
  'at-v-2-6',
  established(async ({ target, peer, association }) => {
    const closed = association.close();
    await target.advance(0);
    const answers = await ask(peer, chunkOf('SHUTDOWN ACK'));
    expect(typesOf(answers)).toEqual(['SHUTDOWN COMPLETE']);
    expect(one(answers, 'SHUTDOWN COMPLETE').isTagReflected).toBe(false);
    expect(answers[0]?.verificationTag).toBe(peer.tag);
    await closed;
    expect(association.state).toBe('closed');
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'SHUTDOWN is answered by SHUTDOWN ACK, which is retransmitted until SHUTDOWN COMPLETE comes',
  'at-i-2-11',
  established(async ({ target, peer, association }) => {
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1))))).toEqual(['SHUTDOWN ACK']);
    for (const ms of [1000, 2000]) expect(typesOf(await after(target, ms))).toEqual(['SHUTDOWN ACK']);
    expect(await ask(peer, chunkOf('SHUTDOWN COMPLETE'))).toEqual([]);
    expect(association.state).toBe('closed');
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'SHUTDOWN while DATA is outstanding is not answered by SHUTDOWN ACK before that DATA is acknowledged',
  'at-i-2-10',
  established(async ({ target, peer, association }) => {
    await association.send('x');
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1))))).not.toContain('SHUTDOWN ACK');
    await target.advance(100);
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn))))).toContain('SHUTDOWN ACK');
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'does',
  'a SHUTDOWN that acknowledges all outstanding DATA is answered by SHUTDOWN ACK',
  'at-v-2-14',
  established(async ({ target, peer, association }) => {
    await association.send('x');
    await target.answers();
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn))))).toEqual(['SHUTDOWN ACK']);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'SHOULD NOT',
  'after close() or SHUTDOWN of the peer, further messages of the user are refused',
  'at-i-2-7-1',
  established(async ({ target, association }) => {
    close(association);
    await target.advance(0);
    await expect(association.send('late')).rejects.toThrow();
    expect(only(await target.answers(), 'DATA')).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'in SHUTDOWN-SENT each packet with DATA is answered at once by SHUTDOWN, which has or accompanies the new cumulative TSN',
  'at-i-2-8',
  established(async ({ target, peer, association }) => {
    close(association);
    await target.advance(0);
    const answers = await ask(peer, peer.message());
    expect(typesOf(answers)).toContain('SHUTDOWN');
    expect(one(answers, 'SHUTDOWN').cumulativeTsn).toBe(1000);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'SHOULD',
  'SHUTDOWN in SHUTDOWN-SENT (both ends close at once) is answered by SHUTDOWN ACK',
  established(async ({ target, peer, association }) => {
    close(association);
    await target.advance(0);
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1))))).toEqual(['SHUTDOWN ACK']);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'INIT in SHUTDOWN-ACK-SENT is discarded, and SHUTDOWN ACK sent again',
  'dm-o-4-2-2',
  established(async ({ target, peer }) => {
    await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1)));
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: 0x2222 }));
    expect(typesOf(await target.answers())).toEqual(['SHUTDOWN ACK']);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'does',
  'SHUTDOWN in COOKIE-WAIT is discarded silently',
  'dm-o-4-6-1',
  connecting(async ({ peer }) => {
    expect(await ask(peer, chunkOf('SHUTDOWN', u32(1)))).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '8.5.1',
  'MUST',
  'SHUTDOWN COMPLETE in any state other than SHUTDOWN-ACK-SENT is discarded',
  'dm-o-4-9',
  established(async ({ peer, association }) => {
    expect(await ask(peer, chunkOf('SHUTDOWN COMPLETE'))).toEqual([]);
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'does',
  'an end that closes gives up when SHUTDOWN has been retransmitted too often, and tells the user',
  'at-i-2-5',
  established(async ({ target, association }) => {
    const failed = association.close().then(
      () => 'closed',
      () => 'failed',
    );
    await target.advance(400_000);
    expect(association.state).toBe('closed');
    expect(only(await target.answers(), 'SHUTDOWN').length).toBeGreaterThanOrEqual(6);
    expect(await failed).toBe('failed');
  }),
);
