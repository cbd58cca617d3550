import { expect } from 'vitest';
import { authenticated, authKey, authParameters, connectWithAsconf, deletion } from '../support/auth-chunks.js';
import {
  chunkOf,
  chunkWithFlags,
  data,
  extensions,
  FEATURES,
  forwardTsnSupported,
  ipv4,
  parameter,
  sack,
  u8,
  u16,
  u32,
} from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { ask, connecting, established, listening, one, only } from './scenes.js';

const [WHOLE, BEGINNING] = [3, 2];
const INTERLEAVED = [extensions('RE-CONFIG', 'FORWARD TSN', 'I-DATA', 'I-FORWARD TSN'), forwardTsnSupported];
const interleaving = {
  prepare: (socket: { setOption(name: 'interleaving', on: boolean): void }) => socket.setOption('interleaving', true),
};
const forwardTsn = (tsn: number, ...streams: [number, number][]) =>
  chunkOf('FORWARD TSN', u32(tsn), ...streams.map((pair) => u16(...pair)));

requirement(
  'RFC 3758',
  '3.1',
  'MUST',
  'INIT says that FORWARD TSN is supported',
  connecting(async ({ init }) => {
    expect(init.parameters.map(({ name }) => name)).toContain('Forward TSN Supported');
  }),
);

requirement(
  'RFC 3758',
  '3.3.2',
  'MUST',
  'a peer that does not support FORWARD TSN gets none: the message is retransmitted instead of being abandoned',
  established({ initiation: { parameters: [] } }, async ({ target, association }) => {
    void association.send('x', { reliability: { retransmits: 0 } }).catch(() => {});
    await target.advance(20_000);
    expect(typesOf(await target.answers())).not.toContain('FORWARD TSN');
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'MUST',
  'a message that is abandoned is not retransmitted: FORWARD TSN names its TSN, its stream and its SSN',
  established(async ({ target, peer, association }) => {
    void association.send('x', { stream: 3, reliability: { retransmits: 0 } });
    await target.answers();
    await target.advance(1000);
    const answers = await target.answers();
    expect(only(answers, 'DATA')).toEqual([]);
    expect(one(answers, 'FORWARD TSN')).toMatchObject({
      cumulativeTsn: peer.targetTsn,
      streams: [{ streamId: 3, ssn: 0 }],
    });
  }),
);

requirement(
  'RFC 3758',
  '3.5',
  'MUST',
  'a FORWARD TSN that is not acknowledged is retransmitted when T3-rtx expires',
  established(async ({ target, association }) => {
    void association.send('x', { reliability: { retransmits: 0 } });
    await target.advance(10_000);
    expect(only(await target.answers(), 'FORWARD TSN').length).toBeGreaterThan(1);
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'MUST',
  'FORWARD TSN moves the cumulative TSN, is acknowledged by SACK, and delivers what waited behind the gap',
  established(async ({ target, peer, association }) => {
    await ask(peer, data({ tsn: 1001, ssn: 1, payload: u8(2) }));
    const answers = [...(await ask(peer, forwardTsn(1000, [0, 0])))];
    await target.advance(200);
    answers.push(...(await target.answers()));
    expect(one(answers, 'SACK').cumulativeTsn).toBe(1001);
    expect((await association.receive())?.data).toEqual(u8(2));
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'MUST',
  'a FORWARD TSN at or below the cumulative TSN changes nothing, and is answered by SACK',
  established(async ({ target, peer, association }) => {
    await ask(peer, peer.message());
    await association.receive();
    const answers = [...(await ask(peer, forwardTsn(990, [0, 9])))];
    await target.advance(200);
    answers.push(...(await target.answers()));
    for (const { cumulativeTsn } of only(answers, 'SACK')) expect(cumulativeTsn).toBe(1000);
    await peer.send(peer.message());
    expect((await association.receive())?.ssn).toBe(1);
  }),
);

requirement(
  'RFC 3758',
  '3.6',
  'MUST',
  'fragments of a message that FORWARD TSN skips are discarded: the next message is whole',
  established(async ({ peer, association }) => {
    await peer.send(data({ tsn: 1000, ssn: 0, flags: BEGINNING, payload: u8(1) }));
    await peer.send(forwardTsn(1001, [0, 0]));
    await peer.send(data({ tsn: 1002, ssn: 1, payload: u8(3) }));
    expect((await association.receive())?.data).toEqual(u8(3));
  }),
);

requirement(
  'RFC 4895',
  '3',
  'MUST',
  'INIT has Random with 32 bytes, the list of chunks and the HMAC identifiers, among them SHA-1',
  connecting(async ({ init }) => {
    const named = (name: string) => init.parameters.find((each) => each.name === name);
    expect(named('Random')?.value).toHaveLength(32);
    expect(named('Requested HMAC Algorithm')?.numbers).toContain(1);
    expect(named('Chunk List')).toBeDefined();
  }),
);

requirement(
  'RFC 4895',
  '3.2',
  'MUST NOT',
  'the list of chunks names none of INIT, INIT ACK, SHUTDOWN COMPLETE and AUTH',
  connecting(async ({ init }) => {
    const list = init.parameters.find(({ name }) => name === 'Chunk List')?.numbers ?? [];
    for (const type of [1, 2, 14, 15]) expect(list).not.toContain(type);
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'MUST',
  'AUTH with an HMAC identifier that was not offered is answered by ERROR with cause Unsupported HMAC Identifier',
  listening(async ({ peer, target, listener }) => {
    await connectWithAsconf(peer, [ipv4('10.0.0.2')]);
    await listener.accept();
    await target.answers();
    const answers = await ask(peer, chunkOf('AUTH', u16(0, 77), new Uint8Array(20)), peer.message());
    const error = one(answers, 'ERROR');
    expect(error.causes.map(({ code, value }) => [code, value])).toEqual([[0x105, u16(77)]]);
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'MUST',
  'a chunk that must be authenticated is discarded silently without AUTH, and with a wrong HMAC',
  listening(async ({ peer, target, listener }) => {
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2'), ipv4('10.0.1.2')]);
    const association = await listener.accept();
    await target.answers();
    const asconf = deletion(peer.tsn, '10.0.0.2', '10.0.1.2');
    expect(typesOf(await ask(peer, asconf))).not.toContain('ASCONF ACK');
    const forged = authenticated(
      key.map((byte) => byte ^ 1),
      asconf,
    );
    expect(typesOf(await ask(peer, ...forged))).not.toContain('ASCONF ACK');
    expect(association.paths()).toHaveLength(2);
    expect(typesOf(await ask(peer, ...authenticated(key, asconf)))).toContain('ASCONF ACK');
    expect(association.paths()).toHaveLength(1);
  }),
);

requirement(
  'RFC 4895',
  '6.2',
  'MUST',
  'chunks that the peer wants authenticated are sent behind AUTH in their packet',
  listening(async ({ peer, target, listener }) => {
    const own = authParameters('DATA');
    await peer.connect({ parameters: [extensions('AUTH'), ...own] });
    expect(authKey(own, peer.initAck).length).toBeGreaterThan(64);
    const association = await listener.accept();
    await target.answers();
    await association.send('x');
    expect(typesOf(await target.answers())).toEqual(['AUTH', 'DATA']);
  }),
);

requirement(
  'RFC 5061',
  '5.2',
  'MUST',
  'an ASCONF that is repeated is answered by the same ASCONF ACK, and done once',
  listening(async ({ peer, target, listener }) => {
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2'), ipv4('10.0.1.2')]);
    await listener.accept();
    await target.answers();
    const chunks = authenticated(key, deletion(peer.tsn, '10.0.0.2', '10.0.1.2'));
    const first = one(await ask(peer, ...chunks), 'ASCONF ACK');
    expect(first).toMatchObject({ serial: peer.tsn });
    expect(one(await ask(peer, ...chunks), 'ASCONF ACK')).toEqual(first);
  }),
);

requirement(
  'RFC 5061',
  '5.2',
  'MUST',
  'an ASCONF with a serial number other than the next one is discarded silently',
  listening(async ({ peer, target, listener }) => {
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2'), ipv4('10.0.1.2')]);
    const association = await listener.accept();
    await target.answers();
    const chunks = authenticated(key, deletion(peer.tsn + 5, '10.0.0.2', '10.0.1.2'));
    expect(typesOf(await ask(peer, ...chunks))).not.toContain('ASCONF ACK');
    expect(association.paths()).toHaveLength(2);
  }),
);

requirement(
  'RFC 5061',
  '5.3',
  'MUST',
  'the deletion of the last address is refused with cause Request to Delete Last Remaining IP Address',
  listening(async ({ peer, target, listener }) => {
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2')]);
    const association = await listener.accept();
    await target.answers();
    const chunks = authenticated(key, deletion(peer.tsn, '10.0.0.2', '10.0.0.2'));
    await peer.sendWith({ source: '10.0.9.9' }, ...chunks);
    const ack = one(await target.answers(), 'ASCONF ACK');
    expect(ack.parameters.flatMap(({ causes = [] }) => causes.map(({ code }) => code))).toEqual([0xa0]);
    expect(association.paths()).toHaveLength(1);
  }),
);

requirement(
  'RFC 5061',
  '5.3',
  'MUST',
  'the deletion of the source address of the ASCONF is refused with cause Request to Delete Source IP Address',
  listening(async ({ peer, target, listener }) => {
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2'), ipv4('10.0.1.2')]);
    const association = await listener.accept();
    await target.answers();
    const chunks = authenticated(key, deletion(peer.tsn, '10.0.0.2', '10.0.0.2'));
    const ack = one(await ask(peer, ...chunks), 'ASCONF ACK');
    expect(ack.parameters.flatMap(({ causes = [] }) => causes.map(({ code }) => code))).toEqual([0xa2]);
    expect(association.paths()).toHaveLength(2);
  }),
);

requirement(
  'RFC 6525',
  '5.2.2',
  'MUST',
  'an Outgoing SSN Reset Request resets the SSNs of the stream, and is answered by Success – Performed',
  established(async ({ peer, association }) => {
    await ask(peer, data({ tsn: 1000, ssn: 0 }));
    await association.receive();
    const request = parameter(13, u32(peer.tsn, peer.targetTsn - 1, 1000), u16(0));
    const answer = one(await ask(peer, chunkOf('RE-CONFIG', request)), 'RE-CONFIG').parameters[0];
    expect(answer).toMatchObject({ name: 'Re-configuration Response', requestSequence: peer.tsn, result: 1 });
    await peer.send(data({ tsn: 1001, ssn: 0 }));
    expect((await association.receive())?.ssn).toBe(0);
  }),
);

requirement(
  'RFC 6525',
  '5.2.1',
  'MUST',
  'a request with a wrong sequence number is answered by Error – Bad Sequence Number',
  established(async ({ peer }) => {
    const request = parameter(13, u32(peer.tsn + 10, peer.targetTsn - 1, 999), u16(0));
    const answer = one(await ask(peer, chunkOf('RE-CONFIG', request)), 'RE-CONFIG').parameters[0];
    expect(answer).toMatchObject({ requestSequence: peer.tsn + 10, result: 5 });
  }),
);

requirement(
  'RFC 6525',
  '5.2.2',
  'MUST',
  'a request that arrives before the DATA that it follows is answered by In Progress',
  established(async ({ peer }) => {
    const request = parameter(13, u32(peer.tsn, peer.targetTsn - 1, 1005), u16(0));
    const answer = one(await ask(peer, chunkOf('RE-CONFIG', request)), 'RE-CONFIG').parameters[0];
    expect(answer).toMatchObject({ result: 6 });
  }),
);

requirement(
  'RFC 6525',
  '5.1.2',
  'does',
  'resetStreams() sends an Outgoing SSN Reset Request with the last TSN, which is retransmitted until it is answered',
  established(async ({ target, peer, association }) => {
    association.resetStreams({ outgoing: [2] }).catch(() => {});
    await target.advance(10);
    const request = one(await target.answers(), 'RE-CONFIG').parameters[0];
    expect(request).toMatchObject({
      name: 'Outgoing SSN Reset Request',
      streamIds: [2],
      requestSequence: peer.targetTsn,
    });
    expect(request?.lastTsn).toBe((peer.targetTsn - 1) >>> 0);
    await target.advance(1000);
    expect(one(await target.answers(), 'RE-CONFIG').parameters[0]).toEqual(request);
  }),
);

requirement(
  'RFC 7829',
  '5',
  'SHOULD',
  'after one time-out with the default threshold the path is potentially failed, so the retransmission goes to the other path',
  established(
    { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] },
    async ({ target, peer, association }) => {
      const isConfirmed = () => association.paths().every(({ state }) => state === 'active');
      for (let tick = 0; tick < 100 && !isConfirmed(); tick++) {
        await target.advance(100);
        for (const { destination, chunks } of await target.answers()) {
          const way = { source: destination, destination: destination.replace(/2$/, '1') };
          for (const chunk of chunks) {
            if (chunk.type !== 'HEARTBEAT') continue;
            await peer.sendWith(way, chunkOf('HEARTBEAT ACK', parameter(1, chunk.parameters[0]!.value)));
          }
        }
      }
      expect(isConfirmed()).toBe(true);
      await association.send('x');
      expect((await target.answers())[0]?.destination).toBe('10.0.0.2');
      await target.advance(1000);
      const again = (await target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
      expect(again.map(({ destination }) => destination)).toEqual(['10.0.1.2']);
    },
  ),
);

requirement(
  'RFC 8260',
  '2.2.1',
  'MUST',
  'I-DATA is sent only to a peer that lists it',
  established({ ...interleaving, initiation: { parameters: FEATURES } }, async ({ target, association }) => {
    await association.send('x');
    expect(typesOf(await target.answers())).toEqual(['DATA']);
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'messages are sent as I-DATA: MIDs begin at 0, FSNs count the fragments, only the first has the payload protocol',
  established({ ...interleaving, initiation: { parameters: INTERLEAVED } }, async ({ target, association }) => {
    await association.send(pattern(4000), { ppid: 7, stream: 1 });
    const chunks = only(await target.answers(), 'I-DATA');
    expect(chunks.map(({ mid, fsn, ppid }) => [mid, fsn ?? 0, ppid])).toEqual([
      [0, 0, 7],
      [0, 1, undefined],
      [0, 2, undefined],
    ]);
  }),
);

requirement(
  'RFC 8260',
  '2.1',
  'MUST',
  'fragments of two streams that alternate are reassembled',
  established({ ...interleaving, initiation: { parameters: INTERLEAVED } }, async ({ peer, association }) => {
    const fragment = (tsn: number, stream: number, flags: number, fsn: number, byte: number) =>
      chunkWithFlags('I-DATA', flags, u32(tsn), u16(stream, 0), u32(0, fsn), u8(byte));
    await peer.send(fragment(1000, 0, 2, 0, 1), fragment(1001, 1, 2, 0, 11), fragment(1002, 0, 1, 1, 2));
    await peer.send(fragment(1003, 1, 1, 1, 12));
    expect(await association.receive()).toMatchObject({ stream: 0, data: u8(1, 2) });
    expect(await association.receive()).toMatchObject({ stream: 1, data: u8(11, 12) });
  }),
);

requirement(
  'RFC 8260',
  '2.2.2',
  'MUST',
  'DATA on an association that uses I-DATA ends it by ABORT with a protocol violation',
  established({ ...interleaving, initiation: { parameters: INTERLEAVED } }, async ({ peer, association }) => {
    const answers = await ask(peer, data({ tsn: 1000, flags: WHOLE }));
    expect(one(answers, 'ABORT').causes.map(({ code }) => code)).toEqual([13]);
    expect(association.state).toBe('closed');
  }),
);

requirement(
  'RFC 6951',
  '5.3',
  'MUST',
  'packets go to the UDP port that the peer’s last packet came from',
  established({ encapsulationPort: 9899 }, async ({ target, peer, association }) => {
    await peer.sendWith({ port: 7777 }, peer.message());
    await target.answers();
    await association.send('x');
    expect((await target.answers()).map(({ port }) => port)).toEqual([7777]);
    await peer.send(sack(peer.targetTsn));
  }),
);

requirement(
  'RFC 6951',
  '5.4',
  'MUST',
  'a packet with a wrong verification tag does not change the UDP port',
  established({ encapsulationPort: 9899 }, async ({ target, peer, association }) => {
    await peer.sendWith({ port: 7777, tag: peer.targetTag ^ 1 }, peer.message());
    await target.answers();
    await association.send('x');
    expect((await target.answers()).map(({ port }) => port)).toEqual([9899]);
  }),
);

requirement(
  'RFC 9653',
  '5.1',
  'MUST NOT',
  'no checksum of 0 is sent to a peer that has not announced that it accepts it, from INIT ACK to SHUTDOWN',
  listening(async ({ target, peer, listener }) => {
    await peer.sendInit();
    const answers = [...(await target.answers())];
    peer.takeInitAck(answers);
    await peer.send(chunkOf('COOKIE ECHO', peer.cookie), peer.message());
    const association = await listener.accept();
    await association.send(pattern(3000));
    await target.advance(60_000); // retransmissions, HEARTBEATs
    answers.push(...(await target.answers()));
    await peer.send(sack(only(answers, 'DATA')[2]!.tsn)); // of three fragments
    void association.close().catch(() => {});
    answers.push(...(await target.answers()));
    expect(typesOf(answers)).toEqual(expect.arrayContaining(['INIT ACK', 'COOKIE ACK', 'SACK', 'DATA', 'SHUTDOWN']));
    expect(answers.filter(({ isChecksumRight }) => !isChecksumRight)).toEqual([]);
  }),
);
