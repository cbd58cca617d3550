import { expect } from 'vitest';
import { chunkOf, chunkWithFlags, data, initiation, packetOf, parameter, sack, u8, u32 } from '../support/packets.js';
import { chunksOf, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';
import { requirement } from './requirement.js';
import { after, ask, causesOf, connecting, established, expectAlive, listening, one, only } from './scenes.js';

requirement(
  'RFC 9260',
  '5.1',
  'does',
  'an end that connects sends INIT with a verification tag of 0, alone in its packet, and enters COOKIE-WAIT',
  'as-v-1-1-1',
  async () => {
    const target = await TargetStack.create();
    const socket = target.stack.socket({ streams: { outbound: 17, inbound: 33 } });
    socket.connect({ address: '10.0.0.2', port: 4000 }).catch(() => {});
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['INIT']);
    expect(answers[0]).toMatchObject({ verificationTag: 0, destinationPort: 4000, destination: '10.0.0.2' });
    expect(one(answers, 'INIT')).toMatchObject({ flags: 0, outboundStreams: 17, inboundStreams: 33 });
    expect(one(answers, 'INIT')).not.toMatchObject({ initiateTag: 0 });
    await target.close();
  },
);

requirement(
  'RFC 9260',
  '5.1',
  'MUST',
  'INIT is answered by INIT ACK to the source of the INIT, with the initiate tag of the INIT as verification tag',
  'as-v-1-1-2',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['INIT ACK']);
    expect(answers[0]).toMatchObject({ verificationTag: peer.tag, destination: '10.0.0.2', destinationPort: 4000 });
    expect(answers[0]).toMatchObject({ sourcePort: 5001, isChecksumRight: true });
    const ack = one(answers, 'INIT ACK');
    expect(ack.parameters.filter(({ name }) => name === 'State Cookie')).toHaveLength(1);
  }),
);

requirement(
  'RFC 9260',
  '3.3.3',
  'MUST NOT',
  'the initiate tag of an INIT ACK is never 0, and differs from one INIT to the next',
  listening(async ({ target, peer }) => {
    const tags = new Set<number>();
    for (let count = 0; count < 50; count++) {
      await target.advance(50);
      await peer.sendInit();
      const ack = one(await target.answers(), 'INIT ACK');
      tags.add(ack.initiateTag);
    }
    expect(tags.has(0)).toBe(false);
    expect(tags.size).toBe(50);
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MUST NOT',
  'an INIT takes no memory: a thousand INITs leave no association and no bytes behind',
  'as-i-1-4',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    await target.answers();
    const before = target.stack.memoryInUse;
    for (let count = 0; count < 1000; count++) {
      peer.ownPort = 10_000 + count;
      await peer.sendInit();
    }
    expect(target.stack.memoryInUse).toBe(before);
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MUST',
  'INIT ACK is answered at once by COOKIE ECHO with an exact copy of the cookie, as the first chunk of its packet',
  connecting(async ({ peer }) => {
    const cookie = u8(...Array.from({ length: 33 }, (_, index) => index * 7));
    const chunk = initiation('INIT ACK', { tag: peer.tag, parameters: [parameter(7, cookie)] });
    const answers = await ask(peer, chunk);
    expect(chunksOf(answers)[0]?.type).toBe('COOKIE ECHO');
    expect(one(answers, 'COOKIE ECHO').cookie).toEqual(cookie);
    expect(answers[0]?.verificationTag).toBe(peer.tag);
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MUST',
  'a valid COOKIE ECHO is answered by COOKIE ACK, and the association is established',
  listening(async ({ target, peer, listener }) => {
    const answers = await peer.connect();
    expect(chunksOf(answers)[0]?.type).toBe('COOKIE ACK');
    expect(answers[0]).toMatchObject({ verificationTag: peer.tag, destination: '10.0.0.2' });
    const association = await listener.accept();
    await expectAlive({ target, peer, listener, association });
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MAY',
  'DATA in the packet of a COOKIE ECHO is received',
  'bdc-v-7-4',
  listening(async ({ peer, listener, target }) => {
    await peer.connect({}, data({ tsn: peer.tsn }));
    const association = await listener.accept();
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
    await target.answers();
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MUST',
  'DATA in the packet of a COOKIE ACK is received',
  'bdc-v-7-5',
  connecting(async ({ peer, association }) => {
    await peer.sendInitAck();
    await peer.send(chunkOf('COOKIE ACK'), peer.message());
    expect((await (await association()).receive())?.data).toEqual(u8(1, 2, 3, 4));
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MUST',
  'DATA that waits during the set-up is sent in the packet of the COOKIE ECHO at the earliest, and behind it',
  connecting(async ({ peer, target, association }) => {
    await peer.sendInitAck();
    expect(typesOf(await target.answers())).toEqual(['COOKIE ECHO']);
    await peer.send(chunkOf('COOKIE ACK'));
    await (await association()).send('first');
    expect(one(await target.answers(), 'DATA').tsn).toBe(peer.targetTsn);
  }),
);

requirement(
  'RFC 9260',
  '5.1.5',
  'does',
  'the first DATA has the initial TSN of the INIT ACK, and sequence number 0',
  established(async ({ peer, target, association }) => {
    await association.send('first', { stream: 3 });
    expect(one(await target.answers(), 'DATA')).toMatchObject({ tsn: peer.targetTsn, ssn: 0, streamId: 3 });
  }),
);

requirement(
  'RFC 9260',
  '4',
  'does',
  'INIT is retransmitted, unchanged, when T1-init expires: after RTO.Initial and then after twice the time each',
  'as-i-1-2-1',
  connecting(async ({ target, init }) => {
    for (const ms of [1000, 2000, 4000, 8000]) {
      const answers = await after(target, ms);
      expect(typesOf(answers)).toEqual(['INIT']);
      const { flags: _, ...again } = one(answers, 'INIT');
      expect(init).toMatchObject({ ...again });
    }
  }),
);

requirement(
  'RFC 9260',
  '4',
  'MUST',
  'after Max.Init.Retransmits retransmissions of INIT the attempt ends, and the user is told',
  'as-i-1-3-1',
  connecting(async ({ target, attempt }) => {
    await target.advance(400_000);
    expect(only(await target.answers(), 'INIT')).toHaveLength(8);
    expect(await attempt).toBe('ETIMEDOUT');
  }),
);

requirement(
  'RFC 9260',
  '4',
  'does',
  'COOKIE ECHO is retransmitted, unchanged, when T1-cookie expires',
  'as-i-1-2-2',
  connecting(async ({ target, peer }) => {
    await peer.sendInitAck();
    const first = one(await target.answers(), 'COOKIE ECHO');
    for (const ms of [1000, 2000, 4000]) {
      const answers = await after(target, ms);
      expect(typesOf(answers)).toEqual(['COOKIE ECHO']);
      expect(one(answers, 'COOKIE ECHO').cookie).toEqual(first.cookie);
    }
  }),
);

requirement(
  'RFC 9260',
  '4',
  'MUST',
  'after Max.Init.Retransmits retransmissions of COOKIE ECHO the attempt ends, and the user is told',
  'as-i-1-3-2',
  connecting(async ({ target, peer, attempt }) => {
    await peer.sendInitAck();
    await target.answers();
    await target.advance(1_000_000);
    expect(only(await target.answers(), 'COOKIE ECHO')).toHaveLength(8);
    expect(await attempt).toBe('ETIMEDOUT');
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'does',
  'ABORT in answer to INIT ends the attempt',
  connecting(async ({ peer, attempt }) => {
    await peer.send(chunkOf('ABORT'));
    expect(await attempt).toBe('ECONNREFUSED');
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'SHOULD',
  'an INIT to a port on which nothing listens is answered by ABORT with the initiate tag of the INIT',
  listening(async ({ target, peer }) => {
    peer.targetPort = 6000;
    await peer.sendInit();
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(answers[0]).toMatchObject({ verificationTag: peer.tag, destinationPort: 4000, sourcePort: 6000 });
    expect(one(answers, 'ABORT').isTagReflected).toBe(false);
  }),
);

requirement(
  'RFC 9260',
  '8.5.1',
  'MUST',
  'a packet with INIT whose verification tag is not 0 is discarded silently',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: 1 }, initiation('INIT', { tag: peer.tag }));
    expect(await target.answers()).toEqual([]);
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: peer.tag }));
    expect(typesOf(await target.answers())).toEqual(['INIT ACK']);
  }),
);

requirement(
  'RFC 9260',
  '3.3.2',
  'MUST',
  'an INIT with an initiate tag of 0 is discarded silently',
  'as-i-1-14-1',
  listening(async ({ target, peer }) => {
    await peer.sendInit({ tag: 0 });
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '3.3.3',
  'MUST',
  'an INIT ACK with an initiate tag of 0 ends the attempt, and is not answered by COOKIE ECHO',
  'as-i-1-14-2',
  connecting(async ({ target, peer, attempt }) => {
    await peer.sendInitAck({ tag: 0 });
    expect(typesOf(await target.answers())).not.toContain('COOKIE ECHO');
    expect(await attempt).not.toBe('open');
  }),
);

for (const [outbound, inbound] of [
  [0, 10],
  [10, 0],
] as const) {
  const name = outbound === 0 ? 'outbound' : 'inbound';
  const zero = { outbound, inbound };
  const body = listening(async ({ target, peer }) => {
    await peer.sendInit(zero);
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(answers[0]?.verificationTag).toBe(peer.tag);
    expect(causesOf(one(answers, 'ABORT'))).toEqual([7]);
  });
  if (name === 'outbound')
    requirement(
      'RFC 9260',
      '3.3.2',
      'SHOULD',
      'an INIT with no outbound streams is answered by ABORT',
      'as-i-1-7-2',
      body,
    );
  else requirement('RFC 9260', '3.3.2', 'SHOULD', 'an INIT with no inbound streams is answered by ABORT', body);
}

requirement(
  'RFC 9260',
  '3.3.3',
  'SHOULD',
  'an INIT ACK with no outbound streams destroys the association by ABORT',
  'as-i-1-7-4',
  connecting(async ({ target, peer, attempt }) => {
    await peer.sendInitAck({ outbound: 0 });
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(answers[0]?.verificationTag).toBe(peer.tag);
    expect(await attempt).not.toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '3.3.2',
  'MUST',
  'an INIT with a window of fewer than 1,500 bytes is refused',
  listening(async ({ target, peer }) => {
    await peer.sendInit({ window: 1499 });
    expect(typesOf(await target.answers())).toEqual(['ABORT']);
    await peer.sendInit({ window: 1500 });
    expect(typesOf(await target.answers())).toEqual(['INIT ACK']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.1',
  'MUST',
  'if the peer allows fewer inbound streams than were asked for, no more outbound streams are used',
  'as-v-1-7-3',
  connecting({ socket: { streams: { outbound: 10 } } }, async ({ peer, association }) => {
    await peer.sendInitAck({ inbound: 2 });
    await peer.send(chunkOf('COOKIE ACK'));
    const { setup } = await association();
    expect(setup.streams.outbound).toBe(2);
  }),
);

requirement(
  'RFC 9260',
  '5.1.1',
  'MUST',
  'an end that accepts uses no more outbound streams than the INIT allows',
  'as-v-1-7-1',
  established({ initiation: { inbound: 3 } }, async ({ peer, association }) => {
    expect(association.setup.streams.outbound).toBe(3);
    expect(peer.initAck).toMatchObject({ outboundStreams: 3 });
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'does',
  'two streams in each direction work',
  'as-v-1-7-5',
  established({ initiation: { inbound: 2, outbound: 2 } }, async ({ peer, target, association }) => {
    await association.send('a', { stream: 0 });
    await association.send('b', { stream: 1 });
    expect(only(await target.answers(), 'DATA').map(({ streamId }) => streamId)).toEqual([0, 1]);
    await peer.send(peer.message({ stream: 1, ssn: 0 }));
    expect((await association.receive())?.stream).toBe(1);
  }),
);

requirement(
  'RFC 9260',
  '5.2.2',
  'MUST',
  'a duplicate INIT ACK in COOKIE-ECHOED or later is discarded',
  'dm-o-4-3',
  connecting(async ({ target, peer, association }) => {
    await peer.sendInitAck();
    await target.answers();
    await peer.sendInitAck();
    expect(await target.answers()).toEqual([]);
    await peer.send(chunkOf('COOKIE ACK'));
    await association();
    await peer.sendInitAck({ tag: 5 });
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '5.2.5',
  'MUST',
  'a COOKIE ACK in any state other than COOKIE-ECHOED is discarded',
  'dm-o-4-5',
  connecting(async ({ target, peer, association, attempt }) => {
    await peer.send(chunkOf('COOKIE ACK'));
    expect(await target.answers()).toEqual([]);
    await peer.sendInitAck();
    await peer.send(chunkOf('COOKIE ACK'));
    expect(await attempt).toBe('open');
    await target.answers();
    await peer.send(chunkOf('COOKIE ACK'));
    expect(await target.answers()).toEqual([]);
    expect((await association()).state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'MUST NOT',
  'INIT bundled with another chunk is discarded',
  'bdc-i-7-1',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: peer.tag }), peer.message());
    expect(typesOf(await target.answers())).not.toContain('INIT ACK');
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'MUST NOT',
  'INIT ACK bundled with DATA is not taken for an answer: the INIT is retransmitted',
  'bdc-i-7-2',
  connecting(async ({ target, peer }) => {
    const cookie = parameter(7, u32(1, 2));
    await peer.send(initiation('INIT ACK', { tag: peer.tag, parameters: [cookie] }), peer.message());
    expect(typesOf(await target.answers())).not.toContain('COOKIE ECHO');
  }),
);

requirement(
  'RFC 9260',
  '6.8',
  'MUST',
  'a packet with a wrong checksum is discarded silently, an INIT too',
  'imh-i-3-4',
  listening(async ({ target, peer }) => {
    const header = { sourcePort: 4000, destinationPort: 5001, tag: 0 };
    const bytes = packetOf(header, initiation('INIT', { tag: peer.tag }));
    bytes[8]! ^= 1;
    await target.inject(bytes, peer.way);
    expect(await target.answers()).toEqual([]);
    bytes[8]! ^= 1;
    await target.inject(bytes, peer.way);
    expect(typesOf(await target.answers())).toEqual(['INIT ACK']);
  }),
);

requirement(
  'RFC 9260',
  '3.3.2',
  'SHOULD',
  'an INIT that is too short is not answered by INIT ACK',
  'imh-i-3-1',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: 0 }, chunkOf('INIT', u32(peer.tag, 100_000)));
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '3.2',
  'MUST',
  'an INIT whose length field goes beyond its packet is discarded',
  'imh-i-3-8',
  listening(async ({ target, peer }) => {
    const chunk = initiation('INIT', { tag: peer.tag, parameters: [] });
    chunk[3] = 60;
    await peer.sendWith({ tag: 0 }, chunk);
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '3.3.3',
  'SHOULD',
  'an INIT ACK that is too short is not answered by COOKIE ECHO',
  'imh-i-3-2',
  connecting(async ({ target, peer }) => {
    await peer.send(chunkOf('INIT ACK', u32(peer.tag, 100_000)));
    expect(typesOf(await target.answers())).not.toContain('COOKIE ECHO');
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MUST',
  'an INIT ACK without a cookie ends the attempt by ABORT with cause Missing Mandatory Parameter',
  'e-i-6-4',
  connecting(async ({ target, peer, attempt }) => {
    await peer.send(initiation('INIT ACK', { tag: peer.tag, parameters: [] }));
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(causesOf(one(answers, 'ABORT'))).toEqual([2]);
    expect(await attempt).not.toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '8.5',
  'MUST',
  'an INIT ACK with a verification tag other than that of the INIT is discarded silently',
  connecting(async ({ target, peer }) => {
    const chunk = initiation('INIT ACK', { tag: peer.tag, parameters: [parameter(7, u32(1))] });
    await peer.sendWith({ tag: peer.targetTag ^ 1 }, chunk);
    expect(await target.answers()).toEqual([]);
    expect(typesOf(await ask(peer, chunk))).toEqual(['COOKIE ECHO']);
  }),
);

requirement(
  'RFC 9260',
  '3.1',
  'does',
  'reserved flags that a sender sets in INIT, COOKIE ECHO and SACK are ignored',
  listening(async ({ target, peer, listener }) => {
    const init = initiation('INIT', { tag: peer.tag, tsn: peer.tsn });
    init[1] = 0xff;
    await peer.sendWith({ tag: 0 }, init);
    peer.takeInitAck(await target.answers());
    expect(typesOf(await ask(peer, chunkWithFlags('COOKIE ECHO', 0xff, peer.cookie)))).toContain('COOKIE ACK');
    const association = await listener.accept();
    await association.send('x');
    await peer.send(sack(peer.targetTsn).map((byte, index) => (index === 1 ? 0xff : byte)));
    expect(association.status().unacknowledged).toBe(0);
  }),
);

requirement(
  'RFC 9260',
  '3.2',
  'MUST',
  'the padding of a chunk is at most three bytes of 0, which the length field does not count',
  established(async ({ target, association }) => {
    await association.send(u8(1));
    const answers = await target.answers();
    const chunk = one(answers, 'DATA');
    expect(chunk).toMatchObject({ length: 17, payload: u8(1) });
    expect(answers[0]?.length).toBe(12 + 20);
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'MAY',
  'the listener’s set-up of one peer does not disturb another peer with the same tag and another port',
  listening(async ({ target, listener }) => {
    const first = new ScriptedPeer(target, { ownPort: 4001 });
    const second = new ScriptedPeer(target, { ownPort: 4002 });
    await first.connect();
    await second.connect();
    const [a, b] = [await listener.accept(), await listener.accept()];
    await second.send(second.message());
    expect((await b.receive())?.data).toEqual(u8(1, 2, 3, 4));
    expect(a.remotePort).toBe(4001);
    expect(first.targetTag).not.toBe(second.targetTag);
  }),
);

requirement(
  'RFC 9260',
  '5.3.1',
  'SHOULD',
  'initiate tags are random: 200 of them differ, all from 0, and each bit is set in about half of them',
  listening(async ({ target }) => {
    const tags: number[] = [];
    for (let index = 0; index < 200; index++) {
      const peer = new ScriptedPeer(target, { ownPort: 4000 + index });
      await peer.sendInit();
      tags.push(one(await target.answers(), 'INIT ACK').initiateTag);
    }
    expect(new Set(tags).size).toBe(200);
    expect(tags).not.toContain(0);
    for (let bit = 0; bit < 32; bit++) {
      const set = tags.filter((tag) => (tag >>> bit) & 1).length;
      expect(set, `bit ${bit}`).toBeGreaterThan(60);
      expect(set, `bit ${bit}`).toBeLessThan(140);
    }
  }),
);
