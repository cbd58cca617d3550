import { expect, test } from 'vitest';
import type { ChunkType } from '../../src/wire/chunk-types.js';
import { authParameters } from '../support/auth-chunks.js';
import { chunkWithFlags, extensions, forwardTsnSupported, u8, u16, u32 } from '../support/packets.js';
import { ScriptedPeer } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

/** A target with I-DATA, and a peer that requires AUTH for the chunks in `wanted`. */
async function scene(wanted: readonly ChunkType[], required: readonly ('DATA' | 'I-DATA')[] = []) {
  const target = await TargetStack.create();
  const listener = target.stack.socket();
  listener.setOption('interleaving', true);
  if (required.length > 0) listener.authentication.requireChunks(required);
  listener.bindx([{ address: '10.0.0.1', port: 5001 }]);
  listener.listen();
  const peer = new ScriptedPeer(target);
  await peer.connect({
    parameters: [
      extensions('RE-CONFIG', 'FORWARD TSN', 'I-DATA', 'I-FORWARD TSN', 'AUTH'),
      forwardTsnSupported,
      ...authParameters(...wanted),
    ],
  });
  const association = await listener.accept();
  await target.answers();
  return { target, peer, association };
}

const WHOLE = 3;
const interleaved = (tsn: number): Uint8Array =>
  chunkWithFlags('I-DATA', WHOLE, u32(tsn), u16(0, 0), u32(0, 0), u8(1, 2, 3, 4));

test.each([
  ['I-DATA', true],
  ['DATA', false],
] as const)('if the peer requires AUTH for %s, I-DATA is sent with AUTH: %s', async (wanted, isAuthenticated) => {
  const { target, association } = await scene([wanted]);
  await association.send(new Uint8Array(3000));
  const packets = (await target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'I-DATA'));
  expect(packets.length).toBeGreaterThan(1);
  for (const { chunks } of packets) expect(chunks[0]?.type).toBe(isAuthenticated ? 'AUTH' : 'I-DATA');
  await target.close();
});

test.each([
  ['I-DATA', false],
  ['DATA', true],
] as const)('if the socket requires AUTH for %s, I-DATA without AUTH is accepted: %s', async (required, isTaken) => {
  const { target, peer, association } = await scene(['ASCONF'], [required]);
  await peer.send(interleaved(peer.tsn));
  await target.advance(500);
  const acknowledged = (await target.answers()).some(({ chunks }) => chunks.some(({ type }) => type === 'SACK'));
  expect(acknowledged).toBe(isTaken);
  if (isTaken) expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  await target.close();
});
