import { expect, test } from 'vitest';
import { chunkOf, chunkWithFlags, u8 } from '../support/packets.js';
import { has, ScriptedPeer } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

const ASSOCIATIONS = 50;

test('a COOKIE ECHO that comes again from another address leaves no memory behind', async () => {
  const target = await TargetStack.create();
  const listener = target.listen();
  const setUpAndEnd = async (ownPort: number) => {
    const peer = new ScriptedPeer(target, { ownPort });
    await peer.connect();
    const association = await listener.accept();
    for (const source of ['10.0.0.3', '10.0.0.4']) {
      await peer.sendWith({ source }, chunkOf('COOKIE ECHO', peer.cookie));
      expect(has(await target.answers(), 'COOKIE ACK')).toBe(true);
    }
    await peer.send(chunkWithFlags('ABORT', 0, u8()));
    expect((await association.closed)?.code).toBe('ECONNRESET');
    await target.advance(60_000);
  };
  await setUpAndEnd(4000);
  const before = target.stack.memoryInUse;
  for (let count = 1; count <= ASSOCIATIONS; count++) await setUpAndEnd(4000 + count);
  expect(target.stack.memoryInUse - before).toBeLessThan(10_000);
  await target.close();
});
