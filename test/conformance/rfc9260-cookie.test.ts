import { expect } from 'vitest';
import { chunkOf, FEATURES, initiation, ipv4, parameter, sack, u16, u32 } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { requirement } from './requirement.js';
import { ask, causesOf, connecting, established, expectAlive, listening, one, only } from './scenes.js';

requirement(
  'RFC 9260',
  '5.1.5',
  'MUST',
  'a COOKIE ECHO whose cookie was changed, in any byte that is tried, is discarded silently',
  'imh-i-3-5',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    peer.takeInitAck(await target.answers());
    for (let at = 0; at < peer.cookie.length; at += 7) {
      const cookie = peer.cookie.slice();
      cookie[at]! ^= 1;
      expect(typesOf(await ask(peer, chunkOf('COOKIE ECHO', cookie))), `byte ${at}`).not.toContain('COOKIE ACK');
    }
    expect(typesOf(await ask(peer, chunkOf('COOKIE ECHO', peer.cookie)))).toEqual(['COOKIE ACK']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.5',
  'MUST',
  'a COOKIE ECHO with a wrong verification tag is discarded silently',
  'imh-i-3-3',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    peer.takeInitAck(await target.answers());
    await peer.sendWith({ tag: peer.targetTag ^ 1 }, chunkOf('COOKIE ECHO', peer.cookie));
    expect(typesOf(await target.answers())).not.toContain('COOKIE ACK');
  }),
);

requirement(
  'RFC 9260',
  '5.1.5',
  'MUST',
  'a cookie older than Valid.Cookie.Life, 60 s, is answered by ERROR with cause Stale Cookie, and one younger is accepted',
  'imh-i-3-6',
  async () => {
    const answer = async (ms: number) => {
      let types: string[] = [];
      await listening(async ({ target, peer }) => {
        await peer.sendInit();
        peer.takeInitAck(await target.answers());
        await target.advance(ms);
        const answers = await ask(peer, chunkOf('COOKIE ECHO', peer.cookie));
        types = typesOf(answers);
        for (const error of only(answers, 'ERROR')) expect(causesOf(error)).toEqual([3]);
      })();
      return types;
    };
    expect(await answer(59_000)).toEqual(['COOKIE ACK']);
    expect(await answer(62_000)).toEqual(['ERROR']);
  },
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'a duplicate COOKIE ECHO of an established association is answered by COOKIE ACK, and changes nothing',
  'dm-o-4-4',
  established(async (scene) => {
    expect(typesOf(await ask(scene.peer, chunkOf('COOKIE ECHO', scene.peer.cookie)))).toEqual(['COOKIE ACK']);
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'a cookie that is older than Valid.Cookie.Life is valid if both of its tags are those of the association',
  established(async (scene) => {
    await scene.target.advance(70_000);
    await scene.target.answers();
    expect(typesOf(await ask(scene.peer, chunkOf('COOKIE ECHO', scene.peer.cookie)))).toContain('COOKIE ACK');
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.6',
  'does',
  'a COOKIE ECHO that arrives again after the end of its association is answered by ERROR with cause Stale Cookie',
  established(async ({ target, peer }) => {
    await target.advance(10);
    await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1)));
    await ask(peer, chunkOf('SHUTDOWN COMPLETE'));
    const answers = await ask(peer, chunkOf('COOKIE ECHO', peer.cookie));
    expect(typesOf(answers)).toEqual(['ERROR']);
    expect(causesOf(one(answers, 'ERROR'))).toEqual([3]);
    expect(typesOf(await ask(peer, chunkOf('HEARTBEAT', parameter(1, u32(0)))))).toEqual(['ABORT']);
  }),
);

requirement(
  'RFC 9260',
  '5.2.6',
  'does',
  'ERROR with cause Stale Cookie in a state other than COOKIE-ECHOED changes nothing',
  'e-o-6-2',
  established(async (scene) => {
    expect(await ask(scene.peer, chunkOf('ERROR', u16(3, 8), u32(100)))).toEqual([]);
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.6',
  'SHOULD',
  'ERROR with cause Stale Cookie in COOKIE-ECHOED makes the end send a new INIT',
  'e-o-6-1',
  connecting(async ({ target, peer }) => {
    await peer.sendInitAck();
    await target.answers();
    const answers = await ask(peer, chunkOf('ERROR', u16(3, 8), u32(100)));
    const names = one(answers, 'INIT').parameters.map(({ name }) => name);
    expect(names).toContain('Cookie Preservative');
  }),
);

requirement(
  'RFC 9260',
  '5.2.1',
  'MUST',
  'INIT in COOKIE-WAIT (both ends connect) is answered by INIT ACK with the tag and the TSN of the own INIT',
  'dm-o-4-1',
  connecting(async ({ target, peer, init }) => {
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: peer.tag }));
    expect(one(await target.answers(), 'INIT ACK')).toMatchObject({
      initiateTag: init.initiateTag,
      initialTsn: init.initialTsn,
    });
  }),
);

requirement(
  'RFC 9260',
  '5.2.2',
  'MUST',
  'INIT in ESTABLISHED with no new address is answered by INIT ACK with a new tag; the association stays as it is',
  'as-o-1-9-1',
  established(async (scene) => {
    const { target, peer } = scene;
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: 0x2222 }));
    const answers = await target.answers();
    expect(answers[0]?.verificationTag).toBe(0x2222);
    expect(one(answers, 'INIT ACK').initiateTag).not.toBe(peer.targetTag);
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.2',
  'MUST',
  'INIT in ESTABLISHED that adds an address is answered by ABORT with cause 11 and the address; the association stays as it is',
  'as-o-1-9-2',
  established(async (scene) => {
    const { target, peer } = scene;
    const parameters = [...FEATURES, ipv4('10.0.0.2'), ipv4('10.0.7.7')];
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: 0x2222, parameters }));
    const answers = await target.answers();
    const abort = one(answers, 'ABORT');
    expect(answers[0]?.verificationTag).toBe(0x2222);
    expect(causesOf(abort)).toEqual([11]);
    expect(abort.causes[0]?.value).toEqual(ipv4('10.0.7.7'));
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.4.1',
  'does',
  'a peer that restarts gets a COOKIE ACK, and TSNs and SSNs begin again',
  established(async ({ target, peer, association }) => {
    await association.send('old');
    const old = one(await target.answers(), 'DATA');
    await peer.send(sack(old.tsn));
    const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 7000 });
    await again.connect();
    await association.send('new');
    expect(one(await target.answers(), 'DATA')).toMatchObject({ tsn: again.targetTsn, ssn: 0 });
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '3.3.10.3',
  'does',
  'the cookie’s life can be extended by the Cookie Preservative of an INIT: the parameter is not reported as unknown',
  listening(async ({ target, peer }) => {
    await peer.sendInit({ parameters: [parameter(9, u32(30_000))] });
    expect(one(await target.answers(), 'INIT ACK').parameters.map(({ code }) => code)).not.toContain(8);
  }),
);
