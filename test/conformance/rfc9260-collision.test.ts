import { expect } from 'vitest';
import { chunkOf, initiation, parameter, STATE_COOKIE, u32 } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { requirement } from './requirement.js';
import { ask, type Connecting, connecting, established, expectAlive, listening, one, only } from './scenes.js';

/** Both ends connect at once: the peer's INIT arrives in COOKIE-WAIT. Returns the cookie of the target's INIT ACK. */
async function cross({ target, peer }: Connecting, tag = peer.tag): Promise<Uint8Array> {
  await peer.sendWith({ tag: 0 }, initiation('INIT', { tag, tsn: peer.tsn }));
  const ack = one(await target.answers(), 'INIT ACK');
  return ack.parameters.find(({ code }) => code === STATE_COOKIE)!.value.slice();
}

requirement(
  'RFC 9260',
  '5.2.1',
  'MUST',
  'in COOKIE-WAIT the INIT of the peer changes no state: the own INIT is still retransmitted',
  connecting(async (scene) => {
    await cross(scene);
    await scene.target.advance(1000);
    expect(one(await scene.target.answers(), 'INIT').initiateTag).toBe(scene.init.initiateTag);
  }),
);

requirement(
  'RFC 9260',
  '5.2.1',
  'MUST',
  'in COOKIE-ECHOED the INIT of the peer is answered by INIT ACK with the parameters of the own INIT',
  connecting(async ({ target, peer, init }) => {
    await peer.sendInitAck();
    expect(typesOf(await target.answers())).toEqual(['COOKIE ECHO']);
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: peer.tag, tsn: peer.tsn }));
    expect(one(await target.answers(), 'INIT ACK')).toMatchObject({
      initiateTag: init.initiateTag,
      initialTsn: init.initialTsn,
    });
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'action B: in COOKIE-WAIT a COOKIE ECHO whose own tag matches establishes the association with the peer’s new tag',
  connecting(async (scene) => {
    const { target, peer, attempt } = scene;
    const cookie = await cross(scene, 0x2222_2222);
    const answers = await ask(peer, chunkOf('COOKIE ECHO', cookie));
    expect(typesOf(answers)).toContain('COOKIE ACK');
    expect(answers[0]?.verificationTag).toBe(0x2222_2222);
    expect(await attempt).toBe('open');
    await target.advance(2000);
    expect(typesOf(await target.answers())).not.toContain('INIT');
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'action B: in COOKIE-ECHOED a COOKIE ECHO with another tag of the peer updates that tag, and T1-cookie is stopped',
  connecting(async (scene) => {
    const { target, peer, attempt } = scene;
    const cookie = await cross(scene, 0x2222_2222);
    await peer.sendInitAck();
    await target.answers();
    const answers = await ask(peer, chunkOf('COOKIE ECHO', cookie));
    expect(typesOf(answers)).toContain('COOKIE ACK');
    expect(answers.every(({ verificationTag }) => verificationTag === 0x2222_2222)).toBe(true);
    expect(await attempt).toBe('open');
    await target.advance(5000);
    expect(typesOf(await target.answers())).not.toContain('COOKIE ECHO');
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'does',
  'action D: when both INITs cross and each end echoes the other’s cookie, there is one association, and both tags are those of the INITs',
  connecting(async (scene) => {
    const { target, peer, init, attempt, association } = scene;
    const cookie = await cross(scene);
    await peer.sendInitAck();
    await target.answers();
    const answers = await ask(peer, chunkOf('COOKIE ECHO', cookie));
    expect(typesOf(answers)).toContain('COOKIE ACK');
    expect(answers[0]?.verificationTag).toBe(peer.tag);
    await peer.send(chunkOf('COOKIE ACK'));
    expect(await attempt).toBe('open');
    await (await association()).send('x');
    const data = (await target.answers())[0];
    expect(data?.verificationTag).toBe(peer.tag);
    expect(one([data!], 'DATA').tsn).toBe(init.initialTsn);
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'action D: in ESTABLISHED a COOKIE ECHO with both tags is answered by COOKIE ACK, however often it comes',
  established(async (scene) => {
    for (let count = 0; count < 3; count++) {
      expect(typesOf(await ask(scene.peer, chunkOf('COOKIE ECHO', scene.peer.cookie)))).toEqual(['COOKIE ACK']);
    }
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'action D does not count as a restart: messages in flight stay, and their TSNs go on',
  established(async ({ target, peer, association }) => {
    await association.send('first');
    const first = one(await target.answers(), 'DATA');
    await ask(peer, chunkOf('COOKIE ECHO', peer.cookie));
    await association.send('second');
    expect(one(await target.answers(), 'DATA')).toMatchObject({ tsn: first.tsn + 1, ssn: 1 });
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'action C: a COOKIE ECHO with the tag of the peer but another own tag, and no tie-tags, is discarded silently',
  established(async (scene) => {
    const { target, peer } = scene;
    // Two INITs with the same tag before there is an association: the second cookie has another own tag.
    const late = new ScriptedPeer(target, { ownPort: 4100 });
    await late.sendInit();
    const first = one(await target.answers(), 'INIT ACK');
    await late.sendInit();
    late.takeInitAck(await target.answers());
    expect(first.initiateTag).not.toBe(late.targetTag);
    await ask(late, chunkOf('COOKIE ECHO', late.cookie));
    const old = first.parameters.find(({ code }) => code === STATE_COOKIE)!.value.slice();
    await late.sendWith({ tag: first.initiateTag }, chunkOf('COOKIE ECHO', old));
    expect(typesOf(await target.answers())).toEqual([]);
    expect(peer.tag).not.toBe(0);
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.4',
  'MUST',
  'action A: a restart of the peer in SHUTDOWN-ACK-SENT is answered by SHUTDOWN ACK and ERROR with cause 10, and sets nothing up',
  established(async ({ target, peer }) => {
    const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 7000 });
    await again.sendInit();
    again.takeInitAck(await target.answers());
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1))))).toEqual(['SHUTDOWN ACK']);
    const answers = await ask(again, chunkOf('COOKIE ECHO', again.cookie));
    expect(typesOf(answers).toSorted()).toEqual(['ERROR', 'SHUTDOWN ACK']);
    expect(one(answers, 'ERROR').causes.map(({ code }) => code)).toEqual([10]);
  }),
);

requirement(
  'RFC 9260',
  '5.2.4.1',
  'does',
  'the user is told of a restart, and messages of the peer’s new life are delivered',
  established(async ({ target, association }) => {
    const events: string[] = [];
    association.on('restart', () => events.push('restart'));
    const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 7000 });
    await again.connect();
    await again.send(again.message());
    expect((await association.receive())?.ssn).toBe(0);
    expect(events).toEqual(['restart']);
  }),
);

requirement(
  'RFC 9260',
  '5.2.4.1',
  'MUST',
  'packets of the peer’s former life, with the former tag, are discarded after its restart',
  established(async ({ target, peer, association }) => {
    const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 7000 });
    await again.connect();
    await target.answers();
    await peer.send(peer.message());
    await target.advance(300);
    expect(only(await target.answers(), 'SACK')).toEqual([]);
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '5.2.2',
  'MUST',
  'the INIT ACK for an INIT in ESTABLISHED has a new TSN, and the old association’s tags stay out of it',
  established(async ({ target, peer }) => {
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: 0x3333_3333 }));
    const ack = one(await target.answers(), 'INIT ACK');
    expect(ack.initiateTag).not.toBe(peer.targetTag);
    expect(ack.initialTsn).not.toBe(peer.targetTsn);
  }),
);

requirement(
  'RFC 9260',
  '5.2.3',
  'MUST',
  'an INIT ACK in ESTABLISHED is discarded silently',
  established(async (scene) => {
    const cookie = parameter(STATE_COOKIE, new Uint8Array(32).fill(7));
    expect(await ask(scene.peer, initiation('INIT ACK', { tag: 0x4444, parameters: [cookie] }))).toEqual([]);
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '5.2.5',
  'MUST',
  'a COOKIE ACK in COOKIE-WAIT is discarded, and the INIT is retransmitted',
  connecting(async ({ target, peer }) => {
    expect(await ask(peer, chunkOf('COOKIE ACK'))).toEqual([]);
    await target.advance(1000);
    expect(typesOf(await target.answers())).toEqual(['INIT']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.6',
  'MUST',
  'a cookie can not be used for another SCTP port, tag or address than those that it was made for',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    peer.takeInitAck(await target.answers());
    const others = [
      new ScriptedPeer(target, { ownPort: peer.ownPort + 1 }),
      new ScriptedPeer(target, { targetPort: peer.targetPort + 1 }),
    ];
    for (const other of others) {
      await other.sendWith({ tag: peer.targetTag }, chunkOf('COOKIE ECHO', peer.cookie));
      expect(typesOf(await target.answers())).not.toContain('COOKIE ACK');
    }
    await peer.sendWith({ tag: 0x9999 }, chunkOf('COOKIE ECHO', peer.cookie));
    expect(typesOf(await target.answers())).not.toContain('COOKIE ACK');
  }),
);

requirement(
  'RFC 9260',
  '5.2.6',
  'SHOULD',
  'the new INIT after a stale cookie asks for more time than the cookie was late by',
  connecting(async ({ target, peer }) => {
    await peer.sendInitAck();
    await target.answers();
    const staleMs = 5000;
    const answers = await ask(peer, chunkOf('ERROR', parameter(3, u32(staleMs * 1000))));
    const asked = one(answers, 'INIT').parameters.find(({ name }) => name === 'Cookie Preservative');
    expect(new DataView(asked!.value.slice().buffer).getUint32(0)).toBeGreaterThan(staleMs);
  }),
);

requirement(
  'RFC 9260',
  '5.2.6',
  'SHOULD',
  'an end whose cookies are always stale gives up after Max.Init.Retransmits',
  connecting(async ({ target, peer, attempt }) => {
    let ended: string | undefined;
    void attempt.then((code) => {
      ended = code;
    });
    for (let round = 0; round < 20 && ended === undefined; round++) {
      await peer.sendInitAck();
      await target.answers();
      await ask(peer, chunkOf('ERROR', parameter(3, u32(100))));
      await target.advance(100);
    }
    await target.advance(200_000);
    expect(ended).toBe('ETIMEDOUT');
  }),
);
