import { expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { chunkOf, FEATURES, parameter, sack } from '../support/packets.js';
import { chunksOf, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

// A HEARTBEAT carries the time at which it was sent, and the peer returns it (RFC 9260 8.3). A hostile peer may return
// another time, and send HEARTBEAT ACKs that answer nothing.

/** A time as in a HEARTBEAT of the target: two 32-bit numbers in the byte order of WebAssembly. */
interface Time {
  readonly seconds: number;
  readonly microseconds: number;
}

interface Scene {
  readonly target: TargetStack;
  readonly peer: ScriptedPeer;
  readonly association: Association;
  /** The information of a HEARTBEAT of the target, with this time in it. */
  acknowledge(time: Time): Uint8Array;
  /** The target's present time, minus `agoMs`. */
  now(agoMs?: number): Time;
}

/** An association whose only path is idle, and has answered a HEARTBEAT. */
async function established(): Promise<Scene> {
  const target = await TargetStack.create();
  const listener = target.listen();
  const peer = new ScriptedPeer(target);
  await peer.connect({ parameters: FEATURES });
  const association = await listener.accept();
  let info: Uint8Array | undefined;
  while (info === undefined) {
    await target.advance(10);
    const heartbeat = chunksOf(await target.answers()).find(({ type }) => type === 'HEARTBEAT');
    if (heartbeat?.type === 'HEARTBEAT') info = heartbeat.parameters[0]!.value;
  }
  const view = new DataView(info.buffer, info.byteOffset);
  const sentMs = view.getUint32(0, true) * 1000 + view.getUint32(4, true) / 1000;
  const offsetMs = sentMs - target.clock.now();
  const acknowledge = ({ seconds, microseconds }: Time) => {
    const copy = info.slice();
    new DataView(copy.buffer).setUint32(0, seconds, true);
    new DataView(copy.buffer).setUint32(4, microseconds, true);
    return chunkOf('HEARTBEAT ACK', parameter(1, copy));
  };
  const now = (agoMs = 0) => {
    const ms = target.clock.now() + offsetMs - agoMs;
    return { seconds: Math.floor(ms / 1000), microseconds: Math.floor((ms % 1000) * 1000) };
  };
  await peer.send(acknowledge(now(1)));
  await target.answers();
  return { target, peer, association, acknowledge, now };
}

const dataOf = async ({ target }: Scene) =>
  chunksOf(await target.answers()).flatMap((chunk) => (chunk.type === 'DATA' ? [chunk.tsn] : []));

const LATER_SECONDS = 3600;
const times: [string, (scene: Scene) => Time][] = [
  ['0', () => ({ seconds: 0, microseconds: 0 })],
  ['the largest numbers', () => ({ seconds: 0xffff_ffff, microseconds: 0xffff_ffff })],
  ['a negative number of seconds', () => ({ seconds: 0x8000_0000, microseconds: 0 })],
  ['more microseconds than a second has', ({ now }) => ({ ...now(), microseconds: 0xffff_ffff })],
  ['an hour from now', ({ now }) => ({ seconds: now().seconds + LATER_SECONDS, microseconds: 0 })],
  ['the present time', ({ now }) => now()],
  ['a millisecond ago', ({ now }) => now(1)],
  ['a minute ago', ({ now }) => now(60_000)],
];

test.each(times)(
  'HEARTBEAT ACKs with %s as their time end nothing, and leave the RTO between its limits',
  async (_, forge) => {
    const scene = await established();
    const { target, peer, association, acknowledge } = scene;
    for (let round = 0; round < 20; round++) {
      await association.send('x');
      await target.advance(20);
      expect((await dataOf(scene)).length).toBe(1);
      for (let repeat = 0; repeat < 20; repeat++) await peer.send(acknowledge(forge(scene)));
      expect(await dataOf(scene)).toEqual([]);
      await peer.send(sack(peer.targetTsn++));
      const { rtoMs } = association.paths()[0]!;
      expect(rtoMs).toBeGreaterThanOrEqual(1000);
      expect(rtoMs).toBeLessThanOrEqual(60_000);
    }
    expect(association.state).toBe('open');
    await peer.send(peer.message());
    expect((await association.receive())?.data).toHaveLength(4);
    await target.close();
  },
);

test('data whose SACK may still be delayed isn’t retransmitted, whatever the time in HEARTBEAT ACKs', async () => {
  const scene = await established();
  await scene.association.send('x');
  expect((await dataOf(scene)).length).toBe(1);
  for (let ms = 0; ms < 200; ms += 10) {
    await scene.target.advance(10);
    await scene.peer.send(scene.acknowledge(scene.now(1)));
  }
  expect(await dataOf(scene)).toEqual([]);
  await scene.target.close();
});

test('a flood of HEARTBEAT ACKs with forged times makes data be retransmitted five times a second at most', async () => {
  const scene = await established();
  await scene.association.send('x');
  await dataOf(scene);
  await scene.target.advance(300);
  for (let repeat = 0; repeat < 100; repeat++) await scene.peer.send(scene.acknowledge(scene.now(1)));
  expect((await dataOf(scene)).length).toBe(1);
  for (let ms = 0; ms < 5000; ms += 10) {
    await scene.target.advance(10);
    await scene.peer.send(scene.acknowledge(scene.now(1)));
  }
  const retransmissions = (await dataOf(scene)).length;
  expect(retransmissions).toBeGreaterThan(0);
  expect(retransmissions).toBeLessThanOrEqual(25);
  expect(scene.association.state).toBe('open');
  await scene.target.close();
});

test('a probe of a window of 0 waits for its timer, whatever HEARTBEAT ACKs arrive, and is sent at once when the window opens', async () => {
  const scene = await established();
  const { target, peer, association, acknowledge, now } = scene;
  await association.send('x');
  await dataOf(scene);
  await peer.send(sack(peer.targetTsn, [], 0));
  await association.send('y');
  let sent: number[] = [];
  for (let ms = 0; sent.length === 0 && ms < 60_000; ms += 10) {
    await target.advance(10);
    sent = await dataOf(scene);
  }
  expect(sent).toEqual([peer.targetTsn + 1]);
  await peer.send(sack(peer.targetTsn, [], 0));
  await target.advance(400);
  for (let repeat = 0; repeat < 10; repeat++) {
    await peer.send(acknowledge(now(1)));
    await peer.send(sack(peer.targetTsn, [], 0));
  }
  expect(typesOf(await target.answers())).not.toContain('DATA');
  await peer.send(sack(peer.targetTsn, [], 100_000));
  expect(await dataOf(scene)).toEqual([peer.targetTsn + 1]);
  await target.close();
});

test('while the window is 0, what a SACK reports as missing waits for its timer, though a HEARTBEAT that left later is answered', async () => {
  const scene = await established();
  const { target, peer, association, acknowledge, now } = scene;
  for (const text of ['a', 'b', 'c']) await association.send(text);
  expect(await dataOf(scene)).toHaveLength(3);
  await peer.send(sack(peer.targetTsn, [], 0));
  await target.advance(400);
  await peer.send(acknowledge(now(1)));
  await peer.send(sack(peer.targetTsn, [[2, 2]], 0));
  expect(await dataOf(scene)).toEqual([]);
  await peer.send(sack(peer.targetTsn, [[2, 2]], 100_000));
  expect(await dataOf(scene)).toEqual([peer.targetTsn + 1]);
  await target.close();
});
