import { expect, test } from 'vitest';
import { authenticated, connectWithAsconf, deletion } from '../support/auth-chunks.js';
import { chunkOf, ipv4 } from '../support/packets.js';
import { has, ScriptedPeer } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

const [FIRST, SECOND, ELSEWHERE] = ['10.0.0.2', '10.0.1.2', '10.0.2.2'];

/** An association with a peer that has two addresses, and the key of its AUTH chunks; over UDP if a port is given. */
async function associated(encapsulationPort?: number) {
  const target = await TargetStack.create(['10.0.0.1'], encapsulationPort);
  const listener = target.listen();
  const peer = new ScriptedPeer(target, { port: encapsulationPort ?? 0 });
  const key = await connectWithAsconf(peer, [ipv4(FIRST), ipv4(SECOND)]);
  const association = await listener.accept();
  await target.answers();
  return { target, listener, peer, key, association };
}

test('ASCONF ACK goes to the source of the ASCONF even if the peer has no such address (RFC 5061 §5.2), also for a retransmission', async () => {
  const { target, peer, key, association } = await associated();
  for (const _ of ['at first', 'again']) {
    await peer.sendWith({ source: ELSEWHERE }, ...authenticated(key, deletion(peer.tsn, FIRST, FIRST)));
    const answers = await target.answers();
    expect(answers.filter((answer) => has([answer], 'ASCONF ACK')).map(({ destination }) => destination)).toEqual([
      ELSEWHERE,
    ]);
  }
  expect(association.paths().map(({ address }) => address)).toEqual([SECOND]);
  expect(association.state).toBe('open');
  await target.close();
});

test('an ASCONF from another UDP port does not change the port of the address that identifies its association (RFC 6951 §5.4)', async () => {
  const { target, peer, key, association } = await associated(9899);
  await peer.sendWith({ source: ELSEWHERE, port: 12_345 }, ...authenticated(key, deletion(peer.tsn, FIRST, SECOND)));
  const [answer] = await target.answers();
  expect(answer).toMatchObject({ destination: ELSEWHERE, port: 12_345 });
  expect(association.paths()).toMatchObject([{ address: FIRST, encapsulationPort: 9899 }]);
  await target.close();
});

test('an association that ends with the packet that deletes an address frees all memory at once', async () => {
  const { target, listener, peer, key, association } = await associated();
  const closed = association.close();
  await target.answers();
  await peer.send(...authenticated(key, deletion(peer.tsn, FIRST, SECOND), chunkOf('SHUTDOWN ACK')));
  await closed;
  await listener.close();
  await target.stack.close();
  expect(target.stack.memoryInUse).toBe(0);
});
