import { expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { chunkOf, FEATURES, ipv4, parameter, sack, u32 } from '../support/packets.js';
import { chunksOf, has, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { type Answer, TargetStack } from '../support/target-stack.js';
import { connected, listening, newStack, SERVER, withTwoStacks } from '../support/two-stacks.js';

/** An association with a peer that has these addresses; the first is the primary path. */
async function established(addresses: readonly string[]) {
  const target = await TargetStack.create(['10.0.0.1']);
  const listener = target.listen();
  const peer = new ScriptedPeer(target, { source: addresses[0]! });
  await peer.connect({ parameters: [...FEATURES, ...addresses.map(ipv4)] });
  const association = await listener.accept();
  return { target, peer, listener, association };
}

async function restarted(target: TargetStack, source: string, ...also: Uint8Array[]): Promise<ScriptedPeer> {
  const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 5000, source });
  await again.connect({ parameters: [...FEATURES, ipv4(source)] }, ...also);
  return again;
}

/** Answers the HEARTBEATs and DATA of the target, except those sent to `dead`. */
async function answer(peer: ScriptedPeer, answers: readonly Answer[], dead: string): Promise<void> {
  for (const { destination, chunks } of answers) {
    if (destination === dead) continue;
    for (const chunk of chunks) {
      const way = { source: destination };
      if (chunk.type === 'DATA') await peer.sendWith(way, sack(chunk.tsn));
      if (chunk.type === 'HEARTBEAT')
        await peer.sendWith(way, chunkOf('HEARTBEAT ACK', infoOf(chunk.parameters[0]!.value)));
    }
  }
}

const infoOf = (value: Uint8Array): Uint8Array => parameter(1, value);

test('after the peer restarts with fewer addresses while its primary path is dead, a message reaches it', async () => {
  const { target, peer, association } = await established(['10.0.0.4', '10.0.0.2', '10.0.0.3', '10.0.0.5']);
  for (let second = 0; second < 200; second++) {
    if (second % 40 === 0) await association.send('old');
    await target.advance(1000);
    await answer(peer, await target.answers(), '10.0.0.4');
  }
  await association.send('never acknowledged');
  await target.answers();
  const again = await restarted(target, '10.0.0.5');
  await association.send('new');
  const to = new Set<string>();
  for (let second = 0; second < 120; second++) {
    await target.advance(1000);
    const answers = await target.answers();
    for (const { destination } of answers) to.add(destination);
    await answer(again, answers, '');
  }
  expect([...to]).toEqual(['10.0.0.5']);
  expect(association.status().unacknowledged).toBe(0);
  expect(association.paths().map(({ address }) => address)).toEqual(['10.0.0.5']);
  await target.close();
});

test('an association whose peer restarted with fewer addresses is freed when it ends', async () => {
  const { target, peer, listener, association } = await established(['10.0.0.4', '10.0.0.2']);
  await answer(peer, await target.answers(), '');
  const again = await restarted(target, '10.0.0.2');
  await again.send(chunkOf('ABORT'));
  await association.closed;
  await target.advance(100);
  listener.close().catch(() => {});
  await target.advance(100);
  expect(target.stack.memoryInUse).toBeLessThan(await idleMemory());
  await target.close();
});

/** The memory of a stack after its only association has ended. */
async function idleMemory(): Promise<number> {
  const { target, peer, listener, association } = await established(['10.0.0.2']);
  await peer.send(chunkOf('ABORT'));
  await association.closed;
  listener.close().catch(() => {});
  await target.advance(200);
  const bytes = target.stack.memoryInUse;
  await target.close();
  return bytes + 1000;
}

test('a restart of the peer ends a stream reset request, and another can be made', async () => {
  const { target, association } = await established(['10.0.0.2']);
  const first = outcome(association);
  await target.advance(10);
  expect(has(await target.answers(), 'RE-CONFIG')).toBe(true);
  const again = await restarted(target, '10.0.0.2');
  await target.advance(60_000);
  expect(has(await target.answers(), 'RE-CONFIG')).toBe(false);
  void first;
  const second = outcome(association);
  await target.advance(10);
  const request = chunksOf(await target.answers()).find(({ type }) => type === 'RE-CONFIG');
  if (request?.type !== 'RE-CONFIG') throw new Error('no RE-CONFIG');
  const { requestSequence } = request.parameters[0]!;
  await again.send(chunkOf('RE-CONFIG', parameter(16, u32(requestSequence!, 1))));
  expect(await second).toBe('reset');
  await target.close();
});

function outcome(association: Association): Promise<string> {
  return association.resetStreams({ outgoing: [1] }).then(
    () => 'reset',
    (error: { code: string }) => error.code,
  );
}

test('a restart of the peer stops the timers of everything that it drops', async () => {
  const { target, peer, association } = await established(['10.0.0.2']);
  await association.send('never acknowledged');
  await target.answers();
  void peer;
  await restarted(target, '10.0.0.2');
  await target.advance(15_000);
  expect(typesOf(await target.answers()).filter((type) => type !== 'HEARTBEAT')).toEqual([]);
  expect(association.paths()[0]?.rtoMs).toBeLessThanOrEqual(1000);
  await target.close();
});

test.each(['COOKIE-WAIT', 'COOKIE-ECHOED'])(
  'a collision with the peer in %s does no harm to a socket that is closed',
  async (state) => {
    const target = await TargetStack.create();
    const socket = target.stack.socket();
    socket.bindx([{ address: '10.0.0.1', port: 5001 }]);
    const attempt = socket.connect({ address: '10.0.0.2', port: 4000 }).catch(() => undefined);
    const peer = new ScriptedPeer(target);
    await peer.takeInit();
    if (state === 'COOKIE-ECHOED') await peer.sendInitAck();
    const closed = socket.close().catch(() => {});
    await peer.sendInit();
    const answers = await target.answers();
    if (has(answers, 'INIT ACK')) {
      peer.takeInitAck(answers);
      await peer.send(chunkOf('COOKIE ECHO', peer.cookie));
    }
    await target.advance(120_000);
    await Promise.all([attempt, closed]);
    await target.close();
  },
);

test('no event is queued on a closed socket when the peer adds streams or resets the association', async () => {
  const { target, peer, association } = await established(['10.0.0.2']);
  await association.send('never acknowledged');
  void association.close().catch(() => {});
  await target.advance(1);
  await target.answers();
  await peer.send(chunkOf('RE-CONFIG', parameter(17, u32(peer.tsn, 5 << 16))));
  await peer.send(chunkOf('RE-CONFIG', parameter(15, u32(peer.tsn + 1))));
  expect(typesOf(await target.answers())).toContain('RE-CONFIG');
  await peer.send(sack(peer.targetTsn));
  await target.close();
});

test('a retransmitted COOKIE ECHO is answered with COOKIE ACK and changes nothing', async () => {
  const { target, peer, association } = await established(['10.0.0.2', '10.0.0.3']);
  await association.send('one');
  await peer.send(sack(peer.targetTsn));
  await target.answers();
  const before = association.statistics();
  await peer.send(chunkOf('COOKIE ECHO', peer.cookie));
  expect(typesOf(await target.answers()).filter((type) => type !== 'HEARTBEAT')).toEqual(['COOKIE ACK']);
  expect(association.statistics()).toEqual(before);
  expect(association.paths().map(({ address }) => address)).toEqual(['10.0.0.2', '10.0.0.3']);
  await target.close();
});

/** Set Primary Address (RFC 5061 §4.2.4), a byte short: it is accepted in the INIT, but fails when its cookie returns. */
const SHORT_SET_PRIMARY = parameter(0xc004, u32(1), new Uint8Array(7));

test('a restart with unusable addresses is answered with ABORT, and the program gets an error', async () => {
  const { target, listener, association } = await established(['10.0.0.4']);
  const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 5000, source: '10.0.0.4' });
  await again.sendInit({ parameters: [...FEATURES, ipv4('10.0.0.4'), SHORT_SET_PRIMARY] });
  again.takeInitAck(await target.answers());
  await again.send(chunkOf('COOKIE ECHO', again.cookie));
  expect(typesOf(await target.answers())).toEqual(['ABORT']);
  expect((await association.closed)?.code).toBe('ECONNABORTED');
  await restarted(target, '10.0.0.4');
  listener.close().catch(() => {});
  await target.close();
});

test('an INIT with additional addresses for an existing association is answered with an ABORT that lists them (RFC 9260 §5.2.2)', async () => {
  const { target, listener, association } = await established(['10.0.0.4']);
  const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 5000, source: '10.0.0.4' });
  await again.sendInit({ parameters: [...FEATURES, ...['10.0.0.4', '10.0.0.5', '10.0.0.6'].map(ipv4)] });
  const [abort] = chunksOf(await target.answers());
  const code = 11;
  expect(abort).toMatchObject({ type: 'ABORT', isTagReflected: false });
  expect(abort?.type === 'ABORT' && abort.causes.map((cause) => [cause.code, cause.value])).toEqual([
    [code, new Uint8Array([...ipv4('10.0.0.5'), ...ipv4('10.0.0.6')])],
  ]);
  expect(association.state).toBe('open');
  listener.close().catch(() => {});
  await target.close();
});

test('a restarted host with an additional address gets an error that says why it is refused', () =>
  withTwoStacks(async (stacks) => {
    const listener = listening(stacks);
    const first = stacks.client.socket();
    first.bindx([{ address: '10.0.1.1', port: 7001 }]);
    await Promise.all([first.connectx(SERVER), listener.accept()]);
    stacks.clientHost.crash();
    stacks.clientHost.restart();
    const again = (await newStack(stacks.network, stacks.clientHost)).socket();
    again.bindx(['10.0.1.1', '10.0.2.1'].map((address) => ({ address, port: 7001 })));
    await expect(again.connectx(SERVER)).rejects.toThrow(
      'the peer still has an association with this port that knows fewer addresses',
    );
    listener.abort();
  }));

test('the error says that the peer no longer has the association', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    stacks.serverHost.crash();
    stacks.serverHost.restart();
    await newStack(stacks.network, stacks.serverHost);
    await a.send('anybody there?');
    expect((await a.closed)?.message).toContain("the peer doesn't know this association any more");
  }));

test('a SHUTDOWN ACK for no association is counted', async () => {
  const target = await TargetStack.create(['10.0.0.1']);
  const stranger = new ScriptedPeer(target);
  const before = target.stack.statistics().control.received;
  await stranger.send(chunkOf('SHUTDOWN ACK'));
  expect(typesOf(await target.answers())).toEqual(['SHUTDOWN COMPLETE']);
  expect(target.stack.statistics().control.received).toBe(before + 1);
  await target.close();
});

test('a peer that restarts connects by its second path while the first one is dead', () =>
  withTwoStacks(async (stacks) => {
    const { network, clientHost } = stacks;
    const { b } = await connected(stacks, {});
    const port = b.remotePort ?? 0;
    clientHost.crash();
    clientHost.restart();
    network.partition('10.0.1.1');
    let restarts = 0;
    b.on('restart', () => restarts++);
    const socket = (await newStack(network, clientHost)).socket();
    socket.bindx([{ address: '0.0.0.0', port }]);
    const again = await socket.connectx(SERVER);
    await again.send('by the second path');
    expect(new TextDecoder().decode((await b.receive())?.data)).toBe('by the second path');
    expect(restarts).toBe(1);
  }));
