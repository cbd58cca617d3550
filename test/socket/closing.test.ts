import { describe, expect, test } from 'vitest';
import type { SctpError } from '../../src/errors.js';
import type { Stack } from '../../src/index.js';
import {
  ADDRESSES,
  all,
  codeOf,
  connected,
  failure,
  listening,
  newStack,
  PORT,
  pattern,
  SERVER,
  textOf,
  texts,
  withTwoStacks,
} from '../support/two-stacks.js';

const SHUTDOWN_ACK = 8;
const PEER_PORT = 6001;
const STYLES = ['one-to-one', 'one-to-many'] as const;

describe.each(STYLES)('%s: an orderly shutdown', (style) => {
  test('delivers messages that were sent before, and resolves at both ends', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
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

  test('delivers a send buffer that is full to the last byte', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style, sendBufferBytes: 65_536 }, { style });
      const heal = stacks.network.partition(stacks.clientHost, stacks.serverHost);
      const sent = a.send(pattern(65_536));
      const closed = a.close();
      heal();
      await sent;
      expect(await all(b)).toHaveLength(1);
      await closed;
    });
  });

  test('can be started by both ends at once', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      const [fromA, fromB] = [texts(a), texts(b)];
      await Promise.all([a.send('a'), b.send('b')]);
      await Promise.all([a.close(), b.close(), a.close()]);
      expect(await fromA).toEqual(['b']);
      expect(await fromB).toEqual(['a']);
    });
  });

  test('keeps messages that were received before', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      for (const text of ['one', 'two', 'three']) await a.send(text);
      await a.close();
      await stacks.network.advance(10);
      expect(b.state).toBe('closed');
      expect(await texts(b)).toEqual(['one', 'two', 'three']);
      expect(await b.receive()).toBeUndefined();
      expect(await b.receive({ timeoutMs: 0 })).toBeUndefined();
    });
  });

  test('delivers messages that the peer has already sent; the end that closes can receive them', async () => {
    await withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks, { style }, { style });
        await b.send('said');
        const closed = a.close();
        expect(textOf(await a.receive())).toBe('said');
        expect(await a.receive()).toBeUndefined();
        await closed;
      },
      { conditions: { latencyMs: 50 } },
    );
  });

  test('emits an event, after which nothing can be sent', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      const events: string[] = [];
      b.on('shutdown', () => events.push(`shutdown ${b.state}`));
      b.on('close', (error) => events.push(`close ${b.state} ${error}`));
      a.on('close', () => events.push('closed'));
      await a.close();
      await stacks.network.advance(10);
      expect(events).toEqual(['shutdown closing', 'closed', 'close closed undefined']);
      for (const each of [a, b]) {
        expect(await codeOf(each.send('x'))).toBe('EPIPE');
        each.abort('nothing to abort');
        await each.close();
        expect(each.paths().map(({ address }) => address)).toHaveLength(2);
      }
    });
  });

  test('resolves if the association has already ended, even if messages are unread', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style, readAheadBytes: 1 });
      for (let count = 0; count < 10; count++) await a.send('unread');
      await stacks.network.advance(10);
      a.abort('gone');
      await stacks.network.advance(10);
      expect(b.state).toBe('closed'); // nothing more can arrive
      await b.close();
      await stacks.server.close();
    });
  });

  test('resolves if the association has ended with a lost message: `closed` has the error, even if messages are unread', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style, readAheadBytes: 1 });
      for (let count = 0; count < 10; count++) await a.send('unread');
      await stacks.network.advance(10);
      stacks.network.oneWay(stacks.serverHost, stacks.clientHost, { loss: 1 });
      await b.send('lost');
      a.abort('gone');
      await stacks.network.advance(10);
      expect(await b.closed).toMatchObject({ code: 'ECONNRESET' });
      await b.close();
      for (let count = 0; count < 10; count++) expect(textOf(await b.receive())).toBe('unread');
      expect(await codeOf(b.receive())).toBe('ECONNRESET');
    });
  });

  test('without an answer ends at its deadline: ETIMEDOUT', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      stacks.network.partition(stacks.clientHost, stacks.serverHost);
      const before = stacks.network.clock.now();
      expect(await codeOf(a.close({ timeoutMs: 500 }))).toBe('ETIMEDOUT');
      expect(stacks.network.clock.now() - before).toBe(500);
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET' });
      expect(b.state).toBe('open');
    });
  });

  test('can be ended by a signal, with its reason', async () => {
    await withTwoStacks(async (stacks) => {
      const { a } = await connected(stacks, { style }, { style });
      stacks.network.partition(stacks.clientHost, stacks.serverHost);
      const controller = new AbortController();
      const closed = failure(a.close({ signal: controller.signal }));
      await stacks.network.advance(10);
      controller.abort(new Error('enough'));
      expect((await closed).message).toContain('enough');
      expect(a.state).toBe('closed');
    });
  });

  test('completes even if the peer does not read: the messages can be read later', async () => {
    await withTwoStacks(async (stacks) => {
      const options = { style, readAheadBytes: 1000 };
      const { a, b } = await connected(stacks, options, options);
      for (let number = 0; number < 20; number++) await a.send(pattern(1000, number));
      await a.close();
      await stacks.network.advance(10);
      await b.close({ timeoutMs: 1000 });
      expect(await all(b)).toHaveLength(20);
    });
  });
});

test('closing a socket or a stack closes its associations; later calls fail with EBADF or ENETDOWN', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b, clientSocket, serverSocket } = await connected(stacks, { style: 'one-to-many' });
    const received = texts(b);
    await a.send('last words');
    const accepting = codeOf(serverSocket.accept());
    const iterated = (async () => {
      for await (const _ of serverSocket.listen()) throw new Error('unexpected association');
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
    await Promise.all([stacks.server.close(), stacks.server.close()]);
    expect(await accepting).toBe('EBADF');
    await iterated;
    expect(await codeOf((async () => stacks.server.socket())())).toBe('ENETDOWN');
    expect(await codeOf(serverSocket.accept())).toBe('EBADF');
    expect(stacks.network.hosts[1]!.transport.addresses).toBeDefined();
  });
});

test('a peer that restarts while its SHUTDOWN is being answered gets SHUTDOWN ACK on the path of its INIT, and connects', async () => {
  await withTwoStacks(async (stacks) => {
    const { network, clientHost, serverHost } = stacks;
    listening(stacks).on('association', () => {});
    const connect = (stack: Stack) => {
      const socket = stack.socket();
      socket.bindx([{ address: '0.0.0.0', port: PEER_PORT }]);
      return socket.connectx(SERVER);
    };
    const association = await connect(stacks.client);
    const stop = network.filter(({ bytes }, from) => {
      return from === serverHost && bytes[12] === SHUTDOWN_ACK ? 'drop' : undefined;
    });
    void association.close().catch(() => {});
    await network.advance(500);
    clientHost.crash();
    await network.advance(20_000); // T2-shutdown takes 16 s by now
    stop();
    clientHost.restart();
    network.partition(ADDRESSES.server[1]); // the path of the last SHUTDOWN ACK
    const again = await newStack(network, clientHost);
    const startMs = network.clock.now();
    await connect(again);
    expect(network.clock.now() - startMs).toBeLessThan(3000);
  });
});

test('closing a socket while it connects fails the attempt', async () => {
  await withTwoStacks(async (stacks) => {
    for (const style of STYLES) {
      const socket = stacks.client.socket({ style });
      const attempt = failure(socket.connectx([{ address: '10.0.1.77', port: PORT }]));
      await stacks.network.advance(100);
      await socket.close();
      expect(await attempt).toMatchObject({ code: 'EBADF' });
      const another = stacks.client.socket({ style });
      const connecting = failure(another.connectx([{ address: '10.0.1.77', port: PORT }]));
      await stacks.network.advance(100);
      await another.associations[0]!.close();
      expect((await connecting) as SctpError).toMatchObject({ code: 'ECONNRESET' });
    }
  });
});

test('closing a stack with a deadline aborts associations whose peer does not answer', async () => {
  await withTwoStacks(async (stacks) => {
    await connected(stacks);
    stacks.network.partition(stacks.clientHost, stacks.serverHost);
    expect(await codeOf(stacks.client.close({ timeoutMs: 1000 }))).toBe('ETIMEDOUT');
    stacks.server.sockets[0]?.abort();
    for (const socket of stacks.server.sockets) socket.abort();
    await stacks.server.close();
  });
});

test('`await using` closes a stack, its sockets and associations, with or without unread messages', async () => {
  await withTwoStacks(async (stacks) => {
    const { network } = stacks;
    const host = network.host('third', ['10.0.1.3']);
    {
      await using stack = await newStack(network, host);
      await using socket = stack.socket();
      socket.bindx([{ address: '10.0.1.3', port: PORT }]);
      socket.listen();
      const theirs = await stacks.client.socket().connect({ address: '10.0.1.3', port: PORT });
      await using association = await socket.accept();
      for (let number = 0; number < 1000; number++) void theirs.send(pattern(5000)).catch(() => undefined);
      await network.advance(1000);
      expect(association.state).toBe('open');
    }
    await network.advance(1); // SHUTDOWN COMPLETE is on its way
    expect(stacks.client.sockets.flatMap((socket) => socket.associations)).toEqual([]);
  });
});

test('memory returns to its baseline after everything is closed', async () => {
  await withTwoStacks(
    async (stacks) => {
      const { network, client, server } = stacks;
      const cycle = async (rounds: number) => {
        for (let round = 0; round < rounds; round++) {
          const style = STYLES[round % 2]!;
          const { a, b, clientSocket, serverSocket } = await connected(stacks, { style }, { style });
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
      // usrsctp keeps the tags of ended associations in 32 tables of 188 bytes, which it allocates when it needs them.
      for (const side of [0, 1]) expect(after[side]! - before[side]!).toBeLessThanOrEqual(32 * 188);
    },
    { limitMs: 1e8 },
  );
});
