import { expect, test } from 'vitest';
import type { DataChannel, DataChannelInit } from '../../src/datachannel.js';
import { SeededRandom } from '../../src/simulated.js';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { newStack, pattern } from '../support/two-stacks.js';
import { accepted, type ChannelPair, withChannels } from './fixture.js';

/** Opens a channel and returns both ends. */
async function channel({ a, b }: ChannelPair, init: DataChannelInit = {}): Promise<[DataChannel, DataChannel]> {
  const here = a.createDataChannel('test', init);
  await here.opened;
  return [here, await accepted(b)];
}

const numberOf = (message: unknown) => Number(message);

test('ordered messages all arrive in order over a path that loses, reorders and duplicates packets', () =>
  withChannels(
    async (pair) => {
      const [here, there] = await channel(pair);
      const sending = (async () => {
        for (let count = 0; count < 300; count++) await here.send(`${count}`.padEnd(1 + ((count * 37) % 5000)));
        await here.close();
      })();
      let expected = 0;
      for await (const message of there) {
        expect(message).toBe(`${expected}`.padEnd(1 + ((expected * 37) % 5000)));
        expected++;
      }
      expect(expected).toBe(300);
      await sending;
    },
    { conditions: { latencyMs: 20, reorder: 0.1, reorderMs: 30, loss: 0.05, duplicate: 0.02 } },
  ));

test('unordered messages all arrive, and some overtake others', () =>
  withChannels(
    async (pair) => {
      const [here, there] = await channel(pair, { ordered: false });
      here.send('the first one is ordered, because the channel is not acknowledged yet');
      await there.receive();
      there.send('acknowledged');
      await here.receive();
      for (let count = 0; count < 300; count++) here.send(`${count}`.padEnd(400));
      const got: number[] = [];
      while (got.length < 300) got.push(numberOf(await there.receive()));
      expect(got.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 300 }, (_, count) => count));
      expect(got).not.toEqual(got.toSorted((x, y) => x - y));
    },
    { conditions: { latencyMs: 20, loss: 0.1, reorder: 0.1, reorderMs: 30 } },
  ));

test('messages of an unordered channel are ordered until the peer has acknowledged it (RFC 8832 §6)', () =>
  withChannels(async ({ a, b, network, client }) => {
    const flags: boolean[] = [];
    const here = a.createDataChannel('', { ordered: false });
    await here.opened;
    here.send('before');
    const there = await accepted(b);
    await there.receive();
    await network.advance(100);
    here.send('after');
    await there.receive();
    for (const { bytes } of network.trace.entries()) {
      // I-DATA with payload protocol identifier 51: the flag U
      if (bytes[12] === 64 && bytes[31] === 51) flags.push(((bytes[13] ?? 0) & 4) !== 0);
    }
    expect(flags).toEqual([false, true]);
    expect(client.memoryInUse).toBeGreaterThan(0);
  }));

test.each<[string, DataChannelInit]>([
  ['maxRetransmits', { maxRetransmits: 0, ordered: false }],
  ['maxPacketLifeTime', { maxPacketLifeTime: 50 }],
])('with %s, lost messages are given up, and those that arrive do so in time', (_, init) =>
  withChannels(
    async (pair) => {
      const { network } = pair;
      const [here, there] = await channel(pair, init);
      const got: number[] = [];
      const reading = (async () => {
        for await (const message of there) got.push(numberOf(message));
      })();
      for (let count = 0; count < 500; count++) {
        here.send(`${count}`);
        await network.advance(10);
      }
      await here.close();
      await reading;
      expect(new Set(got).size).toBe(got.length);
      expect(got.length).toBeLessThan(490);
      expect(got.length).toBeGreaterThan(300);
    },
    { conditions: { latencyMs: 10, loss: 0.2 }, limitMs: 1e6 },
  ),
);

test('the channels go on over the second path when the first one is cut, and nothing is lost', () =>
  withChannels(
    async (pair) => {
      const { network } = pair;
      const [here, there] = await channel(pair);
      const sending = (async () => {
        for (let count = 0; count < 200; count++) {
          await here.send(pattern(10_000, count));
          await network.advance(20);
        }
        await here.close();
      })();
      await network.advance(1000);
      network.partition('10.0.1.1', '10.0.1.2');
      let count = 0;
      for await (const message of there) {
        expect(Buffer.compare(new Uint8Array(message as ArrayBuffer), pattern(10_000, count++))).toBe(0);
      }
      expect(count).toBe(200);
      await sending;
      expect(pair.a.association.state).toBe('open');
    },
    { conditions: { latencyMs: 10 }, stack: { preset: 'fast-failover' } },
  ));

test('a partition that ends in time delays messages; one that lasts ends the channels with ETIMEDOUT', () =>
  withChannels(
    async (pair) => {
      const { network, a, b } = pair;
      const [here, there] = await channel(pair);
      network.partition('*');
      here.send('held up');
      await network.advance(2000);
      network.heal();
      expect(await there.receive()).toBe('held up');
      network.partition('*');
      here.send('lost');
      there.send('lost, too');
      expect(await here.closed).toMatchObject({ code: 'ETIMEDOUT' });
      expect(await there.closed).toMatchObject({ code: 'ETIMEDOUT' });
      expect([a.channels, b.channels]).toEqual([[], []]);
    },
    { stack: { preset: 'fast-failover' } },
  ));

test('a peer that restarts ends the channels, and new ones are opened over the same association', () =>
  withChannels(async (pair) => {
    const { network, clientHost, a, b } = pair;
    const [here, there] = await channel(pair);
    const restarted = there.closed;
    clientHost.crash();
    clientHost.restart();
    const again = await newStack(network, clientHost);
    const { DataChannels, dataChannelSocket } = await import('../../src/datachannel.js');
    const { SERVER } = await import('../support/two-stacks.js');
    const socket = dataChannelSocket(again);
    const port = a.association.localPort ?? 0;
    socket.bindx(['10.0.1.1', '10.0.2.1'].map((address) => ({ address, port })));
    const channels = new DataChannels(await socket.connectx(SERVER), { role: 'client' });
    expect(await restarted).toMatchObject({ code: 'ECONNRESET' });
    const next = channels.createDataChannel('after the restart');
    await next.opened;
    next.send('hello');
    const other = await accepted(b);
    expect(other).toMatchObject({ label: 'after the restart', id: 0 });
    expect(await other.receive()).toBe('hello');
    expect(here.readyState).toBe('open'); // in the stack that is gone
    channels.association.abort();
    await again.close().catch(() => undefined);
  }));

/** Channels live and die at random at both ends while the network misbehaves. Each message arrives once, and in order. */
async function life(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const conditions = {
    latencyMs: 1 + random.below(50),
    loss: random.below(3) * 0.03,
    reorder: random.below(3) * 0.1,
    reorderMs: 20,
  };
  const streams = { outbound: 2 + random.below(40), inbound: 2048 };
  await withChannels(
    async ({ a, b, network }) => {
      let [received, expected] = [0, 0];
      const read = async (channel: DataChannel) => {
        let last = -1;
        for await (const message of channel) {
          const [label, count] = String(message).split(':');
          expect(label).toBe(channel.label);
          if (channel.ordered) expect(Number(count)).toBe(last + 1);
          last = Number(count);
          received++;
        }
        await channel.closed;
      };
      const readings: Promise<void>[] = [];
      for (const end of [a, b]) end.ondatachannel = ({ channel }) => readings.push(read(channel));
      const use = async (end: typeof a, number: number) => {
        await network.advance(random.below(2000));
        const channel = end.createDataChannel(`${number}`, { ordered: random.below(2) === 0 });
        await channel.opened;
        const messages = random.below(20);
        for (let count = 0; count < messages; count++) {
          const sent = channel.send(`${number}:${count}:`.padEnd(1 + random.below(3000)));
          expected++;
          if (random.below(3) === 0) await sent;
          if (random.below(3) === 0) await network.advance(random.below(300));
        }
        await channel.close();
      };
      await Promise.all(Array.from({ length: 40 }, (_, number) => use(number % 2 ? a : b, number)));
      await Promise.all(readings);
      expect(received).toBe(expected);
      expect([a.channels, b.channels]).toEqual([[], []]);
      await a.close();
    },
    { seed, conditions, socket: { streams, interleaving: seed % 2 === 1 }, limitMs: 1e6 },
  );
}

test(
  'whatever becomes of channels and packets, each message arrives once, in order, and all ids are free at the end',
  () => playSeeds('test/datachannel/network.test.ts', 12, life),
  SEEDS_LIMIT_MS,
);

test('a message larger than the send buffer doesn’t hold up those of another channel', () =>
  withChannels(
    async (pair) => {
      const [bulk, bulkThere] = await channel(pair);
      const [chat, chatThere] = await channel(pair);
      const { clock } = pair.network;
      const file = pattern(2_000_000, 1);
      const received = bulkThere.receive();
      const sending = bulk.send(file);
      for (let count = 0; count < 5; count++) {
        const before = clock.now();
        await chat.send(`${count}`);
        expect(await chatThere.receive()).toBe(`${count}`);
        expect(clock.now() - before).toBeLessThan(600); // the file takes 2 s
      }
      expect(Buffer.compare(new Uint8Array((await received) as ArrayBuffer), file)).toBe(0);
      await sending;
    },
    { conditions: { latencyMs: 10, rateBps: 8e6 } },
  ));

const RANKS = ['high', 'medium', 'low', 'very-low'] as const;

test('messages of a channel with a higher priority overtake those in the send buffer, in the order of the priorities', () =>
  withChannels(
    async (pair) => {
      const channels = new Map<(typeof RANKS)[number], [DataChannel, DataChannel]>();
      for (const priority of RANKS.toReversed()) {
        channels.set(priority, await channel(pair, { priority }));
      }
      const order: (typeof RANKS)[number][] = [];
      for (const [priority, [, there]] of channels) there.onmessage = () => order.push(priority);
      const sent = [...channels.values()].flatMap(([here]) =>
        Array.from({ length: 10 }, (_, index) => here.send(pattern(5000, index))),
      );
      await Promise.all(sent);
      while (order.length < 40)
        await new Promise((resolve) => pair.network.clock.schedule(10, () => resolve(undefined)));
      const first = order.indexOf('high'); // what has left before is in front
      expect(first).toBeLessThan(10);
      expect(order.slice(first)).toEqual(order.slice(first).toSorted((x, y) => RANKS.indexOf(x) - RANKS.indexOf(y)));
    },
    { conditions: { latencyMs: 10, rateBps: 8e6 } },
  ));
