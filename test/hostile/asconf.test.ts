import { expect, test } from 'vitest';
import { addition, authenticated, connectWithAsconf, deletion } from '../support/auth-chunks.js';
import { chunkOf, chunkWithFlags, ipv4, u32 } from '../support/packets.js';
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

/** What a peer answers to a packet of no association that it knows. */
const UNKNOWN = chunkWithFlags('ABORT', 1);

/*
 * peer:   ASCONF, delete SECOND, then ASCONF, add SECOND ───► target
 * target: HEARTBEAT to SECOND, sent before ─────────────────► peer, where the address is gone: ABORT
 */
test('after the peer has deleted an address and added it again, its ABORT for a packet that was in flight to there is ignored', async () => {
  const { target, peer, key, association } = await associated();
  await peer.send(...authenticated(key, deletion(peer.tsn, FIRST, SECOND)));
  await peer.send(...authenticated(key, addition(peer.tsn + 1, FIRST, SECOND)));
  await peer.sendWith({ source: SECOND, tag: peer.tag }, UNKNOWN);
  expect(association.state).toBe('open');
  expect(association.paths().map(({ address }) => address)).toEqual([FIRST, SECOND]);
  await peer.sendWith({ tag: peer.tag }, UNKNOWN);
  expect(association.state).toBe('closed');
  await target.close();
});

/*
 * target: HEARTBEAT ACK from OWN[1] ─────────╲
 * target: ASCONF, delete OWN[1] ──────────────╲──► peer
 *                                              ╲─► peer, which no longer knows OWN[1]: ABORT
 */
test('after a local address was removed and added again, the ABORT for a packet that was in flight from there is ignored until the peer knows the address', async () => {
  const OWN = ['10.0.0.1', '10.0.1.1'] as const;
  const target = await TargetStack.create(OWN);
  const listener = target.listen({ style: 'one-to-many' });
  const peer = new ScriptedPeer(target);
  const key = await connectWithAsconf(peer, [ipv4(FIRST), ipv4(SECOND)]);
  const association = await listener.accept();
  const acknowledge = async () => {
    const asconf = (await target.answers()).flatMap(({ chunks }) => chunks).find(({ type }) => type === 'ASCONF');
    if (asconf?.type !== 'ASCONF') throw new Error('no ASCONF');
    await peer.send(...authenticated(key, chunkOf('ASCONF ACK', u32(asconf.serial))));
  };
  const sendUnknown = () => peer.sendWith({ source: SECOND, destination: OWN[1], tag: peer.tag }, UNKNOWN);
  listener.removeLocal([{ address: OWN[1] }]);
  listener.addLocal([{ address: OWN[1] }]);
  await sendUnknown();
  expect(association.state).toBe('open');
  await acknowledge();
  await sendUnknown();
  expect(association.state).toBe('open');
  await acknowledge();
  await sendUnknown();
  expect(association.state).toBe('closed');
  await target.close();
});
