import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/socket/association.js';
import type { SocketOptions } from '../../src/socket/options/config.js';
import {
  all,
  connected,
  inWorld,
  listening,
  type Pair,
  pattern,
  SERVER,
  type World,
  type WorldOptions,
} from '../support/world.js';

const MB = 1024 * 1024;
const BASE = 262_144;

/** 50 ms there and back. */
const LONG: WorldOptions = { conditions: { latencyMs: 25 }, limitMs: 1e6 };
const at = (rateBps: number): WorldOptions => ({
  ...LONG,
  conditions: { latencyMs: 25, rateBps, queueBytes: rateBps / 80 },
});

/** The listening socket is one-to-many: it has the buffer that the association receives by. */
const MANY: SocketOptions = { style: 'one-to-many' };
const sizesOf = ({ clientSocket, serverSocket }: Pair) => ({
  send: clientSocket.getOption('sendBufferBytes'),
  receive: serverSocket.getOption('receiveBufferBytes'),
});

/** MB/s of messages of that size from the second `fromS` on, for a second. */
async function rate({ network }: World, { a, b }: Pair, bytes: number, fromS = 2): Promise<number> {
  const data = pattern(bytes);
  const sending = (async () => {
    for (;;) await a.send(data);
  })().catch(() => undefined);
  let received = 0;
  const receiving = (async () => {
    for await (const message of b) received += message.data.length;
  })().catch(() => undefined);
  await network.advance(fromS * 1000);
  const before = received;
  await network.advance(1000);
  const mbPerS = (received - before) / 1e6;
  a.abort();
  await Promise.all([sending, receiving]);
  return mbPerS;
}

describe('buffers follow the path', () => {
  test.each([
    [16_384, 11.5],
    [1024, 11.5],
    [64, 8],
  ])('messages of %i bytes use 100 Mbit/s at 50 ms', async (bytes, least) => {
    expect(await inWorld(async (world) => rate(world, await connected(world), bytes), at(100e6))).toBeGreaterThan(
      least,
    );
  });

  test('they become no larger than the path needs, nor than 4 MB', async () => {
    const grown = (options: WorldOptions) =>
      inWorld(async (world) => {
        const pair = await connected(world, {}, MANY);
        let sizes = sizesOf(pair);
        world.network.clock.schedule(2500, () => {
          sizes = sizesOf(pair);
        });
        await rate(world, pair, 16_384);
        return sizes;
      }, options);
    const fast = await grown(at(100e6)); // 625,000 bytes are on their way
    expect(fast.receive).toBeGreaterThan(625_000);
    expect(fast.receive).toBeLessThan(2 * MB);
    expect(fast.send).toBeGreaterThan(625_000);
    expect(fast.send).toBeLessThan(3 * MB);
    const slow = await grown(at(10e6)); // 62,500 bytes
    expect(slow.receive).toBeLessThanOrEqual(2 * BASE);
    const endless = await grown(LONG);
    expect(Math.max(endless.send, endless.receive)).toBe(4 * MB);
  });

  test('they stay as they are where round trips are short', async () => {
    await inWorld(async (world) => {
      const pair = await connected(world, {}, MANY);
      const received = all(pair.b);
      for (let count = 0; count < 500; count++) await pair.a.send(pattern(16_384));
      expect(sizesOf(pair)).toEqual({ send: BASE, receive: BASE });
      await pair.a.close();
      await received;
    });
  });

  test('a short path stays short when packets wait in its queue: the shortest round trip counts', async () => {
    const queued: WorldOptions = { conditions: { latencyMs: 0.2, rateBps: 100e6, queueBytes: 1e6 }, limitMs: 1e6 };
    await inWorld(async (world) => {
      const pair = await connected(world, {}, MANY);
      let sizes = sizesOf(pair);
      let srttMs = 0;
      world.network.clock.schedule(2500, () => {
        sizes = sizesOf(pair);
        srttMs = pair.a.paths()[0]?.srttMs ?? 0;
      });
      expect(await rate(world, pair, 16_384)).toBeGreaterThan(11.5);
      expect(srttMs).toBeGreaterThan(10);
      expect(sizes.send).toBe(BASE);
    }, queued);
  });

  test.each([
    ['send', { sendBufferBytes: 300_000 }, {}],
    ['receive', {}, { receiveBufferBytes: 300_000 }],
  ] as const)('a %s buffer that was given a size keeps it, and is what limits', async (which, client, server) => {
    await inWorld(async (world) => {
      const pair = await connected(world, client, { ...server, ...MANY });
      let sizes = sizesOf(pair);
      world.network.clock.schedule(2500, () => {
        sizes = sizesOf(pair);
      });
      expect(await rate(world, pair, 16_384)).toBeLessThan(300_000 / 0.05 / 1e6);
      expect(sizes[which]).toBe(300_000);
    }, at(100e6));
  });

  test('a size may be given later, too', async () => {
    await inWorld(async (world) => {
      const pair = await connected(world);
      world.network.clock.schedule(1000, () => pair.clientSocket.setOption('sendBufferBytes', BASE));
      expect(await rate(world, pair, 16_384)).toBeLessThan(5.3);
    }, at(100e6));
  });

  test('who sends to somebody that reads nothing gets no more room for it', async () => {
    await inWorld(async (world) => {
      const pair = await connected(world, {}, MANY);
      const idle = [world.client.memoryInUse, world.server.memoryInUse] as const;
      const sending = (async () => {
        for (;;) await pair.a.send(pattern(1000));
      })().catch(() => undefined);
      await world.network.advance(60_000);
      expect(sizesOf(pair).receive).toBe(BASE);
      expect(sizesOf(pair).send).toBeLessThan(2 * BASE);
      expect(world.client.memoryInUse - idle[0]).toBeLessThan(2 * MB);
      expect(world.server.memoryInUse - idle[1]).toBeLessThan(1.5 * MB);
      pair.b.abort();
      await sending;
    }, LONG);
  });

  test('all of a stack together get 64 MB at most, and those that are idle make room', async () => {
    await inWorld(async (world) => {
      const server = listening(world);
      const pairs: { a: Association; b: Association; size: () => number }[] = [];
      const start = async () => {
        const socket = world.client.socket();
        const [a, b] = await Promise.all([socket.connectx(SERVER), server.accept()]);
        pairs.push({ a, b, size: () => socket.getOption('sendBufferBytes') });
        void all(b).catch(() => undefined);
        return { a, size: pairs.at(-1)!.size };
      };
      const flood = async ({ a }: { a: Association }) => {
        for (let count = 0; count < 24; count++) await a.send(pattern(500_000));
      };
      const beyond = () => pairs.reduce((sum, { size }) => sum + size() - BASE, 0);
      const first = await Promise.all(Array.from({ length: 20 }, start));
      await Promise.all(first.map(flood));
      expect(beyond()).toBeGreaterThan(64 * MB - (4 * MB - BASE)); // not enough for one more
      expect(beyond()).toBeLessThanOrEqual(64 * MB);
      await world.network.advance(20_000);
      const last = await start();
      await flood(last);
      expect(last.size()).toBe(4 * MB);
      expect(beyond()).toBeLessThanOrEqual(64 * MB);
      for (const { a } of pairs) a.abort();
    }, LONG);
  });

  test('an association that leaves its socket takes its window along', async () => {
    await inWorld(async (world) => {
      const { a, b, serverSocket } = await connected(world, {}, MANY);
      let received = 0;
      const receiving = (async () => {
        for await (const message of b) received += message.data.length;
      })().catch(() => undefined);
      for (let count = 0; count < 20; count++) await a.send(pattern(500_000));
      await world.network.advance(1000);
      expect(serverSocket.getOption('receiveBufferBytes')).toBeGreaterThan(MB);
      const own = serverSocket.peeloff(b);
      expect(own.getOption('receiveBufferBytes')).toBe(serverSocket.getOption('receiveBufferBytes'));
      for (let count = 0; count < 20; count++) await a.send(pattern(500_000));
      await a.close();
      await receiving;
      expect(received).toBe(40 * 500_000);
    }, LONG);
  });
});
