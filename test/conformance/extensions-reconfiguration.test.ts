import { expect } from 'vitest';
import type { SocketOptions } from '../../src/index.js';
import { chunkOf, data, extensions, parameter, sack, u8, u16, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { requirement } from './requirement.js';
import { ask, type Established, established, expectAlive, one, only } from './scenes.js';

const [OUTGOING, INCOMING, TSN, RESPONSE, ADD_OUTGOING, ADD_INCOMING] = [13, 14, 15, 16, 17, 18];
/** Results; the last one is In Progress. */
const [NOTHING, PERFORMED, DENIED, WRONG_SSN, LATER] = [0, 1, 2, 3, 6];
/** Peers may also reset the association, and add streams. */
const willing: { socket: SocketOptions } = { socket: { peerMayReset: 'association', streams: { inbound: 100 } } };

const outgoing = ({ peer }: Established, sequence = peer.tsn, last = peer.tsn - 1, ...streams: number[]) =>
  chunkOf('RE-CONFIG', parameter(OUTGOING, u32(sequence, peer.targetTsn - 1, last), u16(...streams)));
const incoming = (sequence: number, ...streams: number[]) =>
  chunkOf('RE-CONFIG', parameter(INCOMING, u32(sequence), u16(...streams)));
const added = (type: number, sequence: number, count: number) =>
  chunkOf('RE-CONFIG', parameter(type, u32(sequence), u16(count, 0)));
const response = (sequence: number, result: number) => chunkOf('RE-CONFIG', parameter(RESPONSE, u32(sequence, result)));

/** The parameters of the RE-CONFIG chunks that answer. */
async function answered({ peer }: Established, ...chunks: Uint8Array[]) {
  return only(await ask(peer, ...chunks), 'RE-CONFIG').flatMap(({ parameters }) => parameters);
}

/** The next RE-CONFIG that the target sends. */
async function requested({ target }: Established) {
  await target.advance(10);
  return one(await target.answers(), 'RE-CONFIG').parameters;
}

requirement(
  'RFC 6525',
  '5.2.1',
  'MUST',
  'a request that is repeated is answered by the same result, and not done twice',
  established(async (scene) => {
    const first = await answered(scene, outgoing(scene, scene.peer.tsn, scene.peer.tsn - 1, 0));
    const second = await answered(scene, outgoing(scene, scene.peer.tsn, scene.peer.tsn - 1, 0));
    expect(first).toMatchObject([{ requestSequence: scene.peer.tsn, result: PERFORMED }]);
    expect(second).toEqual(first);
  }),
);

requirement(
  'RFC 6525',
  '5.2.1',
  'MUST',
  'request sequence numbers begin at the initial TSN, and grow by one with each request',
  established(async (scene) => {
    for (let count = 0; count < 3; count++) {
      const sequence = scene.peer.tsn + count;
      expect(await answered(scene, outgoing(scene, sequence, scene.peer.tsn - 1, count))).toMatchObject([
        { requestSequence: sequence, result: PERFORMED },
      ]);
    }
  }),
);

requirement(
  'RFC 6525',
  '5.2.2',
  'does',
  'an Outgoing SSN Reset Request without streams resets all of them',
  established(async (scene) => {
    const { peer, association } = scene;
    for (const stream of [0, 3]) await peer.send(data({ tsn: peer.tsn++, stream }));
    await association.receive();
    await association.receive();
    expect(await answered(scene, outgoing(scene, 1000, peer.tsn - 1))).toMatchObject([{ result: PERFORMED }]);
    for (const stream of [0, 3]) await peer.send(data({ tsn: peer.tsn++, stream, ssn: 0, payload: u8(9) }));
    expect(await association.receive()).toMatchObject({ stream: 0, ssn: 0, data: u8(9) });
    expect(await association.receive()).toMatchObject({ stream: 3, ssn: 0, data: u8(9) });
  }),
);

requirement(
  'RFC 6525',
  '5.2.2',
  'MUST',
  'streams that a reset does not name go on with their SSNs',
  established(async (scene) => {
    const { peer, association } = scene;
    await peer.send(data({ tsn: peer.tsn++, stream: 1, ssn: 0 }));
    await association.receive();
    await answered(scene, outgoing(scene, 1000, peer.tsn - 1, 0));
    await peer.send(data({ tsn: peer.tsn++, stream: 1, ssn: 1, payload: u8(7) }));
    expect((await association.receive())?.data).toEqual(u8(7));
  }),
);

requirement(
  'RFC 6525',
  '5.2.2',
  'MUST',
  'an Outgoing SSN Reset Request for a stream that does not exist is refused by Error – Wrong SSN, and resets nothing',
  established(async (scene) => {
    const { peer, association } = scene;
    await peer.send(peer.message());
    await association.receive();
    const request = outgoing(scene, 1000, peer.tsn - 1, 0, 5000);
    expect(await answered(scene, request)).toMatchObject([{ requestSequence: 1000, result: WRONG_SSN }]);
    expect(await answered(scene, request)).toMatchObject([{ requestSequence: 1000, result: WRONG_SSN }]);
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 6525',
  '5.2.2',
  'MUST',
  'a reset of a stream that does not exist is refused at once, also before the DATA that it follows has arrived',
  established(async (scene) => {
    const { peer } = scene;
    const request = outgoing(scene, 1000, peer.tsn, 5000);
    expect(await answered(scene, request)).toMatchObject([{ requestSequence: 1000, result: WRONG_SSN }]);
    await expectAlive(scene);
    expect(await answered(scene, outgoing(scene, 1001, peer.tsn - 1, 0))).toMatchObject([{ result: PERFORMED }]);
  }),
);

requirement(
  'RFC 6525',
  '5.2.2',
  'MUST',
  'messages that were sent before a reset are delivered before it takes effect',
  established(async (scene) => {
    const { target, peer, association } = scene;
    // The reset arrives before the message with TSN 1000.
    expect(await answered(scene, outgoing(scene, 1000, 1000, 0))).toMatchObject([{ result: LATER }]);
    await peer.send(data({ tsn: 1000, ssn: 0, payload: u8(1) }));
    await target.answers();
    await answered(scene, outgoing(scene, 1000, 1000, 0));
    await peer.send(data({ tsn: 1001, ssn: 0, payload: u8(2) }));
    expect((await association.receive())?.data).toEqual(u8(1));
    expect((await association.receive())?.data).toEqual(u8(2));
  }),
);

requirement(
  'RFC 6525',
  '5.2.3',
  'MUST',
  'an Incoming SSN Reset Request makes the end send an Outgoing SSN Reset Request that names it',
  established(async (scene) => {
    const parameters = await answered(scene, incoming(1000, 2));
    expect(parameters.find(({ code }) => code === OUTGOING)).toMatchObject({ responseSequence: 1000, streamIds: [2] });
  }),
);

requirement(
  'RFC 6525',
  '5.2.3',
  'SHOULD',
  'an end whose peers may reset nothing denies an Incoming SSN Reset Request',
  established({ socket: { peerMayReset: 'nothing' } }, async (scene) => {
    expect(await answered(scene, incoming(1000, 2))).toMatchObject([{ requestSequence: 1000, result: DENIED }]);
  }),
);

requirement(
  'RFC 6525',
  '5.2.4',
  'MUST',
  'an SSN/TSN Reset Request is answered by Success – Performed with the next TSNs of both ends, and all SSNs begin again',
  established(willing, async (scene) => {
    const [parameter_] = await answered(scene, chunkOf('RE-CONFIG', parameter(TSN, u32(1000))));
    expect(parameter_).toMatchObject({ code: RESPONSE, requestSequence: 1000, result: PERFORMED });
    expect(parameter_?.value).toHaveLength(16);
  }),
);

requirement(
  'RFC 6525',
  '5.2.4',
  'SHOULD',
  'an end whose peers may not reset the association denies an SSN/TSN Reset Request',
  established(async (scene) => {
    expect(await answered(scene, chunkOf('RE-CONFIG', parameter(TSN, u32(1000))))).toMatchObject([{ result: DENIED }]);
  }),
);

requirement(
  'RFC 6525',
  '5.2.5',
  'MUST',
  'an Add Outgoing Streams Request adds inbound streams: DATA on them is received',
  established(willing, async (scene) => {
    const { peer, association } = scene;
    expect(await answered(scene, added(ADD_OUTGOING, 1000, 5))).toMatchObject([{ result: PERFORMED }]);
    await peer.send(data({ tsn: peer.tsn++, stream: 14, payload: u8(5) }));
    expect(await association.receive()).toMatchObject({ stream: 14, data: u8(5) });
  }),
);

requirement(
  'RFC 6525',
  '5.2.5',
  'SHOULD',
  'an end whose peers may add no streams denies an Add Outgoing Streams Request',
  established(async (scene) => {
    expect(await answered(scene, added(ADD_OUTGOING, 1000, 5))).toMatchObject([{ result: DENIED }]);
  }),
);

requirement(
  'RFC 6525',
  '5.2.5',
  'MUST',
  'more streams than the socket allows are denied',
  established({ socket: { peerMayReset: 'association', streams: { inbound: 12 } } }, async (scene) => {
    expect(await answered(scene, added(ADD_OUTGOING, 1000, 50))).toMatchObject([{ result: DENIED }]);
  }),
);

requirement(
  'RFC 6525',
  '5.2.6',
  'MUST',
  'an Add Incoming Streams Request makes the end ask for outgoing streams',
  established(willing, async (scene) => {
    const { target } = scene;
    const parameters = await answered(scene, added(ADD_INCOMING, 1000, 3));
    await target.advance(10);
    parameters.push(...only(await target.answers(), 'RE-CONFIG').flatMap((chunk) => chunk.parameters));
    expect(parameters.find(({ code }) => code === ADD_OUTGOING)).toMatchObject({ streams: 3 });
  }),
);

requirement(
  'RFC 6525',
  '5.1.2',
  'MUST',
  'no DATA of a stream is sent after its reset was asked for, until the peer has answered',
  established(async (scene) => {
    const { target, peer, association } = scene;
    association.resetStreams({ outgoing: [2] }).catch(() => {});
    const [request] = await requested(scene);
    association.send('held', { stream: 2 }).catch(() => {});
    await target.advance(100);
    expect(only(await target.answers(), 'DATA')).toEqual([]);
    await peer.send(response(request!.requestSequence!, PERFORMED));
    await target.advance(10);
    expect(one(await target.answers(), 'DATA')).toMatchObject({ streamId: 2, ssn: 0 });
  }),
);

requirement(
  'RFC 6525',
  '5.1.2',
  'MUST',
  'a reset is asked for only once everything that was sent on the stream is acknowledged',
  established(async (scene) => {
    const { target, peer, association } = scene;
    await association.send('x', { stream: 2 });
    const { tsn } = one(await target.answers(), 'DATA');
    association.resetStreams({ outgoing: [2] }).catch(() => {});
    await target.advance(100);
    expect(only(await target.answers(), 'RE-CONFIG')).toEqual([]);
    await peer.send(sack(tsn));
    expect((await requested(scene))[0]).toMatchObject({ streamIds: [2], lastTsn: tsn });
  }),
);

requirement(
  'RFC 6525',
  '5.1.1',
  'MUST NOT',
  'no second request is sent before the first one is answered',
  established(async (scene) => {
    const { target, peer, association } = scene;
    association.resetStreams({ outgoing: [1] }).catch(() => {});
    const [first] = await requested(scene);
    association.resetStreams({ outgoing: [2] }).catch(() => {});
    await target.advance(100);
    expect(only(await target.answers(), 'RE-CONFIG')).toEqual([]);
    await peer.send(response(first!.requestSequence!, PERFORMED));
    const [second] = await requested(scene);
    expect(second).toMatchObject({ requestSequence: first!.requestSequence! + 1, streamIds: [2] });
  }),
);

/** A reset of a stream that the peer answers with a result ends: its promise resolves, and SSNs begin again. */
const resetEndsWith = (result: number) =>
  established(async (scene) => {
    const { target, peer, association } = scene;
    await association.send('before', { stream: 2 });
    await peer.send(sack(one(await target.answers(), 'DATA').tsn));
    const reset = association.resetStreams({ outgoing: [2] });
    const [request] = await requested(scene);
    await peer.send(response(request!.requestSequence!, result));
    await reset;
    await association.send('after', { stream: 2 });
    expect(one(await target.answers(), 'DATA')).toMatchObject({ streamId: 2, ssn: 0 });
  });

requirement(
  'RFC 6525',
  '5.2.7',
  'does',
  'a response Success – Performed ends a reset: the promise resolves, and SSNs begin again',
  resetEndsWith(PERFORMED),
);

requirement(
  'RFC 6525',
  '4.4',
  'does',
  'a response Success – Nothing to Do ends a reset like Performed: the promise resolves, and SSNs begin again',
  resetEndsWith(NOTHING),
);

requirement(
  'RFC 6525',
  '4.4',
  'does',
  'a response Success – Nothing to Do to an Incoming SSN Reset Request resolves the promise: no request of the peer follows',
  established(async (scene) => {
    const reset = scene.association.resetStreams({ incoming: [2] });
    const [request] = await requested(scene);
    await scene.peer.send(response(request!.requestSequence!, NOTHING));
    await reset;
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 6525',
  '5.2.7',
  'does',
  'a response Denied rejects the reset with EPERM, and SSNs go on',
  established(async (scene) => {
    const { target, peer, association } = scene;
    await association.send('before', { stream: 2 });
    await peer.send(sack(one(await target.answers(), 'DATA').tsn));
    const reset = association.resetStreams({ outgoing: [2] }).catch((error: { code: string }) => error.code);
    const [request] = await requested(scene);
    await peer.send(response(request!.requestSequence!, DENIED));
    expect(await reset).toBe('EPERM');
    await association.send('after', { stream: 2 });
    expect(one(await target.answers(), 'DATA').ssn).toBe(1);
  }),
);

requirement(
  'RFC 6525',
  '5.2.7',
  'MUST',
  'after a response In Progress the same request is sent again later',
  established(async (scene) => {
    const { target, peer, association } = scene;
    association.resetStreams({ outgoing: [2] }).catch(() => {});
    const [request] = await requested(scene);
    await peer.send(response(request!.requestSequence!, LATER));
    await target.advance(5000);
    const [again] = one(await target.answers(), 'RE-CONFIG').parameters;
    expect(again).toMatchObject({ code: OUTGOING, streamIds: [2] });
  }),
);

requirement(
  'RFC 6525',
  '5.2.7',
  'MUST',
  'a response to a request that was never sent is ignored',
  established(async (scene) => {
    expect(await ask(scene.peer, response(scene.peer.targetTsn + 100, PERFORMED))).toEqual([]);
    expect(scene.association.state).toBe('open');
  }),
);

requirement(
  'RFC 6525',
  '5.1.5',
  'does',
  'addStreams() sends an Add Outgoing Streams Request, and the new streams can be used once it is granted',
  established(async (scene) => {
    const { target, peer, association } = scene;
    const adding = association.addStreams({ outbound: 4 });
    const [request] = await requested(scene);
    expect(request).toMatchObject({ code: ADD_OUTGOING, streams: 4 });
    await peer.send(response(request!.requestSequence!, PERFORMED));
    await adding;
    await association.send('x', { stream: 13 });
    expect(one(await target.answers(), 'DATA').streamId).toBe(13);
  }),
);

requirement(
  'RFC 6525',
  '3.1',
  'MUST',
  'an end that supports it lists RE-CONFIG among its extensions in INIT ACK',
  established(async ({ peer }) => {
    const { initAck } = peer;
    const list =
      initAck?.type === 'INIT ACK' ? initAck.parameters.find(({ name }) => name === 'Supported Extensions') : undefined;
    expect(list?.numbers).toContain(0x82);
  }),
);

requirement(
  'RFC 6525',
  '4.4',
  'does',
  'a RE-CONFIG parameter of an unknown type is not answered by a result, and the association goes on',
  established(async (scene) => {
    const answers = await ask(scene.peer, chunkOf('RE-CONFIG', parameter(99, u32(1000))));
    expect(typesOf(answers)).not.toContain('ABORT');
    expect(scene.association.state).toBe('open');
  }),
);

requirement(
  'RFC 6525',
  '5.2.1',
  'MUST NOT',
  'RE-CONFIG to an end whose peer did not list it elicits no response',
  established({ initiation: { parameters: [extensions('FORWARD TSN')] } }, async (scene) => {
    await ask(scene.peer, outgoing(scene, 1000, 999, 0));
    expect(scene.association.state).toBe('open');
  }),
);

requirement(
  'RFC 6525',
  '5.2.3',
  'does',
  'an Incoming SSN Reset Request that names a stream that does not exist is refused, and resets none of the others',
  established(async (scene) => {
    const { target, association } = scene;
    await association.send('x', { stream: 2 });
    await target.answers();
    expect(await answered(scene, incoming(1000, 2, 5000))).toMatchObject([{ requestSequence: 1000, result: DENIED }]);
    await target.advance(10_000);
    expect(typesOf(await target.answers())).not.toContain('RE-CONFIG');
  }),
);
