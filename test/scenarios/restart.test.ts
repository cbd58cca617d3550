import { expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { FEATURES, ipv4, of, parameter, sack, u32 } from '../support/forged.js';
import { chunksOf, has, Puppet, typesOf } from '../support/puppet.js';
import { type Answer, StackVictim } from '../support/victim.js';
import { connected, inWorld, listening, newStack, SERVER } from '../support/world.js';

/** A peer with these addresses, of which the first one is the primary path. */
async function established(addresses: readonly string[]) {
  const victim = await StackVictim.create(['10.0.0.1']);
  const listener = victim.listen();
  const peer = new Puppet(victim, { source: addresses[0]! });
  await peer.connect({ parameters: [...FEATURES, ...addresses.map(ipv4)] });
  const association = await listener.accept();
  return { victim, peer, listener, association };
}

async function restarted(victim: StackVictim, source: string, ...also: Uint8Array[]): Promise<Puppet> {
  const again = new Puppet(victim, { tag: 0x2222_2222, tsn: 5000, source });
  await again.connect({ parameters: [...FEATURES, ipv4(source)] }, ...also);
  return again;
}

/** Answers what the victim has sent: HEARTBEATs and DATA, but nothing that went to `dead`. */
async function answer(peer: Puppet, answers: readonly Answer[], dead: string): Promise<void> {
  for (const { destination, chunks } of answers) {
    if (destination === dead) continue;
    for (const chunk of chunks) {
      const way = { source: destination };
      if (chunk.type === 'DATA') await peer.sendWith(way, sack(chunk.tsn));
      if (chunk.type === 'HEARTBEAT') await peer.sendWith(way, of('HEARTBEAT ACK', infoOf(chunk.parameters[0]!.value)));
    }
  }
}

const infoOf = (value: Uint8Array): Uint8Array => parameter(1, value);

test('a message after a restart of the peer with fewer addresses, while its primary one is dead, reaches it', async () => {
  const { victim, peer, association } = await established(['10.0.0.4', '10.0.0.2', '10.0.0.3', '10.0.0.5']);
  for (let second = 0; second < 200; second++) {
    if (second % 40 === 0) await association.send('old');
    await victim.advance(1000);
    await answer(peer, await victim.answers(), '10.0.0.4');
  }
  await association.send('never acknowledged');
  await victim.answers();
  const again = await restarted(victim, '10.0.0.5');
  await association.send('new');
  const to = new Set<string>();
  for (let second = 0; second < 120; second++) {
    await victim.advance(1000);
    const answers = await victim.answers();
    for (const { destination } of answers) to.add(destination);
    await answer(again, answers, '');
  }
  expect([...to]).toEqual(['10.0.0.5']);
  expect(association.status().unacknowledged).toBe(0);
  expect(association.paths().map(({ address }) => address)).toEqual(['10.0.0.5']);
  await victim.close();
});

test('nothing keeps an association whose peer has restarted with fewer addresses, once it has ended', async () => {
  const { victim, peer, listener, association } = await established(['10.0.0.4', '10.0.0.2']);
  await answer(peer, await victim.answers(), '');
  const again = await restarted(victim, '10.0.0.2');
  await again.send(of('ABORT'));
  await association.closed;
  await victim.advance(100);
  listener.close().catch(() => {});
  await victim.advance(100);
  expect(victim.stack.memoryInUse).toBeLessThan(await idleMemory());
  await victim.close();
});

/** What a stack holds that has had one association, which is over. */
async function idleMemory(): Promise<number> {
  const { victim, peer, listener, association } = await established(['10.0.0.2']);
  await peer.send(of('ABORT'));
  await association.closed;
  listener.close().catch(() => {});
  await victim.advance(200);
  const bytes = victim.stack.memoryInUse;
  await victim.close();
  return bytes + 1000;
}

test('a request to reset streams ends with a restart of the peer, and another one can be made', async () => {
  const { victim, association } = await established(['10.0.0.2']);
  const first = outcome(association);
  await victim.advance(10);
  expect(has(await victim.answers(), 'RE-CONFIG')).toBe(true);
  const again = await restarted(victim, '10.0.0.2');
  await victim.advance(60_000);
  expect(has(await victim.answers(), 'RE-CONFIG')).toBe(false);
  void first;
  const second = outcome(association);
  await victim.advance(10);
  const request = chunksOf(await victim.answers()).find(({ type }) => type === 'RE-CONFIG');
  if (request?.type !== 'RE-CONFIG') throw new Error('no RE-CONFIG');
  const { requestSequence } = request.parameters[0]!;
  await again.send(of('RE-CONFIG', parameter(16, u32(requestSequence!, 1))));
  expect(await second).toBe('reset');
  await victim.close();
});

function outcome(association: Association): Promise<string> {
  return association.resetStreams({ outgoing: [1] }).then(
    () => 'reset',
    (error: { code: string }) => error.code,
  );
}

test('no timer of what a restart of the peer has dropped runs on', async () => {
  const { victim, peer, association } = await established(['10.0.0.2']);
  await association.send('never acknowledged');
  await victim.answers();
  void peer;
  await restarted(victim, '10.0.0.2');
  await victim.advance(15_000);
  expect(typesOf(await victim.answers()).filter((type) => type !== 'HEARTBEAT')).toEqual([]);
  expect(association.paths()[0]?.rtoMs).toBeLessThanOrEqual(1000);
  await victim.close();
});

test.each(['COOKIE-WAIT', 'COOKIE-ECHOED'])(
  'a collision with the peer in %s does no harm to a socket that is closed',
  async (state) => {
    const victim = await StackVictim.create();
    const socket = victim.stack.socket();
    socket.bindx([{ address: '10.0.0.1', port: 5001 }]);
    const attempt = socket.connect({ address: '10.0.0.2', port: 4000 }).catch(() => undefined);
    const peer = new Puppet(victim);
    await peer.takeInit();
    if (state === 'COOKIE-ECHOED') await peer.sendInitAck();
    const closed = socket.close().catch(() => {});
    await peer.sendInit();
    const answers = await victim.answers();
    if (has(answers, 'INIT ACK')) {
      peer.takeInitAck(answers);
      await peer.send(of('COOKIE ECHO', peer.cookie));
    }
    await victim.advance(120_000);
    await Promise.all([attempt, closed]);
    await victim.close();
  },
);

test('a peer that adds streams, or resets the association, tells nothing to a socket that is closed', async () => {
  const { victim, peer, association } = await established(['10.0.0.2']);
  await association.send('never acknowledged');
  void association.close().catch(() => {});
  await victim.advance(1);
  await victim.answers();
  await peer.send(of('RE-CONFIG', parameter(17, u32(peer.tsn, 5 << 16))));
  await peer.send(of('RE-CONFIG', parameter(15, u32(peer.tsn + 1))));
  expect(typesOf(await victim.answers())).toContain('RE-CONFIG');
  await peer.send(sack(peer.victimTsn));
  await victim.close();
});

test('a COOKIE ECHO that comes again is answered by COOKIE ACK, and changes nothing', async () => {
  const { victim, peer, association } = await established(['10.0.0.2', '10.0.0.3']);
  await association.send('one');
  await peer.send(sack(peer.victimTsn));
  await victim.answers();
  const before = association.statistics();
  await peer.send(of('COOKIE ECHO', peer.cookie));
  expect(typesOf(await victim.answers()).filter((type) => type !== 'HEARTBEAT')).toEqual(['COOKIE ACK']);
  expect(association.statistics()).toEqual(before);
  expect(association.paths().map(({ address }) => address)).toEqual(['10.0.0.2', '10.0.0.3']);
  await victim.close();
});

/** Set Primary Address (RFC 5061 §4.2.4), a byte short: it passes in the INIT, and can't be used when its cookie is back. */
const SHORT_SET_PRIMARY = parameter(0xc004, u32(1), new Uint8Array(7));

test('a restart whose addresses can not be used is answered by ABORT, and the program is told', async () => {
  const { victim, listener, association } = await established(['10.0.0.4']);
  const again = new Puppet(victim, { tag: 0x2222_2222, tsn: 5000, source: '10.0.0.4' });
  await again.sendInit({ parameters: [...FEATURES, ipv4('10.0.0.4'), SHORT_SET_PRIMARY] });
  again.takeInitAck(await victim.answers());
  await again.send(of('COOKIE ECHO', again.cookie));
  expect(typesOf(await victim.answers())).toEqual(['ABORT']);
  expect((await association.closed)?.code).toBe('ECONNABORTED');
  await restarted(victim, '10.0.0.4');
  listener.close().catch(() => {});
  await victim.close();
});

test('an INIT with other addresses for an association that exists is answered by ABORT that names them (RFC 9260 §5.2.2)', async () => {
  const { victim, listener, association } = await established(['10.0.0.4']);
  const again = new Puppet(victim, { tag: 0x2222_2222, tsn: 5000, source: '10.0.0.4' });
  await again.sendInit({ parameters: [...FEATURES, ...['10.0.0.4', '10.0.0.5', '10.0.0.6'].map(ipv4)] });
  const [abort] = chunksOf(await victim.answers());
  const code = 11;
  expect(abort).toMatchObject({ type: 'ABORT', isTagReflected: false });
  expect(abort?.type === 'ABORT' && abort.causes.map((cause) => [cause.code, cause.value])).toEqual([
    [code, new Uint8Array([...ipv4('10.0.0.5'), ...ipv4('10.0.0.6')])],
  ]);
  expect(association.state).toBe('open');
  listener.close().catch(() => {});
  await victim.close();
});

test('a host that comes back with another address too is told why it is refused', () =>
  inWorld(async (world) => {
    const listener = listening(world);
    const first = world.client.socket();
    first.bindx([{ address: '10.0.1.1', port: 7001 }]);
    await Promise.all([first.connectx(SERVER), listener.accept()]);
    world.clientHost.crash();
    world.clientHost.restart();
    const again = (await newStack(world.network, world.clientHost)).socket();
    again.bindx(['10.0.1.1', '10.0.2.1'].map((address) => ({ address, port: 7001 })));
    await expect(again.connectx(SERVER)).rejects.toThrow(
      'the peer still has an association with this port that knows fewer addresses',
    );
    listener.abort();
  }));

test('an association that the peer no longer knows ends with an error that says so', () =>
  inWorld(async (world) => {
    const { a } = await connected(world);
    world.serverHost.crash();
    world.serverHost.restart();
    await newStack(world.network, world.serverHost);
    await a.send('anybody there?');
    expect((await a.closed)?.message).toContain("the peer doesn't know this association any more");
  }));

test('a SHUTDOWN ACK for no association is counted', async () => {
  const victim = await StackVictim.create(['10.0.0.1']);
  const stranger = new Puppet(victim);
  const before = victim.stack.statistics().control.received;
  await stranger.send(of('SHUTDOWN ACK'));
  expect(typesOf(await victim.answers())).toEqual(['SHUTDOWN COMPLETE']);
  expect(victim.stack.statistics().control.received).toBe(before + 1);
  await victim.close();
});
