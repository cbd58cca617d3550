import { expect } from 'vitest';
import { concat } from '../../src/capture/block.js';
import { chunk, chunkOf, chunkWithFlags, data, initiation, parameter, sack, u8, u16, u32 } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { ask, causesOf, connecting, established, expectAlive, listening, one, only } from './scenes.js';

requirement(
  'RFC 9260',
  '3',
  'MUST',
  'every packet that is sent is a multiple of 4 bytes long, whatever the length of its message',
  established(async ({ target, peer, association }) => {
    for (let bytes = 1; bytes <= 8; bytes++) {
      await association.send(pattern(bytes));
      const answers = await target.answers();
      for (const { length } of answers) expect(length % 4).toBe(0);
      await peer.send(sack(one(answers, 'DATA').tsn));
    }
  }),
);

requirement(
  'RFC 9260',
  '3.2',
  'MUST',
  'the length of a chunk does not count its padding',
  established(async ({ target, association }) => {
    await association.send(pattern(5));
    const [packet] = await target.answers();
    expect(one([packet!], 'DATA').length).toBe(16 + 5);
    expect(packet?.length).toBe(12 + 16 + 8);
  }),
);

requirement(
  'RFC 9260',
  '3.2',
  'MUST',
  'padding bytes of any value are ignored by the receiver',
  established(async ({ peer, association }) => {
    const message = peer.message({ payload: u8(1, 2, 3, 4, 5) });
    message.fill(0xff, message.length - 3);
    await peer.send(message);
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4, 5));
  }),
);

requirement(
  'RFC 9260',
  '3.2',
  'MUST',
  'reserved bits of DATA are 0',
  established(async ({ target, association }) => {
    await association.send('x');
    expect(one(await target.answers(), 'DATA').flags & 0xf0).toBe(0);
  }),
);

requirement(
  'RFC 9260',
  '3.2',
  'MUST',
  'reserved bits of the flags of DATA, HEARTBEAT and SHUTDOWN are ignored on receipt',
  established(async (scene) => {
    const { peer, association } = scene;
    await peer.send(data({ tsn: peer.tsn++, ssn: 0, flags: 0xf3 }));
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
    expect(typesOf(await ask(peer, chunkWithFlags('HEARTBEAT', 0xff, parameter(1, u32(5)))))).toContain(
      'HEARTBEAT ACK',
    );
    expect(typesOf(await ask(peer, chunkWithFlags('SHUTDOWN', 0xff, u32(peer.targetTsn - 1))))).toEqual([
      'SHUTDOWN ACK',
    ]);
  }),
);

for (const [bits, type] of [
  ['00', 0x3e],
  ['01', 0x7e],
  ['10', 0xbe],
  ['11', 0xfe],
] as const) {
  const isReported = bits.endsWith('1');
  const isSkipped = bits.startsWith('1');
  const body = established(async (scene) => {
    const { target, peer, association } = scene;
    const answers = [...(await ask(peer, chunk(type, 0, u32(7)), peer.message()))];
    await target.advance(300);
    answers.push(...(await target.answers()));
    expect(only(answers, 'ERROR').flatMap(causesOf)).toEqual(isReported ? [6] : []);
    expect(only(answers, 'SACK').length > 0).toBe(isSkipped);
    expect(association.state).toBe('open');
  });
  switch (bits) {
    case '00':
      requirement('RFC 9260', '3.2', 'does', 'a chunk of an unknown type 00… ends the packet without a report', body);
      break;
    case '01':
      requirement(
        'RFC 9260',
        '3.2',
        'does',
        'a chunk of an unknown type 01… ends the packet, and is reported by ERROR',
        body,
      );
      break;
    case '10':
      requirement('RFC 9260', '3.2', 'does', 'a chunk of an unknown type 10… is skipped without a report', body);
      break;
    default:
      requirement('RFC 9260', '3.2', 'does', 'a chunk of an unknown type 11… is skipped, and reported by ERROR', body);
  }
}

/** NR-SACK, of an Internet draft. */
const NR_SACK = 0x10;
const SUPPORTED_EXTENSIONS = 0x8008;

requirement(
  'RFC 9260',
  '3.2',
  'does',
  'NR-SACK, which no RFC defines, is unknown unless the program asks for it: it is not listed, and acknowledges nothing',
  established(async ({ target, peer, association }) => {
    const listed = peer.initAck?.type === 'INIT ACK' ? peer.initAck.parameters : [];
    expect(listed.find(({ code }) => code === SUPPORTED_EXTENSIONS)?.value).toContain(0x82);
    expect(listed.find(({ code }) => code === SUPPORTED_EXTENSIONS)?.value).not.toContain(NR_SACK);
    await association.send('x');
    const { tsn } = one(await target.answers(), 'DATA');
    expect(await ask(peer, chunk(NR_SACK, 0, u32(tsn, 131_072), u16(0, 0, 0, 0)), peer.message())).toEqual([]);
    await target.advance(1000);
    expect(one(await target.answers(), 'DATA').tsn).toBe(tsn);
  }),
);

requirement(
  'RFC 9260',
  '3.3.10.6',
  'does',
  'the report of an unknown chunk has the whole chunk',
  established(async ({ peer }) => {
    const unknown = chunk(0xfe, 0x55, u32(0xdead_beef));
    expect(one(await ask(peer, unknown), 'ERROR').causes[0]?.value).toEqual(unknown);
  }),
);

requirement(
  'RFC 9260',
  '3.1',
  'MUST',
  'answers have the ports of the packet, swapped',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    expect((await target.answers())[0]).toMatchObject({
      sourcePort: peer.targetPort,
      destinationPort: peer.ownPort,
    });
  }),
);

requirement(
  'RFC 9260',
  '3.1',
  'MUST',
  'every packet of an association has the verification tag that the peer has chosen',
  established(async ({ target, peer, association }) => {
    await association.send('x');
    await peer.send(peer.message());
    await target.advance(60_000);
    const tags = (await target.answers()).map(({ verificationTag }) => verificationTag);
    expect(new Set(tags)).toEqual(new Set([peer.tag]));
  }),
);

requirement(
  'RFC 9260',
  '6.8',
  'MUST',
  'every packet that is sent has a correct CRC32c',
  established(async ({ target, peer, association }) => {
    await association.send(pattern(3000));
    await peer.send(peer.message());
    await target.advance(40_000);
    expect((await target.answers()).every(({ isChecksumRight }) => isChecksumRight)).toBe(true);
  }),
);

requirement(
  'RFC 9260',
  '3.3.1',
  'does',
  'a message of any payload protocol is delivered with it',
  established(async ({ peer, association }) => {
    for (const [index, ppid] of [0, 1, 46, 0xffff_ffff].entries()) {
      await peer.send(chunkWithFlags('DATA', 3, u32(peer.tsn++), u16(0, index), u32(ppid), u8(1)));
      expect((await association.receive())?.ppid).toBe(ppid);
    }
  }),
);

requirement(
  'RFC 9260',
  '3.3.1',
  'does',
  'a message of one byte arrives, and one of 100,000 bytes',
  established({ initiation: { window: 1_000_000 } }, async ({ target, peer, association }) => {
    for (const bytes of [1, 100_000]) {
      association.send(pattern(bytes)).catch(() => {});
      let sent = 0;
      for (let round = 0; round < 60 && sent < bytes; round++) {
        const chunks = only(await target.answers(), 'DATA');
        sent += chunks.reduce((sum, { payload }) => sum + payload.length, 0);
        if (chunks.length > 0) await peer.send(sack(chunks.at(-1)!.tsn, [], 1_000_000));
        await target.advance(1);
      }
      expect(sent).toBe(bytes);
    }
  }),
);

requirement(
  'RFC 9260',
  '3.3.2',
  'does',
  'INIT has the number of streams that the program asked for, and accepts as many as it allows',
  connecting({ socket: { streams: { outbound: 7, inbound: 33 } } }, async ({ init }) => {
    expect(init).toMatchObject({ outboundStreams: 7, inboundStreams: 33 });
  }),
);

requirement(
  'RFC 9260',
  '3.3.2',
  'MUST',
  'INIT offers a window of at least 1,500 bytes',
  connecting(async ({ init }) => {
    expect(init.receiverWindow).toBeGreaterThanOrEqual(1500);
  }),
);

requirement(
  'RFC 9260',
  '3.3.2',
  'MUST',
  'an INIT with no outbound or no inbound streams is refused by ABORT, or not answered',
  listening(async ({ target, peer }) => {
    for (const streams of [{ outbound: 0 }, { inbound: 0 }]) {
      await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: peer.tag, ...streams }));
      expect(typesOf(await target.answers())).not.toContain('INIT ACK');
    }
  }),
);

requirement(
  'RFC 9260',
  '3.3.3',
  'MUST',
  'INIT ACK has one State Cookie',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    const cookies = one(await target.answers(), 'INIT ACK').parameters.filter(({ name }) => name === 'State Cookie');
    expect(cookies).toHaveLength(1);
  }),
);

requirement(
  'RFC 9260',
  '3.3.4',
  'does',
  'a SACK lists blocks in ascending order, from the cumulative TSN on, and none of them touch',
  established(async ({ peer }) => {
    let last = await ask(peer, data({ tsn: 1009, ssn: 0, stream: 1 }));
    for (const tsn of [1003, 1005, 1006]) last = await ask(peer, data({ tsn, ssn: 0, stream: tsn - 1000 }));
    expect(one(last, 'SACK')).toMatchObject({
      cumulativeTsn: 999,
      gaps: [
        { start: 4, end: 4 },
        { start: 6, end: 7 },
        { start: 10, end: 10 },
      ],
    });
  }),
);

requirement(
  'RFC 9260',
  '3.3.5',
  'does',
  'a HEARTBEAT has one Heartbeat Info parameter',
  established(async ({ target }) => {
    await target.advance(40_000);
    const beat = only(await target.answers(), 'HEARTBEAT')[0];
    expect(beat?.parameters.map(({ name }) => name)).toEqual(['Heartbeat Info']);
  }),
);

requirement(
  'RFC 9260',
  '3.3.6',
  'MUST',
  'HEARTBEAT ACK returns information of any length unchanged',
  established(async ({ peer }) => {
    for (const bytes of [4, 5, 100, 1000]) {
      const info = parameter(1, pattern(bytes));
      const answer = one(await ask(peer, chunkOf('HEARTBEAT', info)), 'HEARTBEAT ACK');
      expect(answer.parameters[0]?.value).toEqual(info.subarray(4));
    }
  }),
);

requirement(
  'RFC 9260',
  '3.3.7',
  'does',
  'all causes of an ABORT are told to the user, in order',
  established(async ({ peer, association }) => {
    await peer.send(chunkOf('ABORT', parameter(4), parameter(12, u8(0x62, 0x79, 0x65))));
    expect((await association.closed)?.abort?.map(({ code }) => code)).toEqual([4, 12]);
  }),
);

requirement(
  'RFC 9260',
  '3.3.7',
  'does',
  'an ABORT without a cause ends the association',
  established(async ({ peer, association }) => {
    expect(await ask(peer, chunkOf('ABORT'))).toEqual([]);
    expect((await association.closed)?.code).toBe('ECONNRESET');
  }),
);

requirement(
  'RFC 9260',
  '3.3.7',
  'MUST',
  'DATA behind an ABORT in the same packet is not delivered',
  established(async ({ peer, association }) => {
    await peer.send(chunkOf('ABORT'), peer.message());
    expect((await association.closed)?.code).toBe('ECONNRESET');
    expect(await association.receive().catch(() => undefined)).toBeUndefined();
  }),
);

requirement(
  'RFC 9260',
  '3.3.10',
  'MUST NOT',
  'an ERROR is not answered by ERROR, whatever its cause, known or not',
  established(async (scene) => {
    for (const code of [1, 4, 6, 8, 9, 13, 999]) {
      expect(await ask(scene.peer, chunkOf('ERROR', parameter(code, u32(1))))).toEqual([]);
    }
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '3.3.10',
  'does',
  'an ERROR without a cause changes nothing',
  established(async (scene) => {
    const answers = await ask(scene.peer, chunkOf('ERROR'));
    expect(typesOf(answers)).not.toContain('ERROR');
    expect(scene.association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '3.3.8',
  'does',
  'SHUTDOWN acknowledges DATA by its cumulative TSN',
  established(async ({ target, peer, association }) => {
    await association.send('x');
    const { tsn } = one(await target.answers(), 'DATA');
    await peer.send(chunkOf('SHUTDOWN', u32(tsn)));
    expect(typesOf(await target.answers())).toEqual(['SHUTDOWN ACK']);
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'does',
  'HEARTBEAT, SACK and DATA of one packet are all handled',
  established(async ({ target, peer, association }) => {
    await association.send('x');
    const { tsn } = one(await target.answers(), 'DATA');
    const answers = await ask(peer, sack(tsn), chunkOf('HEARTBEAT', parameter(1, u32(5))), peer.message());
    expect(typesOf(answers)).toEqual(expect.arrayContaining(['HEARTBEAT ACK', 'SACK']));
    expect(association.status().unacknowledged).toBe(0);
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'MUST NOT',
  'SHUTDOWN COMPLETE bundled behind another chunk does not end an association that is open',
  established(async (scene) => {
    await scene.peer.send(chunkOf('HEARTBEAT', parameter(1, u32(5))), chunkOf('SHUTDOWN COMPLETE'));
    expect(scene.association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '6.10',
  'does',
  'a chunk that is cut off at the end of a packet does not harm the chunks before it',
  established(async ({ peer, association }) => {
    const cut = chunkOf('HEARTBEAT', parameter(1, new Uint8Array(40))).subarray(0, 16);
    await peer.send(concat([peer.message(), cut]));
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'MUST',
  'DATA beyond the window that was offered is dropped, or the window shrinks: memory does not grow without limit',
  established({ socket: { receiveBufferBytes: 8000, readAheadBytes: 1 } }, async ({ target, peer }) => {
    const before = target.stack.memoryInUse;
    for (let count = 0; count < 100; count++) await peer.send(peer.message({ payload: pattern(1400) }));
    await target.answers();
    expect(target.stack.memoryInUse - before).toBeLessThan(100_000);
  }),
);

requirement(
  'RFC 9260',
  '6.2',
  'does',
  'a SACK says that the window is closed when nothing more can be received',
  established({ socket: { receiveBufferBytes: 8000, readAheadBytes: 1 } }, async ({ target, peer }) => {
    let window = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 20; count++) {
      await peer.send(peer.message({ payload: pattern(1000) }));
      await target.advance(200);
      for (const { receiverWindow } of only(await target.answers(), 'SACK')) window = receiverWindow;
    }
    expect(window).toBeLessThan(1500);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'MUST',
  'an end that has received SHUTDOWN accepts no new message of the user, but retransmits what is outstanding',
  established(async ({ target, peer, association }) => {
    await association.send('outstanding');
    const { tsn } = one(await target.answers(), 'DATA');
    await peer.send(chunkOf('SHUTDOWN', u32(tsn - 1)));
    await expect(association.send('new')).rejects.toMatchObject({ code: expect.any(String) });
    await target.advance(1000);
    expect(only(await target.answers(), 'DATA').map((each) => each.tsn)).toContain(tsn);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'does',
  'SHUTDOWN ACK in SHUTDOWN-ACK-SENT (both ends have closed) is answered by SHUTDOWN COMPLETE',
  established(async ({ peer }) => {
    await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1)));
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN ACK')))).toEqual(['SHUTDOWN COMPLETE']);
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'does',
  'once an association is over, SHUTDOWN ACK of the peer is answered by SHUTDOWN COMPLETE with the T bit',
  established(async ({ peer, association, target }) => {
    const closed = association.close();
    await target.answers();
    await peer.send(chunkOf('SHUTDOWN ACK'));
    await closed;
    await target.answers();
    const complete = one(await ask(peer, chunkOf('SHUTDOWN ACK')), 'SHUTDOWN COMPLETE');
    expect(complete.isTagReflected).toBe(true);
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'does',
  'two peers with the same ports and tags at different addresses have an association each',
  listening(async ({ target, listener }) => {
    const peers = ['10.0.0.2', '10.0.0.3'].map((source) => new ScriptedPeer(target, { source }));
    for (const each of peers) await each.connect();
    const both = [await listener.accept(), await listener.accept()];
    await peers[1]!.send(peers[1]!.message());
    expect((await both[1]!.receive())?.data).toEqual(u8(1, 2, 3, 4));
    expect(both[0]!.status().pending).toBe(0);
  }),
);
