import { expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import type { TraceEntry } from '../../src/simulated.js';
import type { Chunk } from '../../src/wire/chunk.js';
import { decodePacket } from '../../src/wire/decode.js';
import { chunkOf, FEATURES, parameter, sack, u8, u32 } from '../support/packets.js';
import { chunksOf as answered, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';
import {
  all,
  connected,
  pattern,
  type TwoStacks,
  type TwoStacksOptions,
  withTwoStacks,
} from '../support/two-stacks.js';

const ECN_CAPABLE = 0x8000;
/** The Re-configuration Response Parameter of RFC 6525 §4.4, and one of its results. */
const [RECONFIGURED, PERFORMED] = [16, 1];

const ECT0 = 2;
const CE = 3;
/** 2 Mbit/s with a round trip of 40 ms: about 10 kB in flight, and a queue. */
const LINK = { latencyMs: 20, rateBps: 2e6, queueBytes: 200_000 };

/** One path only, so that there is one window. */
const SINGLE: TwoStacksOptions = { addresses: { client: ['10.0.1.1'], server: ['10.0.1.2'] } };

const chunksOf = ({ bytes }: TraceEntry): readonly Chunk[] => decodePacket(bytes).chunks;
const has = (entry: TraceEntry, type: Chunk['type']) => chunksOf(entry).some((chunk) => chunk.type === type);
const from = ({ network }: TwoStacks, name: string) => network.trace.entries().filter((entry) => entry.from === name);

async function transfer(stacks: TwoStacks) {
  const serverSocket = stacks.server.socket();
  serverSocket.bindx([{ address: '10.0.1.2', port: 5001 }]);
  serverSocket.listen();
  const [a, b] = await Promise.all([
    stacks.client.socket({ sendBufferBytes: 1_000_000 }).connect({ address: '10.0.1.2', port: 5001 }),
    serverSocket.accept(),
  ]);
  const received = all(b);
  let widest = 0;
  for (let count = 0; count < 60; count++) {
    await a.send(pattern(10_000, count));
    await stacks.network.advance(30);
    widest = Math.max(widest, a.statistics().paths[0]?.cwndBytes ?? 0);
  }
  return { a, widest, received };
}

test('both ends offer ECN, and packets with DATA are ECN-capable, while those with SACK are not', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    await a.send('hello');
    await b.receive();
    const parameters = (name: string, type: 'INIT' | 'INIT ACK') =>
      from(stacks, name)
        .flatMap(chunksOf)
        .flatMap((chunk) => (chunk.type === type && 'parameters' in chunk ? chunk.parameters : []));
    expect(parameters('client', 'INIT').map(({ name }) => name)).toContain('ECN Capable');
    expect(parameters('server', 'INIT ACK').map(({ name }) => name)).toContain('ECN Capable');
    expect(a.getOption('ecn')).toBe(true);
    const data = from(stacks, 'client').filter((entry) => has(entry, 'DATA'));
    expect(data.map(({ trafficClass }) => trafficClass & 3)).toEqual([ECT0]);
    const sacks = from(stacks, 'server').filter((entry) => has(entry, 'SACK'));
    expect(new Set(sacks.map(({ trafficClass }) => trafficClass & 3))).toEqual(new Set([0]));
  }));

test('marks of a long queue are echoed by ECNE, answered by CWR, and keep the congestion window small: nothing is lost', async () => {
  const marked = await withTwoStacks(
    async (stacks) => {
      const { a, widest, received } = await transfer(stacks);
      const marks = from(stacks, 'client').filter(({ note }) => note === 'CE');
      expect(marks.length).toBeGreaterThan(0);
      expect(marks.every(({ trafficClass }) => (trafficClass & 3) === CE)).toBe(true);
      expect(from(stacks, 'server').filter((entry) => has(entry, 'ECNE')).length).toBeGreaterThan(0);
      expect(from(stacks, 'client').filter((entry) => has(entry, 'CWR')).length).toBeGreaterThan(0);
      expect(stacks.server.statistics().ecn.echoesSent).toBeGreaterThan(0);
      expect(stacks.client.statistics().ecn.echoesReceived).toBeGreaterThan(0);
      expect(stacks.client.statistics().ecn.reductions).toBeGreaterThan(0);
      expect(a.statistics().paths[0]?.congestionExperienced).toBeGreaterThan(0);
      expect(stacks.client.statistics().retransmissions.sent).toBe(0);
      await a.close();
      const messages = await received;
      expect(messages.map(({ data }) => data)).toEqual(messages.map((_, index) => pattern(10_000, index)));
      expect(messages).toHaveLength(60);
      return widest;
    },
    { ...SINGLE, conditions: { ...LINK, markBytes: 10_000 } },
  );
  const unmarked = await withTwoStacks(async (stacks) => (await transfer(stacks)).widest, {
    ...SINGLE,
    conditions: LINK,
  });
  expect(marked).toBeLessThan(unmarked / 2);
});

test('without ECN at one end no packet is ECN-capable, and a link marks none', () =>
  withTwoStacks(
    async (stacks) => {
      const listener = stacks.server.socket();
      listener.setOption('ecn', false);
      listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
      listener.listen();
      const a = await stacks.client.socket().connect({ address: '10.0.1.2', port: 5001 });
      const b = await listener.accept();
      await a.send(pattern(5000));
      await b.receive();
      expect(a.getOption('ecn')).toBe(false);
      expect(new Set(stacks.network.trace.entries().map(({ trafficClass }) => trafficClass & 3))).toEqual(new Set([0]));
      expect(stacks.server.statistics().ecn.echoesSent).toBe(0);
    },
    { ...SINGLE, conditions: { mark: 1 } },
  ));

interface Accepting {
  readonly target: TargetStack;
  readonly listener: Socket;
  /** Sets up an association with ECN. */
  readonly connect: (ownPort: number, tag: number) => Promise<ScriptedPeer>;
  /** Sends a message that is not acknowledged, and returns its TSN. */
  readonly send: (association: Association) => Promise<number>;
  readonly reductions: () => number;
}

/** A target that accepts associations with ECN. */
async function accepting(body: (scene: Accepting) => Promise<void>): Promise<void> {
  const target = await TargetStack.create();
  const listener = target.listen();
  await body({
    target,
    listener,
    connect: async (ownPort, tag) => {
      const peer = new ScriptedPeer(target, { ownPort, tag });
      await peer.connect({ parameters: [...FEATURES, parameter(ECN_CAPABLE)] });
      return peer;
    },
    send: async (association) => {
      await association.send(pattern(1000));
      const sent = answered(await target.answers()).find(({ type }) => type === 'DATA');
      return sent?.type === 'DATA' ? sent.tsn : 0;
    },
    reductions: () => target.stack.statistics().ecn.reductions,
  });
  await target.close();
}

test('the end that has accepted an association reacts to the first mark', () =>
  accepting(async ({ target, listener, connect, send, reductions }) => {
    for (let count = 1; count <= 20; count++) {
      const peer = await connect(4000 + count, count);
      const tsn = await send(await listener.accept());
      await peer.send(chunkOf('ECNE', u32(tsn, 1)), sack(tsn - 1));
      expect(typesOf(await target.answers())).toContain('CWR');
      expect(reductions()).toBe(count);
    }
  }));

test('the end that has accepted an association also reacts to the first mark after the peer has restarted', () =>
  accepting(async ({ listener, connect, send, reductions }) => {
    await connect(4000, 1);
    const association = await listener.accept();
    for (let count = 1; count <= 10; count++) {
      const peer = await connect(4000, count + 1);
      const tsn = await send(association);
      await peer.send(chunkOf('ECNE', u32(tsn, 1)), sack(tsn - 1));
      expect(reductions()).toBe(count);
    }
  }));

test('the end that has accepted an association also reacts to the first mark after a reset to TSNs far from the earlier ones', () =>
  accepting(async ({ target, listener, connect, send, reductions }) => {
    const peer = await connect(4000, 1);
    const association = await listener.accept();
    const reset = association.resetAssociation();
    await target.advance(0);
    const next = (peer.targetTsn + 2 ** 31) >>> 0;
    await peer.send(chunkOf('RE-CONFIG', parameter(RECONFIGURED, u32(peer.targetTsn, PERFORMED, peer.tsn, next))));
    await reset;
    const tsn = await send(association);
    expect(tsn).toBe(next);
    await peer.send(chunkOf('ECNE', u32(tsn, 1)), sack(tsn - 1));
    expect(reductions()).toBe(1);
  }));

test('an ECNE of 8 bytes (RFC 9260 appendix A) is one mark, and the chunks after it in its packet are read', () =>
  accepting(async ({ target, listener, connect, send }) => {
    const peer = await connect(4000, 1);
    const association = await listener.accept();
    const tsn = await send(association);
    await peer.send(chunkOf('ECNE', u32(tsn)), sack(tsn - 1), peer.message());
    expect(typesOf(await target.answers())).toContain('CWR');
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
    expect(target.stack.statistics().ecn).toMatchObject({ echoesReceived: 1, reductions: 1 });
    expect(association.statistics().paths[0]?.congestionExperienced).toBe(1);
  }));
