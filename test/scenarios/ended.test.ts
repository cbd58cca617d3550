import { expect, test } from 'vitest';
import { extensions, FEATURES, ipv4, of, u32 } from '../support/forged.js';
import { Puppet, typesOf } from '../support/puppet.js';
import { authentication, deletion, keyOf, signed } from '../support/signed.js';
import { StackVictim } from '../support/victim.js';

const MINE = authentication('ASCONF', 'ASCONF ACK');
const CAN = [extensions('RE-CONFIG', 'ASCONF', 'ASCONF ACK', 'AUTH'), ...FEATURES.slice(1), ...MINE];

/** What a stack holds after a one-to-many socket with one association, which a packet of the peer's has ended, is closed. */
async function memoryAfter(packet: (key: Uint8Array, peer: Puppet) => Uint8Array[]): Promise<number> {
  const victim = await StackVictim.create();
  const listener = victim.listen({ style: 'one-to-many' });
  const peer = new Puppet(victim);
  await peer.connect({ parameters: [...CAN, ipv4('10.0.0.2'), ipv4('10.0.0.3')] });
  const key = keyOf(MINE, peer.initAck);
  const association = await listener.accept();
  await peer.send(...packet(key, peer));
  await association.closed;
  await victim.advance(1000);
  const closed = listener.close();
  await victim.advance(1000);
  await closed;
  const bytes = victim.stack.memoryInUse;
  await victim.close();
  return bytes;
}

test('a socket is freed whose association has ended while a path of it was being deleted', async () => {
  const usual = await memoryAfter(() => [of('ABORT')]);
  const special = await memoryAfter((key, peer) =>
    signed(key, deletion(peer.tsn, '10.0.0.2', '10.0.0.3'), of('ABORT')),
  );
  expect(special).toBe(usual);
});

// A peer whose SHUTDOWN COMPLETE is lost answers all else with ABORT: wasm/fixes/shutdown.c
test('a stream reset that waited for its message does not leave behind SHUTDOWN ACK', async () => {
  const victim = await StackVictim.create();
  const listener = victim.listen();
  const peer = new Puppet(victim);
  await peer.connect({ parameters: FEATURES });
  const association = await listener.accept();
  await association.send('x', { stream: 1 });
  const reset = association.resetStreams({ outgoing: [1] }).catch((error: unknown) => error);
  await victim.answers();
  await peer.send(of('SHUTDOWN', u32(peer.victimTsn)));
  expect(typesOf(await victim.answers())).toEqual(['SHUTDOWN ACK']);
  await peer.send(of('SHUTDOWN COMPLETE'));
  expect(await association.closed).toBeUndefined();
  expect(await reset).toMatchObject({ code: 'EPIPE' });
  await victim.close();
});
