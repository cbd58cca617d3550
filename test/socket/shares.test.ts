import { expect, test } from 'vitest';
import { coreOf } from '../../src/association/association.js';
import type { Association } from '../../src/index.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import type { Socket } from '../../src/socket/socket.js';
import { read, watch, withPeers } from '../delivery/fixture.js';
import {
  all,
  isEqual,
  listening,
  pattern,
  SERVER,
  type TwoStacks,
  textOf,
  withTwoStacks,
} from '../support/two-stacks.js';

const MANY: SocketOptions = { style: 'one-to-many' };

/** Connects a new client, and returns both ends of its association. */
async function client(
  stacks: TwoStacks,
  server: Socket,
  options: SocketOptions = {},
): Promise<[Association, Association]> {
  return Promise.all([stacks.client.socket(options).connectx(SERVER), server.accept()]);
}

/** Sends so many messages, one after the other, then shuts the association down. */
async function sendAll(association: Association, count: number, bytes: number): Promise<void> {
  for (let number = 0; number < count; number++) await association.send(pattern(bytes, number));
  await association.close();
}

/** Receives until the end, and expects the messages that `sendAll` sends. */
async function expectAll(association: Association, count: number, bytes: number): Promise<void> {
  const messages = await all(association);
  expect(messages).toHaveLength(count);
  messages.forEach(({ data }, number) => {
    if (!isEqual(data, pattern(bytes, number))) throw new Error(`message ${number} is a different one`);
  });
}

/** Expects messages in both directions to arrive at once. */
async function expectPrompt(stacks: TwoStacks, a: Association, b: Association, rounds = 50): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const sentAt = stacks.network.clock.now();
    await a.send(`there ${round}`);
    expect(textOf(await b.receive())).toBe(`there ${round}`);
    await b.send(`back ${round}`);
    expect(textOf(await a.receive())).toBe(`back ${round}`);
    expect(stacks.network.clock.now() - sentAt).toBeLessThan(500);
  }
}

for (const readAheadBytes of [1, 10_000, 65_536]) {
  test(`an unread association does not hold up another one of its socket, read ahead: ${readAheadBytes}`, async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { ...MANY, readAheadBytes });
      const [a, unread] = await client(stacks, server);
      const sent = sendAll(a, 1000, 1000);
      await stacks.network.advance(2000);
      const [b, other] = await client(stacks, server);
      await expectPrompt(stacks, b, other);
      const large = b.send(pattern(300_000));
      expect(isEqual((await other.receive())?.data, pattern(300_000))).toBe(true);
      await large;
      await Promise.all([sendAll(b, 300, 2000), expectAll(other, 300, 2000)]);
      await expectAll(unread, 1000, 1000);
      await sent;
    });
  });
}

test('the receive window of an unread association closes, and not that of another one of its socket', async () => {
  await withTwoStacks(async (stacks) => {
    const server = listening(stacks, { ...MANY, receiveBufferBytes: 100_000 });
    const [[a, unread], [b, other]] = [await client(stacks, server), await client(stacks, server)];
    const sent = sendAll(a, 1000, 1000);
    await stacks.network.advance(2000);
    await expectPrompt(stacks, b, other, 3);
    expect(a.statistics().peerWindowBytes).toBeLessThan(1500);
    expect(b.statistics().peerWindowBytes).toBeGreaterThan(95_000);
    await expectAll(unread, 1000, 1000);
    await sent;
  });
});

for (const end of ['shutdown', 'abort'] as const) {
  test(`the ${end} of one association is reported while another one of its socket is unread`, async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const [[a, unread], [b, other]] = [await client(stacks, server), await client(stacks, server)];
      const sent = sendAll(a, 1000, 1000);
      await stacks.network.advance(2000);
      await b.send('last');
      if (end === 'abort') {
        await stacks.network.advance(500);
        b.abort('enough');
        expect(await other.closed).toMatchObject({ code: 'ECONNRESET' });
        expect(textOf(await other.receive())).toBe('last');
      } else {
        await b.close();
        expect(await other.closed).toBe(undefined);
        expect(textOf(await other.receive())).toBe('last');
        expect(await other.receive()).toBe(undefined);
      }
      await expectAll(unread, 1000, 1000);
      await sent;
    });
  });

  test(`the ${end} of an unread association is reported, and its messages can be received`, async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const [[a, unread], [b, other]] = [await client(stacks, server), await client(stacks, server)];
      for (let number = 0; number < 150; number++) await a.send(pattern(1000, number));
      await stacks.network.advance(2000);
      await expectPrompt(stacks, b, other, 3);
      if (end === 'abort') a.abort();
      else void a.close();
      expect((await unread.closed)?.code).toBe(end === 'abort' ? 'ECONNRESET' : undefined);
      for (let number = 0; number < 150; number++) {
        expect(isEqual((await unread.receive())?.data, pattern(1000, number))).toBe(true);
      }
      await expectPrompt(stacks, b, other, 3);
    });
  });
}

test('unread messages of many associations of a socket are bounded, and an association that is read stays prompt', async () => {
  await withTwoStacks(
    async (stacks) => {
      const server = listening(stacks, MANY);
      const pairs: [Association, Association][] = [];
      for (let number = 0; number < 50; number++) pairs.push(await client(stacks, server));
      const sent: Promise<void>[] = [];
      for (const [a] of pairs) {
        sent.push(sendAll(a, 400, 1000)); // one after the other, so that each buffers as much as it can
        await stacks.network.advance(500);
      }
      const unreceived = pairs.map(([, unread]) => coreOf(unread).receiveQueues.cost);
      const bytes = unreceived.reduce((sum, each) => sum + each, 0);
      expect(unreceived.every((each) => each > 0)).toBe(true);
      // 65,536 of the first one, twice a share of each other one: 1/2, 1/3, … 1/50 of that; and a message of each
      expect(bytes).toBeLessThan(8 * 65_536 + 50 * 1128);
      const [b, other] = await client(stacks, server);
      await expectPrompt(stacks, b, other);
      for (const [, unread] of pairs) await expectAll(unread, 400, 1000);
      await Promise.all(sent);
      await expectPrompt(stacks, b, other);
    },
    { limitMs: 1e7 },
  );
});

test('unread tiny messages count with their overhead', async () => {
  await withTwoStacks(async (stacks) => {
    const server = listening(stacks, { ...MANY, readAheadBytes: 10_000 });
    const pairs: [Association, Association][] = [];
    for (let number = 0; number < 10; number++) pairs.push(await client(stacks, server));
    for (const [a] of pairs) {
      for (let number = 0; number < 200; number++) await a.send('x');
      await stacks.network.advance(500);
    }
    const bytes = pairs.reduce((sum, [, unread]) => sum + coreOf(unread).receiveQueues.cost, 0);
    expect(bytes).toBeLessThan(2 * 10_000 * 2.93 + 10 * 129); // 1 + 1/2 + … + 1/10
    for (const [, unread] of pairs) {
      for (let number = 0; number < 200; number++) expect(textOf(await unread.receive())).toBe('x');
    }
  });
});

test('an unread association is peeled off with all of its messages', async () => {
  await withTwoStacks(async (stacks) => {
    const server = listening(stacks, MANY);
    const [[a, unread], [b, other]] = [await client(stacks, server), await client(stacks, server)];
    const sent = sendAll(a, 1000, 1000);
    await stacks.network.advance(2000);
    await expectPrompt(stacks, b, other, 3);
    server.peeloff(unread);
    await expectPrompt(stacks, b, other, 3);
    await expectAll(unread, 1000, 1000);
    await sent;
  });
});

test('unread associations leak no memory when they are disposed of or aborted, or their socket is aborted', async () => {
  await withTwoStacks(async (stacks) => {
    const idle = stacks.server.memoryInUse;
    for (const how of ['abort', 'dispose', 'socket'] as const) {
      const server = listening(stacks, MANY);
      const [[a, unread], [b, other]] = [await client(stacks, server), await client(stacks, server)];
      const failed = sendAll(a, 1000, 1000).catch(() => undefined);
      await stacks.network.advance(2000);
      await expectPrompt(stacks, b, other, 3);
      if (how === 'abort') unread.abort();
      else if (how === 'dispose') await unread[Symbol.asyncDispose]();
      if (how !== 'socket') await expectPrompt(stacks, b, other, 3);
      server.abort();
      await failed;
      await stacks.network.advance(120_000); // tags in time-wait expire
    }
    expect(stacks.server.memoryInUse - idle).toBeLessThan(10_000);
  });
});

for (const interleaving of [false, true]) {
  test(`large messages of an unread association and of another one are delivered in parts, ${interleaving ? 'I-DATA' : 'DATA'}`, async () => {
    await withTwoStacks(async (stacks) => {
      const server = stacks.server.socket({ ...MANY, receiveBufferBytes: 100_000 });
      server.setOption('interleaving', interleaving);
      server.bindx(SERVER);
      server.listen();
      const connect = async () => {
        const socket = stacks.client.socket();
        socket.setOption('interleaving', interleaving);
        return Promise.all([socket.connectx(SERVER), server.accept()]);
      };
      const [[a, unread], [b, other]] = [await connect(), await connect()];
      const sent = [0, 1, 2, 3].map((stream) => a.send(pattern(150_000, stream), { stream }));
      await stacks.network.advance(2000);
      for (let round = 0; round < 3; round++) {
        const both = [0, 1].map((stream) => b.send(pattern(200_000, stream), { stream }));
        await stacks.network.advance(10);
        for (const message of [await other.receive(), await other.receive()]) {
          expect(isEqual(message?.data, pattern(200_000, message?.stream))).toBe(true);
        }
        await Promise.all(both);
      }
      const streams = new Set<number | undefined>();
      for (let count = 0; count < 4; count++) {
        const message = await unread.receive();
        expect(isEqual(message?.data, pattern(150_000, message?.stream))).toBe(true);
        streams.add(message?.stream);
      }
      expect(streams.size).toBe(4);
      await Promise.all(sent);
    });
  });
}

test('peers that send and leave while another association is unread fill no memory, and hold up no other association', async () => {
  await withTwoStacks(
    async (stacks) => {
      const server = listening(stacks, MANY);
      const [a, unread] = await client(stacks, server);
      const sent = sendAll(a, 400, 1000);
      await stacks.network.advance(2000);
      const full = stacks.server.memoryInUse;
      const unreceived = coreOf(unread).receiveQueues.cost;
      for (let round = 0; round < 100; round++) {
        const [b, other] = await client(stacks, server);
        for (let number = 0; number < 20; number++) await b.send(pattern(1000, number));
        if (round % 2 === 0) b.abort();
        else void b.close();
        await other.closed;
        await stacks.network.advance(10);
        if (round % 10 === 0) await expectAllButTheError(other);
      }
      expect(stacks.server.memoryInUse - full).toBeLessThan(100_000); // of 2 MB that arrived
      expect(coreOf(unread).receiveQueues.cost).toBe(unreceived);
      await expectPrompt(stacks, ...(await client(stacks, server)));
      await expectAll(unread, 400, 1000);
      await sent;
    },
    { limitMs: 1e7 },
  );
});

/** Expects the messages that arrived before the ABORT, and then its error. */
async function expectAllButTheError(association: Association): Promise<void> {
  const messages: Uint8Array[] = [];
  await expect(
    (async () => {
      for await (const { data } of association) messages.push(data);
    })(),
  ).rejects.toMatchObject({ code: 'ECONNRESET' });
  messages.forEach((data, number) => {
    expect(isEqual(data, pattern(1000, number))).toBe(true);
  });
}

for (const interleaved of [false, true]) {
  test(`an unread association keeps its messages when its peer restarts, ${interleaved ? 'I-DATA' : 'DATA'}`, () =>
    withPeers({ ...MANY, readAheadBytes: 10_000 }, [{ interleaved }, {}], async (stacks, peers, associations) => {
      const [first, second] = peers;
      const [unread, other] = associations.map((association) => watch(association, false));
      const say = (number: number) => first!.send(first!.data({ stream: 1, number, payload: new Uint8Array(1000) }));
      for (let number = 0; number < 40; number++) await say(number);
      await second!.send(second!.data({ stream: 1, payload: 'prompt' }));
      void read(other!);
      await stacks.network.advance(10);
      expect(other!.received).toEqual(['prompt']);
      await first!.begin(80, { stream: 3 }, 1000); // enough to be delivered in parts
      first!.tsn = 5000;
      await first!.connect({ tag: 0x3333 });
      for (let number = 0; number < 20; number++) await say(number);
      await second!.send(second!.data({ stream: 1, number: 1, payload: 'still' }));
      await stacks.network.advance(10);
      expect(other!.received).toEqual(['prompt', 'still']);
      expect(unread!.events).toEqual([]);
      void read(unread!);
      await stacks.network.advance(1000);
      expect(unread!.received).toEqual(Array.from({ length: 60 }, () => '1000 bytes'));
      expect(unread!.events).toEqual(['aborted 3/0', 'restart']);
    }));
}
