import { expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import {
  CHUNKS,
  chunkOf,
  chunkWithFlags,
  ecnSupported,
  extensions,
  FEATURES,
  initiation,
  packetOf,
  parameter,
  sack,
  u8,
  u16,
  u32,
} from '../support/packets.js';
import { chunksOf, has, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

const FORGER_TAG = 0xdead_beef;

interface Scene {
  readonly target: TargetStack;
  readonly peer: ScriptedPeer;
  readonly listener: Socket;
  readonly association: Association;
}

/** Makes a target with an accepted association. */
async function established(encapsulationPort?: number, parameters = FEATURES): Promise<Scene> {
  const target = await TargetStack.create(['10.0.0.1'], encapsulationPort);
  const listener = target.listen();
  const peer = new ScriptedPeer(target, { port: encapsulationPort ?? 0 });
  await peer.connect({ parameters });
  const association = await listener.accept();
  await target.answers();
  return { target, peer, listener, association };
}

/** Checks that the association is alive: a message is received and acknowledged. */
async function expectAlive({ target, peer, association }: Scene): Promise<void> {
  await target.answers();
  await peer.send(peer.message());
  await target.advance(300);
  expect(association.state).toBe('open');
  expect(typesOf(await target.answers())).toContain('SACK');
  expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
}

test.each([
  ['a window of 0', { window: 0 }],
  ['no outbound streams', { outbound: 0 }],
  ['no inbound streams', { inbound: 0 }],
  ['a Chunk List without Random', { parameters: [parameter(CHUNKS, u8(193))] }],
  ['63,488 bytes', { parameters: Array.from({ length: 64 }, () => parameter(0xc0ff, new Uint8Array(1000))) }],
])('a forged INIT with %s is answered with ABORT, and the association stays up', async (_, fields) => {
  const scene = await established();
  await scene.peer.sendInit({ tag: FORGER_TAG, ...fields });
  const answers = await scene.target.answers();
  expect(typesOf(answers)).toEqual(['ABORT']);
  expect(answers[0]!.verificationTag).toBe(FORGER_TAG);
  await expectAlive(scene);
  await scene.target.close();
});

test('an INIT with Initiate Tag 0, with a Verification Tag or with too few bytes is discarded', async () => {
  const scene = await established();
  const { peer, target } = scene;
  await peer.sendInit({ tag: 0 });
  await peer.sendWith({ tag: peer.targetTag }, initiation('INIT', { tag: FORGER_TAG }));
  await peer.sendWith(
    { tag: 0 },
    chunkOf('INIT', u32(FORGER_TAG, 100_000)),
    chunkOf('COOKIE ACK'),
    chunkOf('COOKIE ACK'),
  );
  peer.ownPort++; // no association uses this port
  await peer.sendInit({ tag: 0 });
  expect(await target.answers()).toEqual([]);
  peer.ownPort--;
  await expectAlive(scene);
  await scene.target.close();
});

test.each([
  ['an IPv4 multicast address', '224.0.0.1', '10.0.0.1'],
  ['the broadcast address', '255.255.255.255', '10.0.0.1'],
  ['0.0.0.0', '0.0.0.0', '10.0.0.1'],
  ['an IPv6 multicast address', 'ff02::1', 'fd00::1'],
  ['::', '::', 'fd00::1'],
])('a packet from %s is discarded', async (_, source, destination) => {
  const target = await TargetStack.create(['10.0.0.1', 'fd00::1']);
  target.listen();
  await new ScriptedPeer(target, { source, destination }).sendInit();
  await new ScriptedPeer(target, { source, destination, ownPort: 9 }).send(chunkOf('COOKIE ACK'));
  expect(await target.answers()).toEqual([]);
  await new ScriptedPeer(target, { source: 'fd00::2', destination: 'fd00::1' }).sendInit();
  expect(typesOf(await target.answers())).toEqual(['INIT ACK']);
  await target.close();
});

test('a packet to or from port 0 is discarded', async () => {
  const scene = await established();
  const { target } = scene;
  await new ScriptedPeer(target, { ownPort: 0 }).sendInit();
  await new ScriptedPeer(target, { targetPort: 0 }).sendInit();
  expect(await target.answers()).toEqual([]);
  await scene.target.close();
});

test('a SHUTDOWN ACK with a wrong tag for an association that exists is discarded', async () => {
  const scene = await established();
  await scene.peer.sendWith({ tag: FORGER_TAG }, chunkOf('SHUTDOWN ACK'));
  expect(await scene.target.answers()).toEqual([]);
  await expectAlive(scene);
  await scene.target.close();
});

test.each([
  ['a wrong tag', (peer: ScriptedPeer, port: number) => peer.sendWith({ tag: FORGER_TAG, port }, peer.message())],
  ['a wrong checksum', (peer: ScriptedPeer, port: number) => sendCorrupt(peer, port, peer.message())],
  [
    'a wrong tag and a control chunk',
    (peer: ScriptedPeer, port: number) => peer.sendWith({ tag: 0, port }, chunkOf('COOKIE ACK')),
  ],
  [
    'a wrong tag and ABORT',
    (peer: ScriptedPeer, port: number) => peer.sendWith({ tag: FORGER_TAG, port }, chunkWithFlags('ABORT', 1)),
  ],
  [
    'a forged cookie',
    (peer: ScriptedPeer, port: number) =>
      peer.sendWith({ tag: FORGER_TAG, port }, chunkOf('COOKIE ECHO', new Uint8Array(400))),
  ],
  [
    'an INIT',
    (peer: ScriptedPeer, port: number) => peer.sendWith({ tag: 0, port }, initiation('INIT', { tag: FORGER_TAG })),
  ],
  [
    'an ASCONF from another address that contains the path’s address',
    (peer: ScriptedPeer, port: number) => sendAsconf(peer, port),
  ],
])('a datagram from another UDP port with %s does not change the port of the path', async (_, forge) => {
  const scene = await established(9899);
  const { target, peer, association } = scene;
  await forge(peer, 6666);
  expect(association.paths()[0]?.encapsulationPort).toBe(9899);
  await target.answers();
  await association.send('to the peer');
  expect((await target.answers()).map(({ port }) => port)).toEqual([9899]);
  await scene.target.close();
});

async function sendCorrupt(peer: ScriptedPeer, port: number, ...chunks: Uint8Array[]): Promise<void> {
  const header = { sourcePort: peer.ownPort, destinationPort: peer.targetPort, tag: peer.targetTag };
  const bytes = packetOf(header, ...chunks);
  bytes[8]! ^= 0xff;
  await peer.target.inject(bytes, { ...peer.way, port });
  peer.tsn--;
}

function sendAsconf(peer: ScriptedPeer, port: number): Promise<void> {
  const auth = chunkOf('AUTH', u16(0, 1), new Uint8Array(20));
  const asconf = chunkOf('ASCONF', u32(peer.tsn), parameter(5, u8(10, 0, 0, 2)));
  return peer.sendWith({ tag: FORGER_TAG, source: '10.0.0.9', port }, auth, asconf);
}

test('a datagram with the valid tag changes the port of the path, and a restart from another port is refused', async () => {
  const scene = await established(9899);
  const { target, peer, association } = scene;
  await peer.sendWith({ port: 7777 }, peer.message());
  expect(association.paths()[0]?.encapsulationPort).toBe(7777);
  await target.answers();
  await new ScriptedPeer(target, { tag: 0x2222_2222, port: 8888 }).sendInit();
  const answers = await target.answers();
  expect(typesOf(answers)).toEqual(['ABORT']);
  expect(answers[0]?.port).toBe(8888);
  expect(association.paths()[0]?.encapsulationPort).toBe(7777);
  await scene.target.close();
});

test.each([
  ['a window of 0', { window: 0 }],
  ['the tag 0', { tag: 0 }],
  ['no streams', { outbound: 0 }],
])('an INIT ACK with %s in the middle of an association is discarded', async (_, fields) => {
  const scene = await established();
  await scene.peer.sendInitAck(fields);
  expect(await scene.target.answers()).toEqual([]);
  await expectAlive(scene);
  await scene.target.close();
});

test.each([
  ['COOKIE ACK', chunkOf('COOKIE ACK', u32(0))],
  ['SHUTDOWN', chunkOf('SHUTDOWN', u32(1, 2))],
  ['SHUTDOWN ACK', chunkOf('SHUTDOWN ACK', u32(0))],
  ['HEARTBEAT ACK', chunkOf('HEARTBEAT ACK', parameter(1, u32(1)))],
  ['ECNE', chunkOf('ECNE', u32(1, 2, 3))],
  ['CWR', chunkOf('CWR', u32(1, 2))],
  ['ASCONF ACK', chunkOf('ASCONF ACK')],
])('the rest of a packet is processed after a %s chunk of invalid length', async (_, chunk) => {
  const scene = await established(undefined, [...FEATURES, ecnSupported]);
  const { target, peer, association } = scene;
  await peer.send(chunk, peer.message());
  expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  expect(association.state).toBe('open');
  await expectAlive(scene);
  await target.answers();
  await scene.target.close();
});

test('a chunk before an INIT in the same packet is answered at once', async () => {
  const scene = await established();
  const { target, peer } = scene;
  await peer.send(chunkOf('HEARTBEAT', parameter(1, u32(1))), initiation('INIT', { tag: FORGER_TAG }));
  expect(typesOf(await target.answers())).toEqual(['HEARTBEAT ACK']);
  await scene.target.close();
});

test('NAT error causes without a negotiated NAT extension elicit nothing; an ABORT with one ends the association', async () => {
  const scene = await established();
  const { target, peer, association } = scene;
  const missingState = parameter(0xb1);
  const before = target.stack.memoryInUse;
  const errors = Array.from({ length: 170 }, () => chunkOf('ERROR', missingState));
  for (let packet = 0; packet < 20; packet++) await peer.send(...errors);
  expect(target.stack.memoryInUse - before).toBeLessThan(200_000); // 20 events, but no queued ASCONFs
  expect(has(await target.answers(), 'ASCONF')).toBe(false);
  const ended = association.closed.then((error) => error?.code);
  await peer.send(chunkWithFlags('ABORT', 0, missingState));
  expect(await ended).toBe('ECONNRESET');
  await scene.target.close();
});

test('an ERROR with a NAT error cause does not make a connecting endpoint repeat INIT at once', async () => {
  const { target, peer, attempt } = await connecting();
  for (let time = 0; time < 5; time++) await peer.send(chunkOf('ERROR', parameter(0xb0)));
  expect(has(await target.answers(), 'INIT')).toBe(false);
  await peer.send(chunkWithFlags('ABORT', 0, parameter(0xb0)));
  expect(await attempt).toBe('ECONNREFUSED');
  await target.close();
});

async function connecting() {
  const target = await TargetStack.create();
  const socket = target.stack.socket();
  socket.bindx([{ address: '10.0.0.1', port: 5001 }]);
  const attempt = socket.connect({ address: '10.0.0.2', port: 4000 }).then(
    () => 'connected',
    (error: { code: string }) => error.code,
  );
  const peer = new ScriptedPeer(target);
  await peer.takeInit();
  return { target, peer, attempt };
}

test.each([
  ['no cookie', initiation('INIT ACK', { tag: 0x1111_1111 })],
  ['a window of 0', initiation('INIT ACK', { tag: 0x1111_1111, window: 0 })],
  [
    'a parameter of invalid length',
    initiation('INIT ACK', { tag: 0x1111_1111, parameters: [extensions(), parameter(5, u8(1))] }),
  ],
])('the ABORT for an INIT ACK with %s has the tag of the peer, and no T bit', async (_, chunk) => {
  const { target, peer, attempt } = await connecting();
  await peer.send(chunk);
  const answers = await target.answers();
  expect(chunksOf(answers)).toEqual([expect.objectContaining({ type: 'ABORT', flags: 0 })]);
  expect(answers[0]?.verificationTag).toBe(peer.tag);
  expect(await attempt).not.toBe('connected');
  await target.close();
});

test('an unexpected COOKIE ACK does not end an association whose socket is closed', async () => {
  const scene = await established();
  const { target, peer, association } = scene;
  const closing = association.close().catch(() => {});
  await target.advance(1);
  expect(has(await target.answers(), 'SHUTDOWN')).toBe(true);
  await peer.send(chunkOf('COOKIE ACK'));
  await peer.send(sack(peer.targetTsn - 1));
  await target.advance(10_000);
  expect(has(await target.answers(), 'SHUTDOWN')).toBe(true); // retransmitted: the association still exists
  await peer.send(chunkOf('SHUTDOWN ACK'));
  expect(typesOf(await target.answers())).toEqual(['SHUTDOWN COMPLETE']);
  await closing;
  await scene.target.close();
});

/** The CPU time of a packet, in ms: the minimum of three runs, since other processes disturb the measurement. */
async function costOf(send: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 10; time++) {
    const before = process.cpuUsage();
    await send();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** An association with many small messages in flight; `last` is the offset of the last TSN. */
async function withChunksInFlight(): Promise<Scene & { readonly last: number }> {
  const scene = await established();
  for (let n = 0; n < 1000; n++) void scene.association.send(u8(n)).catch(() => {});
  const sent = chunksOf(await scene.target.answers()).filter(({ type }) => type === 'DATA');
  expect(sent.length).toBeGreaterThan(100);
  return { ...scene, last: sent.length };
}

test('overlapping or unordered gap ack blocks cost no more time than the TSNs that they report', async () => {
  const { target, peer, association, last } = await withChunksInFlight();
  const cumulative = peer.targetTsn - 1;
  const overlapping = Array.from({ length: 340 }, (_, n) => [2 + (n % 3), last - (n % 7)] as const);
  expect(await costOf(() => peer.send(sack(cumulative, overlapping)))).toBeLessThan(10);
  const descending = Array.from({ length: 50 }, (_, n) => [last - 2 * n, last - 2 * n] as const);
  expect(await costOf(() => peer.send(sack(cumulative, descending)))).toBeLessThan(10);
  const many = Array.from({ length: 60 }, () => sack(cumulative, [[2, last]]));
  expect(await costOf(() => peer.send(...many))).toBeLessThan(10);
  await target.answers();
  await peer.send(sack(cumulative + 1));
  await target.advance(5000);
  const again = chunksOf(await target.answers()).flatMap((chunk) => (chunk.type === 'DATA' ? [chunk.tsn] : []));
  expect(association.state).toBe('open');
  expect(again.length).toBeGreaterThan(0);
  await target.close();
});

test('gap ack blocks for TSNs that were never sent end the association at once', async () => {
  const scene = await withChunksInFlight();
  const { target, peer, association } = scene;
  const blocks = Array.from({ length: 340 }, () => [2, 65_535] as const);
  expect(await costOf(() => peer.send(sack(peer.targetTsn - 1, blocks)))).toBeLessThan(10);
  expect(has(await target.answers(), 'ABORT')).toBe(true);
  expect(await association.closed).toBeDefined();
  await target.close();
});
