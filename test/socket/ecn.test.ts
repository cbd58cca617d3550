import { expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import type { TraceEntry } from '../../src/simulated.js';
import type { Chunk } from '../../src/wire/chunk.js';
import { decodePacket } from '../../src/wire/decode.js';
import { FEATURES, of, parameter, sack, u8, u32 } from '../support/forged.js';
import { chunksOf as answered, Puppet, typesOf } from '../support/puppet.js';
import { StackVictim } from '../support/victim.js';
import { all, connected, inWorld, pattern, type World, type WorldOptions } from '../support/world.js';

const ECN_CAPABLE = 0x8000;
/** The answer to a request of RFC 6525, and a result. */
const [RECONFIGURED, PERFORMED] = [16, 1];

const ECT0 = 2;
const CE = 3;
/** 2 Mbit/s with 40 ms of round trip: about 10 kB on the way, and a queue. */
const LINK = { latencyMs: 20, rateBps: 2e6, queueBytes: 200_000 };

/** One path only, so that there is one window. */
const SINGLE: WorldOptions = { addresses: { client: ['10.0.1.1'], server: ['10.0.1.2'] } };

const chunksOf = ({ bytes }: TraceEntry): readonly Chunk[] => decodePacket(bytes).chunks;
const has = (entry: TraceEntry, type: Chunk['type']) => chunksOf(entry).some((chunk) => chunk.type === type);
const from = ({ network }: World, name: string) => network.trace.entries().filter((entry) => entry.from === name);

async function transfer(world: World) {
  const serverSocket = world.server.socket();
  serverSocket.bindx([{ address: '10.0.1.2', port: 5001 }]);
  serverSocket.listen();
  const [a, b] = await Promise.all([
    world.client.socket({ sendBufferBytes: 1_000_000 }).connect({ address: '10.0.1.2', port: 5001 }),
    serverSocket.accept(),
  ]);
  const received = all(b);
  let widest = 0;
  for (let count = 0; count < 60; count++) {
    await a.send(pattern(10_000, count));
    await world.network.advance(30);
    widest = Math.max(widest, a.statistics().paths[0]?.cwndBytes ?? 0);
  }
  return { a, widest, received };
}

test('both ends offer ECN, and data goes out ECN-capable, while what answers it does not', () =>
  inWorld(async (world) => {
    const { a, b } = await connected(world);
    await a.send('hello');
    await b.receive();
    const parameters = (name: string, type: 'INIT' | 'INIT ACK') =>
      from(world, name)
        .flatMap(chunksOf)
        .flatMap((chunk) => (chunk.type === type && 'parameters' in chunk ? chunk.parameters : []));
    expect(parameters('client', 'INIT').map(({ name }) => name)).toContain('ECN Capable');
    expect(parameters('server', 'INIT ACK').map(({ name }) => name)).toContain('ECN Capable');
    expect(a.getOption('ecn')).toBe(true);
    const data = from(world, 'client').filter((entry) => has(entry, 'DATA'));
    expect(data.map(({ trafficClass }) => trafficClass & 3)).toEqual([ECT0]);
    const sacks = from(world, 'server').filter((entry) => has(entry, 'SACK'));
    expect(new Set(sacks.map(({ trafficClass }) => trafficClass & 3))).toEqual(new Set([0]));
  }));

test('marks of a long queue come back as ECNE, are answered by CWR, and keep the window small: nothing is lost', async () => {
  const marked = await inWorld(
    async (world) => {
      const { a, widest, received } = await transfer(world);
      const marks = from(world, 'client').filter(({ note }) => note === 'CE');
      expect(marks.length).toBeGreaterThan(0);
      expect(marks.every(({ trafficClass }) => (trafficClass & 3) === CE)).toBe(true);
      expect(from(world, 'server').filter((entry) => has(entry, 'ECNE')).length).toBeGreaterThan(0);
      expect(from(world, 'client').filter((entry) => has(entry, 'CWR')).length).toBeGreaterThan(0);
      expect(world.server.statistics().ecn.echoesSent).toBeGreaterThan(0);
      expect(world.client.statistics().ecn.echoesReceived).toBeGreaterThan(0);
      expect(world.client.statistics().ecn.reductions).toBeGreaterThan(0);
      expect(a.statistics().paths[0]?.congestionExperienced).toBeGreaterThan(0);
      expect(world.client.statistics().retransmissions.sent).toBe(0);
      await a.close();
      const messages = await received;
      expect(messages.map(({ data }) => data)).toEqual(messages.map((_, index) => pattern(10_000, index)));
      expect(messages).toHaveLength(60);
      return widest;
    },
    { ...SINGLE, conditions: { ...LINK, markBytes: 10_000 } },
  );
  const unmarked = await inWorld(async (world) => (await transfer(world)).widest, { ...SINGLE, conditions: LINK });
  expect(marked).toBeLessThan(unmarked / 2);
});

test('without ECN on one end nothing is ECN-capable, and a link marks nothing', () =>
  inWorld(
    async (world) => {
      const listener = world.server.socket();
      listener.setOption('ecn', false);
      listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
      listener.listen();
      const a = await world.client.socket().connect({ address: '10.0.1.2', port: 5001 });
      const b = await listener.accept();
      await a.send(pattern(5000));
      await b.receive();
      expect(a.getOption('ecn')).toBe(false);
      expect(new Set(world.network.trace.entries().map(({ trafficClass }) => trafficClass & 3))).toEqual(new Set([0]));
      expect(world.server.statistics().ecn.echoesSent).toBe(0);
    },
    { ...SINGLE, conditions: { mark: 1 } },
  ));

interface Accepting {
  readonly victim: StackVictim;
  readonly listener: Socket;
  /** Sets up an association with ECN. */
  readonly connect: (ownPort: number, tag: number) => Promise<Puppet>;
  /** The TSN of a message that is sent and not acknowledged. */
  readonly send: (association: Association) => Promise<number>;
  readonly reductions: () => number;
}

/** A victim that accepts associations with ECN. */
async function accepting(body: (scene: Accepting) => Promise<void>): Promise<void> {
  const victim = await StackVictim.create();
  const listener = victim.listen();
  await body({
    victim,
    listener,
    connect: async (ownPort, tag) => {
      const peer = new Puppet(victim, { ownPort, tag });
      await peer.connect({ parameters: [...FEATURES, parameter(ECN_CAPABLE)] });
      return peer;
    },
    send: async (association) => {
      await association.send(pattern(1000));
      const sent = answered(await victim.answers()).find(({ type }) => type === 'DATA');
      return sent?.type === 'DATA' ? sent.tsn : 0;
    },
    reductions: () => victim.stack.statistics().ecn.reductions,
  });
  await victim.close();
}

test('the end that has accepted an association reacts to the first mark', () =>
  accepting(async ({ victim, listener, connect, send, reductions }) => {
    for (let count = 1; count <= 20; count++) {
      const peer = await connect(4000 + count, count);
      const tsn = await send(await listener.accept());
      await peer.send(of('ECNE', u32(tsn, 1)), sack(tsn - 1));
      expect(typesOf(await victim.answers())).toContain('CWR');
      expect(reductions()).toBe(count);
    }
  }));

test('it does so too when the peer has restarted', () =>
  accepting(async ({ listener, connect, send, reductions }) => {
    await connect(4000, 1);
    const association = await listener.accept();
    for (let count = 1; count <= 10; count++) {
      const peer = await connect(4000, count + 1);
      const tsn = await send(association);
      await peer.send(of('ECNE', u32(tsn, 1)), sack(tsn - 1));
      expect(reductions()).toBe(count);
    }
  }));

test('and when the association was reset, whose TSNs are far from those before', () =>
  accepting(async ({ victim, listener, connect, send, reductions }) => {
    const peer = await connect(4000, 1);
    const association = await listener.accept();
    const reset = association.resetAssociation();
    await victim.advance(0);
    const next = (peer.victimTsn + 2 ** 31) >>> 0;
    await peer.send(of('RE-CONFIG', parameter(RECONFIGURED, u32(peer.victimTsn, PERFORMED, peer.tsn, next))));
    await reset;
    const tsn = await send(association);
    expect(tsn).toBe(next);
    await peer.send(of('ECNE', u32(tsn, 1)), sack(tsn - 1));
    expect(reductions()).toBe(1);
  }));

test('ECNE of 8 bytes (RFC 9260 appendix A) is one mark, and what follows it in its packet is read', () =>
  accepting(async ({ victim, listener, connect, send }) => {
    const peer = await connect(4000, 1);
    const association = await listener.accept();
    const tsn = await send(association);
    await peer.send(of('ECNE', u32(tsn)), sack(tsn - 1), peer.message());
    expect(typesOf(await victim.answers())).toContain('CWR');
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
    expect(victim.stack.statistics().ecn).toMatchObject({ echoesReceived: 1, reductions: 1 });
    expect(association.statistics().paths[0]?.congestionExperienced).toBe(1);
  }));
