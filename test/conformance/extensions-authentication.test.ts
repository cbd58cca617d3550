import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import type { Socket } from '../../src/index.js';
import { authenticated, authKey, authParameters, connectWithAsconf } from '../support/auth-chunks.js';
import { chunkOf, extensions, ipv4, parameter, sack, u8, u16, u32 } from '../support/packets.js';
import { has, type ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import type { TargetStack } from '../support/target-stack.js';
import { requirement } from './requirement.js';
import { ask, type Listening, listening, one, only } from './scenes.js';

const [ADD, DELETE, ERROR_CAUSES, SET_PRIMARY, SUCCESS, ADAPTATION] = [0xc001, 0xc002, 0xc003, 0xc004, 0xc005, 0xc006];
const [SHA1, SHA256] = [1, 3];
const TWO = { addresses: ['10.0.0.1', '10.0.1.1'] };

const requiring =
  (...types: ('DATA' | 'HEARTBEAT' | 'SACK')[]) =>
  (socket: Socket) => {
    socket.setOption('authentication', true);
    socket.authentication.requireChunks(types);
  };

/** Connects a peer that supports AUTH, and returns the key of both ends. */
async function connectWithAuth(peer: ScriptedPeer, target: TargetStack, listener: Socket, own = authParameters()) {
  await peer.connect({ parameters: [extensions('AUTH'), ...own] });
  const association = await listener.accept();
  await target.answers();
  return { key: authKey(own, peer.initAck), association };
}

/** Connects a peer with ASCONF, and has what its requests are answered by. */
async function connectWithAddresses({ peer, target, listener }: Listening, ...addresses: string[]) {
  const key = await connectWithAsconf(peer, addresses.map(ipv4));
  const association = await listener.accept();
  await target.answers();
  let serial = peer.tsn;
  /** Sends an ASCONF with these parameters, and returns those of its answer. */
  const request = async (...parameters: Uint8Array[]) => {
    const asconf = chunkOf('ASCONF', u32(serial++), ipv4('10.0.0.2'), ...parameters);
    return one(await ask(peer, ...authenticated(key, asconf)), 'ASCONF ACK').parameters;
  };
  return { key, association, request };
}

const addition = (correlation: number, address: string) => parameter(ADD, u32(correlation), ipv4(address));
const removal = (correlation: number, address: string) => parameter(DELETE, u32(correlation), ipv4(address));
const primary = (correlation: number, address: string) => parameter(SET_PRIMARY, u32(correlation), ipv4(address));

requirement(
  'RFC 4895',
  '6.1',
  'MUST',
  'the HMAC of what is sent is computed with the key vectors of both ends, the smaller one first, if there is no shared key',
  listening(async ({ peer, target, listener }) => {
    const { key, association } = await connectWithAuth(peer, target, listener, authParameters('DATA'));
    await association.send('x');
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['AUTH', 'DATA']);
    const auth = one(answers, 'AUTH');
    expect([SHA1, SHA256]).toContain(auth.hmacId);
    const name = auth.hmacId === SHA1 ? 'sha1' : 'sha256';
    const { tsn, streamId, ssn, payload } = one(answers, 'DATA');
    const chunk = new Uint8Array(20);
    chunk.set(u8(0, one(answers, 'DATA').flags, 0, 17));
    chunk.set(u32(tsn), 4);
    chunk.set(u16(streamId, ssn), 8);
    chunk.set(payload, 16);
    const head = chunkOf('AUTH', u16(0, auth.hmacId), new Uint8Array(auth.hmac.length));
    expect(auth.hmac).toEqual(new Uint8Array(createHmac(name, key).update(head).update(chunk).digest()));
  }),
);

requirement(
  'RFC 4895',
  '6.2',
  'MUST NOT',
  'chunks that the peer does not want authenticated are sent without AUTH',
  listening(async ({ peer, target, listener }) => {
    const { association } = await connectWithAuth(peer, target, listener, authParameters('HEARTBEAT'));
    await association.send('x');
    expect(typesOf(await target.answers())).toEqual(['DATA']);
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'MUST',
  'DATA that must be authenticated is discarded without AUTH: it is neither acknowledged nor delivered',
  listening({ prepare: requiring('DATA') }, async ({ peer, target, listener }) => {
    const { association } = await connectWithAuth(peer, target, listener);
    await peer.send(peer.message());
    await target.advance(300);
    expect(only(await target.answers(), 'SACK')).toEqual([]);
    expect(association.status().pending).toBe(0);
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'MUST',
  'DATA behind a valid AUTH is received',
  listening({ prepare: requiring('DATA') }, async ({ peer, target, listener }) => {
    const { key, association } = await connectWithAuth(peer, target, listener);
    await peer.send(...authenticated(key, peer.message()));
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'MUST',
  'a chunk in front of the AUTH chunk is not authenticated by it',
  listening({ prepare: requiring('DATA') }, async ({ peer, target, listener }) => {
    const { key, association } = await connectWithAuth(peer, target, listener);
    const message = peer.message();
    const [auth] = authenticated(key, message);
    await peer.send(message, auth!);
    await target.advance(300);
    expect(only(await target.answers(), 'SACK')).toEqual([]);
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'MUST',
  'an AUTH chunk whose HMAC has a wrong length is discarded with what follows',
  listening({ prepare: requiring('DATA') }, async ({ peer, target, listener }) => {
    await connectWithAuth(peer, target, listener);
    await peer.send(chunkOf('AUTH', u16(0, SHA1), new Uint8Array(12)), peer.message());
    await target.advance(300);
    expect(only(await target.answers(), 'SACK')).toEqual([]);
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'MUST',
  'an AUTH chunk with a key that is not there is discarded with what follows',
  listening({ prepare: requiring('DATA') }, async ({ peer, target, listener }) => {
    await connectWithAuth(peer, target, listener);
    await peer.send(chunkOf('AUTH', u16(99, SHA1), new Uint8Array(20)), peer.message());
    await target.advance(300);
    expect(only(await target.answers(), 'SACK')).toEqual([]);
  }),
);

requirement(
  'RFC 4895',
  '6.3',
  'does',
  'HEARTBEAT that must be authenticated is answered only behind a valid AUTH',
  listening({ prepare: requiring('HEARTBEAT') }, async ({ peer, target, listener }) => {
    const { key } = await connectWithAuth(peer, target, listener);
    const heartbeat = chunkOf('HEARTBEAT', parameter(1, u32(5)));
    expect(has(await ask(peer, heartbeat), 'HEARTBEAT ACK')).toBe(false);
    expect(has(await ask(peer, ...authenticated(key, heartbeat)), 'HEARTBEAT ACK')).toBe(true);
  }),
);

requirement(
  'RFC 4895',
  '3.3',
  'MUST',
  'a peer without AUTH gets no AUTH chunk, and its chunks need none',
  listening({ prepare: requiring('DATA') }, async ({ peer, target, listener }) => {
    await peer.connect({ parameters: [] });
    const association = await listener.accept();
    await target.answers();
    await association.send('x');
    expect(typesOf(await target.answers())).toEqual(['DATA']);
  }),
);

requirement(
  'RFC 5061',
  '4.2.1',
  'does',
  'an address that an ASCONF adds becomes a path, and is confirmed by a HEARTBEAT before it is used',
  listening(TWO, async (scene) => {
    const { association, request } = await connectWithAddresses(scene, '10.0.0.2');
    const answer = await request(addition(7, '10.0.1.2'));
    expect(answer.filter(({ code }) => code === ERROR_CAUSES)).toEqual([]);
    expect(association.paths().map(({ address }) => address)).toContain('10.0.1.2');
    await scene.target.advance(2000);
    const beats = (await scene.target.answers()).filter(({ chunks }) =>
      chunks.some(({ type }) => type === 'HEARTBEAT'),
    );
    expect(beats.map(({ destination }) => destination)).toContain('10.0.1.2');
  }),
);

requirement(
  'RFC 5061',
  '4.2.2',
  'does',
  'an address that an ASCONF deletes is no path any more, and gets no packets',
  listening(TWO, async (scene) => {
    const { association, request } = await connectWithAddresses(scene, '10.0.0.2', '10.0.1.2');
    await request(removal(7, '10.0.1.2'));
    expect(association.paths().map(({ address }) => address)).toEqual(['10.0.0.2']);
    await scene.target.advance(120_000);
    expect((await scene.target.answers()).map(({ destination }) => destination)).not.toContain('10.0.1.2');
  }),
);

requirement(
  'RFC 5061',
  '4.2.4',
  'does',
  'Set Primary Address makes the address the primary path, once it is confirmed',
  listening(TWO, async (scene) => {
    const { target, peer } = scene;
    const { association, request } = await connectWithAddresses(scene, '10.0.0.2', '10.0.1.2');
    for (let tick = 0; tick < 50; tick++) {
      await target.advance(100);
      for (const { destination, chunks } of await target.answers()) {
        for (const chunk of chunks) {
          if (chunk.type !== 'HEARTBEAT') continue;
          const way = { source: destination, destination: destination.replace(/2$/, '1') };
          await peer.sendWith(way, chunkOf('HEARTBEAT ACK', parameter(1, chunk.parameters[0]!.value)));
        }
      }
    }
    await request(primary(7, '10.0.1.2'));
    await association.send('x');
    const sent = (await target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
    expect(sent.map(({ destination }) => destination)).toEqual(['10.0.1.2']);
  }),
);

requirement(
  'RFC 5061',
  '4.2.4',
  'MUST',
  'Set Primary Address for an address that is not the peer’s is refused, and changes nothing',
  listening(TWO, async (scene) => {
    const { association, request } = await connectWithAddresses(scene, '10.0.0.2');
    const answer = await request(primary(9, '10.0.9.9'));
    expect(answer.filter(({ code }) => code === SUCCESS)).toEqual([]);
    await association.send('x');
    const sent = (await scene.target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
    expect(sent.map(({ destination }) => destination)).toEqual(['10.0.0.2']);
  }),
);

requirement(
  'RFC 5061',
  '4.1.2',
  'MUST',
  'an ASCONF ACK has the serial number of its ASCONF, and the correlation ids of what it refuses',
  listening(TWO, async (scene) => {
    const { request } = await connectWithAddresses(scene, '10.0.0.2');
    const answer = await request(removal(0x1234, '10.0.0.2'));
    expect(answer).toMatchObject([{ code: ERROR_CAUSES, correlationId: 0x1234 }]);
  }),
);

requirement(
  'RFC 5061',
  '5.2',
  'MUST',
  'the parameters of an ASCONF are carried out in order',
  listening(TWO, async (scene) => {
    const { association, request } = await connectWithAddresses(scene, '10.0.0.2', '10.0.1.2');
    await request(removal(1, '10.0.1.2'), addition(2, '10.0.1.2'));
    expect(association.paths().map(({ address }) => address)).toContain('10.0.1.2');
  }),
);

requirement(
  'RFC 5061',
  '5.2',
  'MUST',
  'a parameter that is refused does not keep those behind it from being carried out',
  listening(TWO, async (scene) => {
    const { association, request } = await connectWithAddresses(scene, '10.0.0.2');
    await request(removal(1, '10.0.0.2'), addition(2, '10.0.1.2'));
    expect(association.paths().map(({ address }) => address)).toEqual(expect.arrayContaining(['10.0.0.2', '10.0.1.2']));
  }),
);

requirement(
  'RFC 5061',
  '5.2',
  'does',
  'an ASCONF of an address that the association does not know is found by its address parameter',
  listening(TWO, async ({ peer, target, listener }) => {
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2')]);
    const association = await listener.accept();
    await target.answers();
    const asconf = chunkOf('ASCONF', u32(peer.tsn), ipv4('10.0.0.2'), addition(1, '10.0.1.9'));
    await peer.sendWith({ source: '10.0.1.9' }, ...authenticated(key, asconf));
    expect(typesOf(await target.answers())).toContain('ASCONF ACK');
    expect(association.paths().map(({ address }) => address)).toContain('10.0.1.9');
  }),
);

requirement(
  'RFC 5061',
  '4.2.6',
  'does',
  'an Adaptation Layer Indication in INIT is told to the user, and not reported as unrecognized',
  listening(async ({ peer, listener }) => {
    await peer.connect({ parameters: [parameter(ADAPTATION, u32(0xabcd))] });
    const association = await listener.accept();
    const { initAck } = peer;
    expect(initAck?.type === 'INIT ACK' && initAck.parameters.some(({ code }) => code === 8)).toBe(false);
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 5061',
  '5.1',
  'MUST',
  'an ASCONF ACK that nobody waits for is discarded',
  listening(TWO, async (scene) => {
    const { peer } = scene;
    const { key, association } = await connectWithAddresses(scene, '10.0.0.2');
    await ask(peer, ...authenticated(key, chunkOf('ASCONF ACK', u32(peer.targetTsn))));
    expect(association.state).toBe('open');
    await association.send('x');
    await peer.send(sack(peer.targetTsn));
    expect(association.status().unacknowledged).toBe(0);
  }),
);
