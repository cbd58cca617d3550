import { expect, test } from 'vitest';
import { authenticated, authKey, authParameters, deletion } from '../support/auth-chunks.js';
import { chunkOf, extensions, FEATURES, ipv4, u32 } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

const MINE = authParameters('ASCONF', 'ASCONF ACK');
const CAN = [extensions('RE-CONFIG', 'ASCONF', 'ASCONF ACK', 'AUTH'), ...FEATURES.slice(1), ...MINE];

/** The memory of a stack after a packet of the peer has ended the association of a one-to-many socket, which was then closed. */
async function memoryAfter(packet: (key: Uint8Array, peer: ScriptedPeer) => Uint8Array[]): Promise<number> {
  const target = await TargetStack.create();
  const listener = target.listen({ style: 'one-to-many' });
  const peer = new ScriptedPeer(target);
  await peer.connect({ parameters: [...CAN, ipv4('10.0.0.2'), ipv4('10.0.0.3')] });
  const key = authKey(MINE, peer.initAck);
  const association = await listener.accept();
  await peer.send(...packet(key, peer));
  await association.closed;
  await target.advance(1000);
  const closed = listener.close();
  await target.advance(1000);
  await closed;
  const bytes = target.stack.memoryInUse;
  await target.close();
  return bytes;
}

test('a socket is freed after its association ended during the deletion of a path', async () => {
  const usual = await memoryAfter(() => [chunkOf('ABORT')]);
  const special = await memoryAfter((key, peer) =>
    authenticated(key, deletion(peer.tsn, '10.0.0.2', '10.0.0.3'), chunkOf('ABORT')),
  );
  expect(special).toBe(usual);
});

// A peer whose SHUTDOWN COMPLETE is lost answers other packets with ABORT: wasm/fixes/shutdown.c
test('a stream reset that waited for its message is not sent after SHUTDOWN ACK', async () => {
  const target = await TargetStack.create();
  const listener = target.listen();
  const peer = new ScriptedPeer(target);
  await peer.connect({ parameters: FEATURES });
  const association = await listener.accept();
  await association.send('x', { stream: 1 });
  const reset = association.resetStreams({ outgoing: [1] }).catch((error: unknown) => error);
  await target.answers();
  await peer.send(chunkOf('SHUTDOWN', u32(peer.targetTsn)));
  expect(typesOf(await target.answers())).toEqual(['SHUTDOWN ACK']);
  await peer.send(chunkOf('SHUTDOWN COMPLETE'));
  expect(await association.closed).toBeUndefined();
  expect(await reset).toMatchObject({ code: 'EPIPE' });
  await target.close();
});
