import { expect, test } from 'vitest';
import type { Chunk } from '../../src/wire/chunk.js';
import { chunkOf, u16, u32 } from '../support/packets.js';
import { chunksOf, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

const STALE_COOKIE = 3;
const COOKIE_PRESERVATIVE = 9;

/** A target that connects to a peer, which reports each of its cookies as stale. */
async function connecting(staleUs: number) {
  const target = await TargetStack.create();
  const peer = new ScriptedPeer(target);
  const socket = target.stack.socket();
  const association = socket.connect({ address: '10.0.0.2', port: peer.ownPort });
  association.catch(() => undefined);
  const refuse = async () => {
    await peer.takeInit();
    await peer.sendInitAck();
    expect(typesOf(await target.answers())).toEqual(['COOKIE ECHO']);
    await peer.send(chunkOf('ERROR', u16(STALE_COOKIE, 8), u32(staleUs)));
  };
  return { target, peer, association, refuse };
}

/** The increment of the cookie's life-span that each INIT requests, in ms. */
const increments = (chunks: readonly Chunk[]): number[] =>
  chunks
    .flatMap((chunk) => (chunk.type === 'INIT' ? chunk.parameters : []))
    .filter(({ code }) => code === COOKIE_PRESERVATIVE)
    .map(({ value }) => new DataView(value.buffer, value.byteOffset).getUint32(0));

test.each([0, 999, 1000, 250_000])(
  'an INIT after a cookie that was stale by %d µs requests a longer life-span',
  async (us) => {
    const { target, refuse } = await connecting(us);
    await refuse();
    const [ms] = increments(chunksOf(await target.answers()));
    expect(ms).toBeGreaterThan(us / 1000);
    await target.close();
  },
);

test('if each cookie is stale, the second INIT is sent at once, later ones once an RTO, and the attempt ends', async () => {
  const { target, association, refuse } = await connecting(0);
  let hasEnded = false;
  association.catch(() => {
    hasEnded = true;
  });
  const waits: number[] = [];
  for (;;) {
    await refuse();
    const before = target.clock.now();
    while (!hasEnded && target.pending === 0) await target.advance(100);
    if (hasEnded) break;
    waits.push(target.clock.now() - before);
  }
  expect(waits).toEqual([0, ...Array.from({ length: 7 }, () => 1000)]);
  await target.close();
});

test('a Stale Cookie error resets the count of INIT time-outs', async () => {
  const { target, refuse } = await connecting(0);
  await target.advance(40_000); // six INITs, of nine that may be lost
  await refuse();
  await target.advance(1_000_000);
  expect(typesOf(await target.answers()).filter((type) => type === 'INIT')).toHaveLength(9);
  await target.close();
});
