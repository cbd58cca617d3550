import { describe, expect, test } from 'vitest';
import type { SctpError } from '../src/errors.js';
import type { SendFailure } from '../src/socket/events.js';
import { all, codeOf, connected, failure, inWorld, newStack, pattern, PORT, SERVER, texts } from './support/world.js';
import { textOf } from './support/world.js';

const STYLES = ['one-to-one', 'one-to-many'] as const;

describe.each(STYLES)('%s: an orderly shutdown', (style) => {
  test('delivers what was sent before, and resolves on both ends', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style });
      const sent = Array.from({ length: 50 }, (_, number) => a.send(pattern(20_000, number)));
      const received = all(b);
      const closed = a.close();
      expect(await codeOf(a.send('late'))).toBe('EPIPE');
      await Promise.all([...sent, closed]);
      expect(await received).toHaveLength(50);
      expect(await a.closed).toBeUndefined();
      expect(await b.closed).toBeUndefined();
      await b.close();
      expect([a.state, b.state]).toEqual(['closed', 'closed']);
    });
  });

  test('of a send buffer that is full to the last byte', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style, sendBufferBytes: 65_536 }, { style });
      const heal = world.network.partition(world.clientHost, world.serverHost);
      const sent = a.send(pattern(65_536));
      const closed = a.close();
      heal();
      await sent;
      expect(await all(b)).toHaveLength(1);
      await closed;
    });
  });

  test('can be begun by both ends at once', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style });
      const [fromA, fromB] = [texts(a), texts(b)];
      await Promise.all([a.send('a'), b.send('b')]);
      await Promise.all([a.close(), b.close(), a.close()]);
      expect(await fromA).toEqual(['b']);
      expect(await fromB).toEqual(['a']);
    });
  });

  test('leaves readable what was received before', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style });
      for (const text of ['one', 'two', 'three']) await a.send(text);
      await a.close();
      await world.network.advance(10);
      expect(b.state).toBe('closed');
      expect(await texts(b)).toEqual(['one', 'two', 'three']);
      expect(await b.receive()).toBeUndefined();
      expect(await b.receive({ timeoutMs: 0 })).toBeUndefined();
    });
  });

  test('lets the peer say what it had sent already; the one who closes can receive it', async () => {
    await inWorld(
      async (world) => {
        const { a, b } = await connected(world, { style }, { style });
        await b.send('said');
        const closed = a.close();
        expect(textOf(await a.receive())).toBe('said');
        expect(await a.receive()).toBeUndefined();
        await closed;
      },
      { conditions: { latencyMs: 50 } },
    );
  });

  test('is told by an event, after which nothing can be sent', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style });
      const events: string[] = [];
      b.on('shutdown', () => events.push(`shutdown ${b.state}`));
      b.on('close', (error) => events.push(`close ${b.state} ${error}`));
      a.on('close', () => events.push('closed'));
      await a.close();
      await world.network.advance(10);
      expect(events).toEqual(['shutdown closing', 'closed', 'close closed undefined']);
      for (const each of [a, b]) {
        expect(await codeOf(each.send('x'))).toBe('EPIPE');
        each.abort('nothing to abort');
        await each.close();
        expect(each.paths().map(({ address }) => address)).toHaveLength(2);
      }
    });
  });

  test('that nobody answers ends by its deadline: ETIMEDOUT', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style });
      world.network.partition(world.clientHost, world.serverHost);
      const before = world.network.clock.now();
      expect(await codeOf(a.close({ timeoutMs: 500 }))).toBe('ETIMEDOUT');
      expect(world.network.clock.now() - before).toBe(500);
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET' });
      expect(b.state).toBe('open');
    });
  });

  test('can be given up by a signal, with its reason', async () => {
    await inWorld(async (world) => {
      const { a } = await connected(world, { style }, { style });
      world.network.partition(world.clientHost, world.serverHost);
      const controller = new AbortController();
      const closed = failure(a.close({ signal: controller.signal }));
      await world.network.advance(10);
      controller.abort(new Error('enough'));
      expect((await closed).message).toContain('enough');
      expect(a.state).toBe('closed');
    });
  });

  test('ends by itself where nobody reads: what there is can be read later', async () => {
    await inWorld(async (world) => {
      const options = { style, readAheadBytes: 1000 };
      const { a, b } = await connected(world, options, options);
      for (let number = 0; number < 20; number++) await a.send(pattern(1000, number));
      await a.close();
      await world.network.advance(10);
      await b.close({ timeoutMs: 1000 });
      expect(await all(b)).toHaveLength(20);
    });
  });
});

describe.each(STYLES)('%s: an abort', (style) => {
  test('reaches the peer with its reason: receive, iteration, send and closed fail with it', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style });
      await a.send('before');
      await world.network.advance(1);
      a.abort('the disk is full — grüße');
      const seen: string[] = [];
      const error = await failure(
        (async () => {
          for await (const message of b) seen.push(textOf(message));
        })(),
      );
      expect(seen).toEqual(['before']);
      expect(error).toMatchObject({
        code: 'ECONNRESET',
        abort: [{ code: 12, name: 'User-Initiated Abort', text: 'the disk is full — grüße' }],
      });
      expect(error.message).toContain('the disk is full — grüße');
      expect(await b.closed).toBe(error);
      expect(await failure(b.receive())).toBe(error);
      expect(await failure(b.send('x'))).toBe(error);
      expect(await codeOf(a.receive())).toBe('ECONNRESET');
      await a.close();
      await b.close();
    });
  });

  test('works when the send buffer is full', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style, readAheadBytes: 1 });
      const sent = Promise.allSettled(Array.from({ length: 1000 }, () => a.send(pattern(1000))));
      await world.network.advance(100);
      a.abort('full');
      expect(a.state).toBe('closed');
      const rejected = (await sent).flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
      expect(rejected.length).toBeGreaterThan(100);
      expect(new Set(rejected)).toEqual(new Set(['ECONNRESET']));
      expect(await b.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'full' }] });
      await a.closed;
    });
  });

  test('cuts a reason that is too long, between characters', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style }, { style });
      a.abort('é'.repeat(5000));
      expect(await b.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'é'.repeat(252) }] });
    });
  });

  test('tells of each message that was not delivered', async () => {
    await inWorld(async (world) => {
      const { a, b } = await connected(world, { style, sendBufferBytes: 65_536 }, { style });
      const failures: SendFailure[] = [];
      a.on('sendFailed', (event) => failures.push(event));
      world.network.oneWay(world.clientHost, world.serverHost, { loss: 1 });
      const bytes = pattern(30_000);
      await a.send('first', { context: 1 });
      await a.send(bytes, { context: 2, stream: 1 });
      await a.send('third', { context: 3 });
      await world.network.advance(10);
      b.abort();
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET' });
      expect(failures.map(({ context, whole }) => [context, whole])).toEqual([
        [1, true],
        [2, true],
        [3, true],
      ]);
      expect(Buffer.compare(failures[1]!.data, bytes)).toBe(0);
      expect(failures.map(({ sent }) => sent)).toEqual([true, true, false]);
    });
  });
});

test('a peer that vanishes is ETIMEDOUT after Association.Max.Retrans, measured in virtual time', async () => {
  await inWorld(
    async (world) => {
      const { a } = await connected(world);
      world.serverHost.crash();
      await a.send('anybody?');
      const before = world.network.clock.now();
      expect(await codeOf(a.receive())).toBe('ETIMEDOUT');
      const elapsed = world.network.clock.now() - before;
      expect(await a.closed).toMatchObject({ code: 'ETIMEDOUT' });
      // Ten retransmissions over two paths: each path backs off for itself from 1 s to 60 s, heartbeats count too.
      expect(elapsed).toBeGreaterThan(30_000);
      expect(elapsed).toBeLessThan(400_000);
    },
    { limitMs: 1e7 },
  );
});

test('with the preset for fast failover a peer that vanishes is known after seconds', async () => {
  await inWorld(
    async (world) => {
      const { a } = await connected(world);
      world.serverHost.crash();
      await a.send('anybody?');
      const before = world.network.clock.now();
      expect(await codeOf(a.receive())).toBe('ETIMEDOUT');
      expect(world.network.clock.now() - before).toBeLessThan(10_000);
    },
    { stack: { preset: 'fast-failover' } },
  );
});

describe('a peer that restarts', () => {
  test("is told by 'restart' where the association is known still, and messages go on", async () => {
    await inWorld(
      async (world) => {
        const { network, serverHost } = world;
        const client = world.client.socket({ style: 'one-to-many' });
        client.bindx([{ address: '10.0.1.1', port: 7001 }]);
        client.listen();
        const server = world.server.socket();
        server.bindx(SERVER);
        const [first, old] = await Promise.all([server.connect({ address: '10.0.1.1', port: 7001 }), client.accept()]);
        await first.send('hello');
        expect(textOf(await old.receive())).toBe('hello');
        let restarts = 0;
        old.on('restart', () => restarts++);
        const failures: SendFailure[] = [];
        old.on('sendFailed', (event) => failures.push(event));
        serverHost.crash();
        await old.send('lost', { stream: 2 });
        const large = old.send(pattern(1_000_000), { stream: 3 });
        await network.advance(100);
        serverHost.restart();
        const again = (await newStack(network, serverHost)).socket();
        again.bindx(SERVER);
        const second = await again.connect({ address: '10.0.1.1', port: 7001 });
        await second.send('hello again');
        expect(textOf(await old.receive())).toBe('hello again');
        expect(restarts).toBe(1);
        expect(failures.map(textOf)).toContain('lost');
        // what was begun goes once more as a whole, and the stream isn't stuck
        expect((await second.receive())?.data.length).toBe(1_000_000);
        await large;
        await old.send('and back', { stream: 1 });
        expect(textOf(await second.receive())).toBe('and back');
        await Promise.all([old.close(), second.receive()]);
      },
      { limitMs: 1e7 },
    );
  });

  test('and knows nothing of the association aborts it: ECONNRESET', async () => {
    await inWorld(async (world) => {
      const { a } = await connected(world);
      world.serverHost.crash();
      world.serverHost.restart();
      await newStack(world.network, world.serverHost);
      await a.send('are you there?');
      expect(await codeOf(a.receive())).toBe('ECONNRESET');
    });
  });
});

test('closing a socket, or a stack, closes what is open; afterwards everything says so', async () => {
  await inWorld(async (world) => {
    const { a, b, clientSocket, serverSocket } = await connected(world, { style: 'one-to-many' });
    const received = texts(b);
    await a.send('last words');
    const accepting = codeOf(serverSocket.accept());
    const iterated = (async () => {
      for await (const _ of serverSocket.listen()) throw new Error('nobody came');
    })();
    await clientSocket.close();
    expect(await received).toEqual(['last words']);
    await clientSocket.close();
    for (const call of [
      () => clientSocket.connectx(SERVER),
      () => clientSocket.accept(),
      async () => clientSocket.listen(),
      async () => clientSocket.bindx(SERVER),
    ]) {
      expect(await codeOf(call())).toBe('EBADF');
    }
    await Promise.all([world.server.close(), world.server.close()]);
    expect(await accepting).toBe('EBADF');
    await iterated;
    expect(await codeOf((async () => world.server.socket())())).toBe('ENETDOWN');
    expect(await codeOf(serverSocket.accept())).toBe('EBADF');
    expect(world.network.hosts[1]!.transport.addresses).toBeDefined();
  });
});

test('a socket that is closed while it connects gives the attempt up', async () => {
  await inWorld(async (world) => {
    for (const style of STYLES) {
      const socket = world.client.socket({ style });
      const attempt = failure(socket.connectx([{ address: '10.0.1.77', port: PORT }]));
      await world.network.advance(100);
      await socket.close();
      expect(await attempt).toMatchObject({ code: 'EBADF' });
      const another = world.client.socket({ style });
      const connecting = failure(another.connectx([{ address: '10.0.1.77', port: PORT }]));
      await world.network.advance(100);
      await another.associations[0]!.close();
      expect((await connecting) as SctpError).toMatchObject({ code: 'ECONNRESET' });
    }
  });
});

test('a stack that is closed by a deadline aborts what nobody answers', async () => {
  await inWorld(async (world) => {
    await connected(world);
    world.network.partition(world.clientHost, world.serverHost);
    expect(await codeOf(world.client.close({ timeoutMs: 1000 }))).toBe('ETIMEDOUT');
    world.server.sockets[0]?.abort();
    for (const socket of world.server.sockets) socket.abort();
    await world.server.close();
  });
});

test('`await using` closes a stack, its sockets and associations, with or without unread messages', async () => {
  await inWorld(async (world) => {
    const { network } = world;
    const host = network.host('third', ['10.0.1.3']);
    {
      await using stack = await newStack(network, host);
      await using socket = stack.socket();
      socket.bindx([{ address: '10.0.1.3', port: PORT }]);
      socket.listen();
      const theirs = await world.client.socket().connect({ address: '10.0.1.3', port: PORT });
      await using association = await socket.accept();
      for (let number = 0; number < 1000; number++) void theirs.send(pattern(5000)).catch(() => undefined);
      await network.advance(1000);
      expect(association.state).toBe('open');
    }
    expect(host.transport.addresses).toEqual(['10.0.1.3']);
  });
});

test('memory returns to its baseline after everything is closed', async () => {
  await inWorld(
    async (world) => {
      const { network, client, server } = world;
      const cycle = async (rounds: number) => {
        for (let round = 0; round < rounds; round++) {
          const style = STYLES[round % 2]!;
          const { a, b, clientSocket, serverSocket } = await connected(world, { style }, { style });
          const received = all(b).catch(() => undefined);
          await Promise.all([a.send(pattern(100_000)), b.send('x')]);
          if (round % 3 === 0) a.abort('over');
          else await a.close();
          await received;
          await Promise.all([clientSocket.close(), serverSocket.close()]);
          await network.advance(10_000);
        }
      };
      await cycle(4);
      await network.advance(100_000);
      const before = [client.memoryInUse, server.memoryInUse];
      await cycle(20);
      await network.advance(100_000);
      const after = [client.memoryInUse, server.memoryInUse];
      // Tables that grow by doubling may be larger; nothing grows with the number of associations.
      for (const side of [0, 1]) expect(after[side]! - before[side]!).toBeLessThan(1000);
    },
    { limitMs: 1e8 },
  );
});
