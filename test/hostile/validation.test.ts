import { expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import {
  CHUNKS,
  ecnSupported,
  extensions,
  FEATURES,
  flagged,
  initiation,
  of,
  packetOf,
  parameter,
  sack,
  u8,
  u16,
  u32,
} from '../support/forged.js';
import { chunksOf, has, Puppet, typesOf } from '../support/puppet.js';
import { StackVictim } from '../support/victim.js';

const FORGER_TAG = 0xdead_beef;

interface Scene {
  readonly victim: StackVictim;
  readonly peer: Puppet;
  readonly listener: Socket;
  readonly association: Association;
}

/** A victim that has accepted an association with a peer. */
async function established(encapsulationPort?: number, parameters = FEATURES): Promise<Scene> {
  const victim = await StackVictim.create(['10.0.0.1'], encapsulationPort);
  const listener = victim.listen();
  const peer = new Puppet(victim, { port: encapsulationPort ?? 0 });
  await peer.connect({ parameters });
  const association = await listener.accept();
  await victim.answers();
  return { victim, peer, listener, association };
}

/** The association lives: a message is received, and answered by SACK. */
async function expectAlive({ victim, peer, association }: Scene): Promise<void> {
  await victim.answers();
  await peer.send(peer.message());
  await victim.advance(300);
  expect(association.state).toBe('open');
  expect(typesOf(await victim.answers())).toContain('SACK');
  expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
}

test.each([
  ['a window of 0', { window: 0 }],
  ['no outbound streams', { outbound: 0 }],
  ['no inbound streams', { inbound: 0 }],
  ['a list of chunks without a random number', { parameters: [parameter(CHUNKS, u8(193))] }],
  ['63,488 bytes', { parameters: Array.from({ length: 64 }, () => parameter(0xc0ff, new Uint8Array(1000))) }],
])('a forged INIT with %s is answered with ABORT, and the association goes on', async (_, fields) => {
  const scene = await established();
  await scene.peer.sendInit({ tag: FORGER_TAG, ...fields });
  const answers = await scene.victim.answers();
  expect(typesOf(answers)).toEqual(['ABORT']);
  expect(answers[0]!.verificationTag).toBe(FORGER_TAG);
  await expectAlive(scene);
  await scene.victim.close();
});

test('an INIT with the tag 0, one with a tag in its header, and one that is too short are discarded', async () => {
  const scene = await established();
  const { peer, victim } = scene;
  await peer.sendInit({ tag: 0 });
  await peer.sendWith({ tag: peer.victimTag }, initiation('INIT', { tag: FORGER_TAG }));
  await peer.sendWith({ tag: 0 }, of('INIT', u32(FORGER_TAG, 100_000)), of('COOKIE ACK'), of('COOKIE ACK'));
  peer.ownPort++; // no association has that one
  await peer.sendInit({ tag: 0 });
  expect(await victim.answers()).toEqual([]);
  peer.ownPort--;
  await expectAlive(scene);
  await scene.victim.close();
});

test.each([
  ['the address of a multicast group', '224.0.0.1', '10.0.0.1'],
  ['the broadcast address', '255.255.255.255', '10.0.0.1'],
  ['no address', '0.0.0.0', '10.0.0.1'],
  ['an address of IPv6 for groups', 'ff02::1', 'fd00::1'],
  ['no address of IPv6', '::', 'fd00::1'],
])('a packet from %s is discarded', async (_, source, destination) => {
  const victim = await StackVictim.create(['10.0.0.1', 'fd00::1']);
  victim.listen();
  await new Puppet(victim, { source, destination }).sendInit();
  await new Puppet(victim, { source, destination, ownPort: 9 }).send(of('COOKIE ACK'));
  expect(await victim.answers()).toEqual([]);
  await new Puppet(victim, { source: 'fd00::2', destination: 'fd00::1' }).sendInit();
  expect(typesOf(await victim.answers())).toEqual(['INIT ACK']);
  await victim.close();
});

test('a packet to or from port 0 is discarded', async () => {
  const scene = await established();
  const { victim } = scene;
  await new Puppet(victim, { ownPort: 0 }).sendInit();
  await new Puppet(victim, { victimPort: 0 }).sendInit();
  expect(await victim.answers()).toEqual([]);
  await scene.victim.close();
});

test('a SHUTDOWN ACK with a wrong tag for an association that exists is discarded', async () => {
  const scene = await established();
  await scene.peer.sendWith({ tag: FORGER_TAG }, of('SHUTDOWN ACK'));
  expect(await scene.victim.answers()).toEqual([]);
  await expectAlive(scene);
  await scene.victim.close();
});

test.each([
  ['a wrong tag', (peer: Puppet, port: number) => peer.sendWith({ tag: FORGER_TAG, port }, peer.message())],
  ['a wrong checksum', (peer: Puppet, port: number) => sendCorrupt(peer, port, peer.message())],
  [
    'a wrong tag and a control chunk',
    (peer: Puppet, port: number) => peer.sendWith({ tag: 0, port }, of('COOKIE ACK')),
  ],
  [
    'a wrong tag and ABORT',
    (peer: Puppet, port: number) => peer.sendWith({ tag: FORGER_TAG, port }, flagged('ABORT', 1)),
  ],
  [
    'a cookie that is made up',
    (peer: Puppet, port: number) => peer.sendWith({ tag: FORGER_TAG, port }, of('COOKIE ECHO', new Uint8Array(400))),
  ],
  ['an INIT', (peer: Puppet, port: number) => peer.sendWith({ tag: 0, port }, initiation('INIT', { tag: FORGER_TAG }))],
  ['an ASCONF from elsewhere that names the address', (peer: Puppet, port: number) => sendAsconf(peer, port)],
])('a datagram from another UDP port with %s does not move the port of the path', async (_, forge) => {
  const scene = await established(9899);
  const { victim, peer, association } = scene;
  await forge(peer, 6666);
  expect(association.paths()[0]?.encapsulationPort).toBe(9899);
  await victim.answers();
  await association.send('to the peer');
  expect((await victim.answers()).map(({ port }) => port)).toEqual([9899]);
  await scene.victim.close();
});

async function sendCorrupt(peer: Puppet, port: number, ...chunks: Uint8Array[]): Promise<void> {
  const header = { sourcePort: peer.ownPort, destinationPort: peer.victimPort, tag: peer.victimTag };
  const bytes = packetOf(header, ...chunks);
  bytes[8]! ^= 0xff;
  await peer.victim.inject(bytes, { ...peer.way, port });
  peer.tsn--;
}

function sendAsconf(peer: Puppet, port: number): Promise<void> {
  const auth = of('AUTH', u16(0, 1), new Uint8Array(20));
  const asconf = of('ASCONF', u32(peer.tsn), parameter(5, u8(10, 0, 0, 2)));
  return peer.sendWith({ tag: FORGER_TAG, source: '10.0.0.9', port }, auth, asconf);
}

test('a datagram with the right tag moves the port of the path, and a peer does not restart from elsewhere', async () => {
  const scene = await established(9899);
  const { victim, peer, association } = scene;
  await peer.sendWith({ port: 7777 }, peer.message());
  expect(association.paths()[0]?.encapsulationPort).toBe(7777);
  await victim.answers();
  await new Puppet(victim, { tag: 0x2222_2222, port: 8888 }).sendInit();
  const answers = await victim.answers();
  expect(typesOf(answers)).toEqual(['ABORT']);
  expect(answers[0]?.port).toBe(8888);
  expect(association.paths()[0]?.encapsulationPort).toBe(7777);
  await scene.victim.close();
});

test.each([
  ['a window of 0', { window: 0 }],
  ['the tag 0', { tag: 0 }],
  ['no streams', { outbound: 0 }],
])('an INIT ACK with %s in the middle of an association is discarded', async (_, fields) => {
  const scene = await established();
  await scene.peer.sendInitAck(fields);
  expect(await scene.victim.answers()).toEqual([]);
  await expectAlive(scene);
  await scene.victim.close();
});

test.each([
  ['COOKIE ACK', of('COOKIE ACK', u32(0))],
  ['SHUTDOWN', of('SHUTDOWN', u32(1, 2))],
  ['SHUTDOWN ACK', of('SHUTDOWN ACK', u32(0))],
  ['HEARTBEAT ACK', of('HEARTBEAT ACK', parameter(1, u32(1)))],
  ['ECNE', of('ECNE', u32(1, 2, 3))],
  ['CWR', of('CWR', u32(1, 2))],
  ['ASCONF ACK', of('ASCONF ACK')],
  ['FORWARD TSN', of('FORWARD TSN')],
  ['RE-CONFIG', of('RE-CONFIG')],
])('behind a chunk %s of a wrong length, the rest of a packet is read', async (_, chunk) => {
  const scene = await established(undefined, [...FEATURES, ecnSupported]);
  const { victim, peer, association } = scene;
  await peer.send(chunk, peer.message());
  expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  expect(association.state).toBe('open');
  await expectAlive(scene);
  await victim.answers();
  await scene.victim.close();
});

test('what stands before an INIT in a packet is answered at once', async () => {
  const scene = await established();
  const { victim, peer } = scene;
  await peer.send(of('HEARTBEAT', parameter(1, u32(1))), initiation('INIT', { tag: FORGER_TAG }));
  expect(typesOf(await victim.answers())).toEqual(['HEARTBEAT ACK']);
  await scene.victim.close();
});

test('causes of a NAT that nobody has agreed on draw nothing, and an ABORT that names one is the end', async () => {
  const scene = await established();
  const { victim, peer, association } = scene;
  const missingState = parameter(0xb1);
  const before = victim.stack.memoryInUse;
  const errors = Array.from({ length: 170 }, () => of('ERROR', missingState));
  for (let packet = 0; packet < 20; packet++) await peer.send(...errors);
  expect(victim.stack.memoryInUse - before).toBeLessThan(200_000); // 20 events, and no queue of ASCONFs
  expect(has(await victim.answers(), 'ASCONF')).toBe(false);
  const ended = association.closed.then((error) => error?.code);
  await peer.send(flagged('ABORT', 0, missingState));
  expect(await ended).toBe('ECONNRESET');
  await scene.victim.close();
});

test('an ERROR with the cause of a NAT does not have a connecting end send INIT again at once', async () => {
  const { victim, peer, attempt } = await connecting();
  for (let time = 0; time < 5; time++) await peer.send(of('ERROR', parameter(0xb0)));
  expect(has(await victim.answers(), 'INIT')).toBe(false);
  await peer.send(flagged('ABORT', 0, parameter(0xb0)));
  expect(await attempt).toBe('ECONNREFUSED');
  await victim.close();
});

async function connecting() {
  const victim = await StackVictim.create();
  const socket = victim.stack.socket();
  socket.bindx([{ address: '10.0.0.1', port: 5001 }]);
  const attempt = socket.connect({ address: '10.0.0.2', port: 4000 }).then(
    () => 'connected',
    (error: { code: string }) => error.code,
  );
  const peer = new Puppet(victim);
  await peer.takeInit();
  return { victim, peer, attempt };
}

test.each([
  ['no cookie', initiation('INIT ACK', { tag: 0x1111_1111 })],
  ['a window of 0', initiation('INIT ACK', { tag: 0x1111_1111, window: 0 })],
  [
    'a parameter of a wrong size',
    initiation('INIT ACK', { tag: 0x1111_1111, parameters: [extensions(), parameter(5, u8(1))] }),
  ],
])('the ABORT for an INIT ACK with %s has the tag of the peer, and no T bit', async (_, chunk) => {
  const { victim, peer, attempt } = await connecting();
  await peer.send(chunk);
  const answers = await victim.answers();
  expect(chunksOf(answers)).toEqual([expect.objectContaining({ type: 'ABORT', flags: 0 })]);
  expect(answers[0]?.verificationTag).toBe(peer.tag);
  expect(await attempt).not.toBe('connected');
  await victim.close();
});

test('a COOKIE ACK that nobody waits for does not end an association whose socket is closed', async () => {
  const scene = await established();
  const { victim, peer, association } = scene;
  const closing = association.close().catch(() => {});
  await victim.advance(1);
  expect(has(await victim.answers(), 'SHUTDOWN')).toBe(true);
  await peer.send(of('COOKIE ACK'));
  await peer.send(sack(peer.victimTsn - 1));
  await victim.advance(10_000);
  expect(has(await victim.answers(), 'SHUTDOWN')).toBe(true); // it is sent again: the association is still here
  await peer.send(of('SHUTDOWN ACK'));
  expect(typesOf(await victim.answers())).toEqual(['SHUTDOWN COMPLETE']);
  await closing;
  await scene.victim.close();
});

/** What a packet costs, in ms of processor time; the least of three, since the machine does other things too. */
async function costOf(send: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3; time++) {
    const before = process.cpuUsage();
    await send();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** With many small messages on their way; `last` is the offset of the last TSN. */
async function withChunksOnTheirWay(): Promise<Scene & { readonly last: number }> {
  const scene = await established();
  for (let n = 0; n < 1000; n++) void scene.association.send(u8(n)).catch(() => {});
  const sent = chunksOf(await scene.victim.answers()).filter(({ type }) => type === 'DATA');
  expect(sent.length).toBeGreaterThan(100);
  return { ...scene, last: sent.length };
}

test('gap blocks that overlap, or are in no order, cost no more than what they say', async () => {
  const { victim, peer, association, last } = await withChunksOnTheirWay();
  const cumulative = peer.victimTsn - 1;
  const overlapping = Array.from({ length: 340 }, (_, n) => [2 + (n % 3), last - (n % 7)] as const);
  expect(await costOf(() => peer.send(sack(cumulative, overlapping)))).toBeLessThan(10);
  const descending = Array.from({ length: 50 }, (_, n) => [last - 2 * n, last - 2 * n] as const);
  expect(await costOf(() => peer.send(sack(cumulative, descending)))).toBeLessThan(10);
  const many = Array.from({ length: 60 }, () => sack(cumulative, [[2, last]]));
  expect(await costOf(() => peer.send(...many))).toBeLessThan(10);
  await victim.answers();
  await peer.send(sack(cumulative + 1));
  await victim.advance(5000);
  const again = chunksOf(await victim.answers()).flatMap((chunk) => (chunk.type === 'DATA' ? [chunk.tsn] : []));
  expect(association.state).toBe('open');
  expect(again.length).toBeGreaterThan(0);
  await victim.close();
});

test('gap blocks for what was never sent end the association at once', async () => {
  const scene = await withChunksOnTheirWay();
  const { victim, peer, association } = scene;
  const blocks = Array.from({ length: 340 }, () => [2, 65_535] as const);
  expect(await costOf(() => peer.send(sack(peer.victimTsn - 1, blocks)))).toBeLessThan(10);
  expect(has(await victim.answers(), 'ABORT')).toBe(true);
  expect(await association.closed).toBeDefined();
  await victim.close();
});
