import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import {
  all,
  connected,
  listening,
  type Pair,
  PORT,
  pattern,
  SERVER,
  type TwoStacks,
  type TwoStacksOptions,
  withTwoStacks,
} from '../support/two-stacks.js';

const MB = 1024 * 1024;
const BASE = 262_144;

/** A round trip of 50 ms. */
const LONG: TwoStacksOptions = { conditions: { latencyMs: 25 }, limitMs: 1e6 };
const at = (rateBps: number): TwoStacksOptions => ({
  ...LONG,
  conditions: { latencyMs: 25, rateBps, queueBytes: rateBps / 80 },
});

/** Makes the listening socket one-to-many, so that its own receive buffer is that of the association. */
const MANY: SocketOptions = { style: 'one-to-many' };
const sizesOf = ({ clientSocket, serverSocket }: Pair) => ({
  send: clientSocket.getOption('sendBufferBytes'),
  receive: serverSocket.getOption('receiveBufferBytes'),
});

/** The rate of messages of `bytes` bytes in MB/s, measured for one second after the first `fromS` seconds. */
async function rate(
  { network }: TwoStacks,
  { a, b }: Pick<Pair, 'a' | 'b'>,
  bytes: number,
  fromS = 2,
): Promise<number> {
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

describe('buffers adapt to the path', () => {
  test.each([
    [16_384, 11.5],
    [1024, 11.5],
    [64, 8],
  ])('messages of %i bytes use 100 Mbit/s at 50 ms', async (bytes, least) => {
    expect(
      await withTwoStacks(async (stacks) => rate(stacks, await connected(stacks), bytes), at(100e6)),
    ).toBeGreaterThan(least);
  });

  test('they grow no larger than the path needs, and no larger than 4 MB', async () => {
    const grown = (options: TwoStacksOptions) =>
      withTwoStacks(async (stacks) => {
        const pair = await connected(stacks, {}, MANY);
        let sizes = sizesOf(pair);
        stacks.network.clock.schedule(2500, () => {
          sizes = sizesOf(pair);
        });
        await rate(stacks, pair, 16_384);
        return sizes;
      }, options);
    const fast = await grown(at(100e6)); // 625,000 bytes are in flight
    expect(fast.receive).toBeGreaterThan(625_000);
    expect(fast.receive).toBeLessThan(2 * MB);
    expect(fast.send).toBeGreaterThan(625_000);
    expect(fast.send).toBeLessThan(3 * MB);
    const slow = await grown(at(10e6)); // 62,500 bytes
    expect(slow.receive).toBeLessThanOrEqual(2 * BASE);
    const endless = await grown(LONG);
    expect(Math.max(endless.send, endless.receive)).toBe(4 * MB);
  });

  test.each([
    ['grow to 1 MB for large messages', 16_384, MB],
    ['keep their size for small ones', 64, BASE],
  ])('if round trips are short, they %s', async (_, bytes, expected) => {
    await withTwoStacks(async (stacks) => {
      const pair = await connected(stacks, {}, MANY);
      const received = all(pair.b);
      for (let sent = 0; sent < 500 * 16_384; sent += bytes) await pair.a.send(pattern(bytes));
      expect(sizesOf(pair)).toEqual({ send: expected, receive: expected });
      await pair.a.close();
      await received;
    });
  });

  test('a short path counts as short even if packets wait in its queue: the shortest round trip counts', async () => {
    const queued: TwoStacksOptions = { conditions: { latencyMs: 0.2, rateBps: 100e6, queueBytes: 1e6 }, limitMs: 1e6 };
    await withTwoStacks(async (stacks) => {
      const pair = await connected(stacks, {}, MANY);
      let sizes = sizesOf(pair);
      let srttMs = 0;
      stacks.network.clock.schedule(2500, () => {
        sizes = sizesOf(pair);
        srttMs = pair.a.paths()[0]?.srttMs ?? 0;
      });
      expect(await rate(stacks, pair, 500)).toBeGreaterThan(11.5);
      expect(srttMs).toBeGreaterThan(10);
      expect(sizes.send).toBe(BASE);
    }, queued);
  });

  test.each([
    ['send', { sendBufferBytes: 300_000 }, {}],
    ['receive', {}, { receiveBufferBytes: 300_000 }],
  ] as const)('a %s buffer that was given a size keeps it, and limits the rate', async (which, client, server) => {
    await withTwoStacks(async (stacks) => {
      const pair = await connected(stacks, client, { ...server, ...MANY });
      let sizes = sizesOf(pair);
      stacks.network.clock.schedule(2500, () => {
        sizes = sizesOf(pair);
      });
      expect(await rate(stacks, pair, 16_384)).toBeLessThan(300_000 / 0.05 / 1e6);
      expect(sizes[which]).toBe(300_000);
    }, at(100e6));
  });

  test('a size may also be given later', async () => {
    await withTwoStacks(async (stacks) => {
      const pair = await connected(stacks);
      stacks.network.clock.schedule(1000, () => pair.clientSocket.setOption('sendBufferBytes', BASE));
      expect(await rate(stacks, pair, 16_384)).toBeLessThan(5.3);
    }, at(100e6));
  });

  test('buffers do not grow if the receiver reads nothing', async () => {
    await withTwoStacks(async (stacks) => {
      const pair = await connected(stacks, {}, MANY);
      const idle = [stacks.client.memoryInUse, stacks.server.memoryInUse] as const;
      const sending = (async () => {
        for (;;) await pair.a.send(pattern(1000));
      })().catch(() => undefined);
      await stacks.network.advance(60_000);
      expect(sizesOf(pair).receive).toBe(BASE);
      expect(sizesOf(pair).send).toBeLessThan(2 * BASE);
      expect(stacks.client.memoryInUse - idle[0]).toBeLessThan(2 * MB);
      expect(stacks.server.memoryInUse - idle[1]).toBeLessThan(1.5 * MB);
      pair.b.abort();
      await sending;
    }, LONG);
  });

  test('all associations of a stack together get 64 MB at most, and idle ones make room for others', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks);
      const pairs: { a: Association; b: Association; size: () => number }[] = [];
      const start = async () => {
        const socket = stacks.client.socket();
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
      await stacks.network.advance(20_000);
      const last = await start();
      await flood(last);
      await flood(last); // the first one may end in slow start
      expect(last.size()).toBe(4 * MB);
      expect(beyond()).toBeLessThanOrEqual(64 * MB);
      for (const { a } of pairs) a.abort();
    }, LONG);
  });

  test('an association that is peeled off keeps its receive window', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b, serverSocket } = await connected(stacks, {}, MANY);
      let received = 0;
      const receiving = (async () => {
        for await (const message of b) received += message.data.length;
      })().catch(() => undefined);
      for (let count = 0; count < 20; count++) await a.send(pattern(500_000));
      await stacks.network.advance(1000);
      expect(serverSocket.getOption('receiveBufferBytes')).toBeGreaterThan(MB);
      const own = serverSocket.peeloff(b);
      expect(own.getOption('receiveBufferBytes')).toBe(serverSocket.getOption('receiveBufferBytes'));
      for (let count = 0; count < 20; count++) await a.send(pattern(500_000));
      await a.close();
      await receiving;
      expect(received).toBe(40 * 500_000);
    }, LONG);
  });

  /** A server whose one-to-many socket has a receive window that has grown, and `count` associations peeled off it. */
  const peeledOff = async (stacks: TwoStacks, count: number) => {
    const server = listening(stacks, MANY);
    const start = async () => Promise.all([stacks.client.socket().connectx(SERVER), server.accept()]);
    const pairs = await Promise.all(Array.from({ length: count + 1 }, start));
    const [[a, b]] = pairs as [Ends];
    const received = all(b);
    for (let sent = 0; sent < 20; sent++) await a.send(pattern(500_000));
    await a.close();
    await received;
    const grown = server.getOption('receiveBufferBytes');
    expect(grown).toBeGreaterThan(2 * MB);
    const own = pairs.slice(1).map(([far, near]) => ({ far, near, socket: server.peeloff(near) }));
    const beyond = () =>
      [server, ...own.map(({ socket }) => socket)].reduce(
        (sum, socket) => sum + socket.getOption('receiveBufferBytes') - BASE,
        0,
      );
    return { grown, own, beyond };
  };

  test('associations that are peeled off get no more buffer memory than the stack has left', async () => {
    await withTwoStacks(async (stacks) => {
      const { grown, own, beyond } = await peeledOff(stacks, 40);
      const sizes = own.map(({ socket }) => socket.getOption('receiveBufferBytes'));
      expect(sizes[0]).toBe(grown);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(BASE);
      expect(beyond()).toBeGreaterThan(62 * MB);
      expect(beyond()).toBeLessThanOrEqual(64 * MB);
    }, LONG);
  });

  test('addresses that a peer lists do not count as paths that need larger buffers', async () => {
    const client = Array.from({ length: 60 }, (_, index) => `10.0.1.${index + 10}`);
    await withTwoStacks(
      async (stacks) => {
        const socket = stacks.server.socket(MANY);
        socket.bindx(SERVER.slice(0, 1));
        socket.listen();
        const [, b] = await Promise.all([stacks.client.socket().connectx(SERVER.slice(0, 1)), socket.accept()]);
        const own = socket.peeloff(b);
        expect(b.paths()).toHaveLength(client.length);
        const sending = (async () => {
          for (;;) await b.send(pattern(1000));
        })().catch(() => undefined);
        await stacks.network.advance(20_000);
        expect(own.getOption('sendBufferBytes')).toBeLessThanOrEqual(2 * BASE);
        b.abort();
        await sending;
      },
      { ...LONG, addresses: { client, server: ['10.0.1.2'] } },
    );
  });

  test('a new association gets its share while busy ones use all of the memory', async () => {
    await withTwoStacks(async (stacks) => {
      const { network, client, server } = stacks;
      const { own, beyond } = await peeledOff(stacks, 24);
      expect(beyond()).toBeGreaterThan(62 * MB);
      const socket = server.socket(MANY);
      const to = { ...SERVER[0]!, port: PORT + 1 };
      socket.bindx([to]);
      socket.listen();
      const [a, b] = await Promise.all([client.socket().connectx([to]), socket.accept()]);
      const flood = async (from: Association, at: Association, messages: number) => {
        void all(at).catch(() => undefined);
        for (let count = 0; count < messages; count++) await from.send(pattern(500_000));
      };
      const flooded = flood(a, b, 20);
      await network.advance(500); // it has asked for more
      await Promise.all([flooded, ...own.map(({ far, near }) => flood(far, near, 4))]);
      const size = socket.getOption('receiveBufferBytes');
      expect(size).toBeGreaterThan(2 * MB);
      expect(beyond() + size - BASE).toBeLessThanOrEqual(64 * MB);
      for (const each of client.sockets) each.abort();
    }, LONG);
  });
});

type Ends = [Association, Association];

describe('the send buffer of a one-to-many socket is a limit for each association', () => {
  /** A server that sends on one socket, one fast client, and `slow` clients that read by `read`. */
  const serving = async (stacks: TwoStacks, slow: number, read: (association: Association) => Promise<void>) => {
    const server = listening(stacks, MANY);
    const start = async () => Promise.all([stacks.client.socket().connectx(SERVER), server.accept()]);
    const [fast, ...others] = (await Promise.all(Array.from({ length: slow + 1 }, start))) as [Ends, ...Ends[]];
    for (const [a] of others) void read(a).catch(() => undefined);
    return { fast, others, end: () => [fast, ...others].map(([, b]) => b.abort()) };
  };
  const feed = async (b: Association, data: Uint8Array) => {
    for (;;) await b.send(data);
  };

  test('a fast reader is as fast beside ten slow ones', async () => {
    const beside = (slow: number) =>
      withTwoStacks(async (stacks) => {
        const { network } = stacks;
        const { fast, others, end } = await serving(stacks, slow, async (a) => {
          for (;;) {
            await a.receive();
            await network.advance(100);
          }
        });
        const fed = others.map(([, b]) => feed(b, pattern(16_000)).catch(() => undefined));
        const [a, b] = fast;
        const mbPerS = await rate(stacks, { a: b, b: a }, 500_000, 1.5);
        end();
        await Promise.all(fed);
        return mbPerS;
      }, LONG);
    const alone = await beside(0);
    expect(alone).toBeGreaterThan(50);
    expect(await beside(10)).toBeGreaterThan(0.9 * alone);
  });

  test('associations that read nothing use no more memory because another one reads fast', async () => {
    await withTwoStacks(async (stacks) => {
      const { fast, others, end } = await serving(stacks, 20, async () => {});
      const [a, b] = fast;
      void all(a).catch(() => undefined);
      const before = stacks.server.memoryInUse;
      const fed = [feed(b, pattern(500_000)).catch(() => undefined)];
      await stacks.network.advance(1000);
      fed.push(...others.map(([, each]) => feed(each, pattern(16_000)).catch(() => undefined)));
      await stacks.network.advance(2000);
      expect(stacks.server.memoryInUse - before).toBeLessThan((20 + 4 + 4) * 1.5 * MB);
      end();
      await Promise.all(fed);
    }, LONG);
  });
});
