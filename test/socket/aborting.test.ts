import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { SendFailure } from '../../src/association/events.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import {
  codeOf,
  connected,
  failure,
  isEqual,
  listening,
  newStack,
  pattern,
  SERVER,
  type TwoStacks,
  textOf,
  withTwoStacks,
} from '../support/two-stacks.js';

const STYLES = ['one-to-one', 'one-to-many'] as const;

describe.each(STYLES)('%s: an abort', (style) => {
  test('reaches the peer with its reason: receive, iteration, send and closed fail with it', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      await a.send('before');
      await stacks.network.advance(1);
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
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { readAheadBytes: 1 });
      const sent = Promise.allSettled(Array.from({ length: 1000 }, () => a.send(pattern(1000))));
      await stacks.network.advance(100);
      a.abort('full');
      expect(a.state).toBe('closed');
      const rejected = (await sent).flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
      expect(rejected.length).toBeGreaterThan(100);
      expect(new Set(rejected)).toEqual(new Set(['ECONNRESET']));
      expect(await b.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'full' }] });
      await a.closed;
    });
  });

  test.each<[string, (b: Association) => unknown]>([
    ['abort()', (b) => b.abort('bye')],
    ['close() with a deadline', (b) => b.close({ timeoutMs: 0 }).catch(() => {})],
  ])('reaches the peer while stream 0 is being reset: %s', async (_, end) => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      const reset = codeOf(b.resetStreams({ outgoing: [0] }));
      end(b);
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ code: 12 }] });
      expect(await reset).toBe('ECONNRESET');
      await stacks.server.close();
      expect(stacks.server.memoryInUse).toBe(0);
    });
  });

  test('reaches the peer in the middle of a message, and of a shutdown', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { receiveBufferBytes: 4096, readAheadBytes: 1 }, { style });
      const sent = codeOf(b.send(pattern(1_000_000), { stream: 3 }));
      const closed = codeOf(b.close());
      await stacks.network.advance(100);
      b.abort('no time');
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'no time' }] });
      expect([await sent, await closed]).toEqual(['ECONNRESET', 'ECONNRESET']);
    });
  });

  test('reaches a peer that has sent COOKIE ACK, which was lost', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      stacks.network.filter(({ bytes }) => (bytes[12] === 11 ? 'drop' : undefined));
      const client = stacks.client.socket({ style });
      const a = await client.connectx(SERVER, { wait: false });
      const b = await server.accept();
      a.abort('changed my mind');
      expect(await b.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'changed my mind' }] });
      expect(await codeOf(a.ready)).toBe('ECONNRESET');
      expect(client.associations).toEqual([]);
    });
  });

  test('cuts a reason that is too long, between characters', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      a.abort('é'.repeat(5000));
      expect(await b.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'é'.repeat(252) }] });
    });
  });

  test('emits sendFailed for each message that was not delivered', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style, sendBufferBytes: 65_536 }, { style });
      const failures: SendFailure[] = [];
      a.on('sendFailed', (event) => failures.push(event));
      stacks.network.oneWay(stacks.clientHost, stacks.serverHost, { loss: 1 });
      const bytes = pattern(30_000);
      await a.send('first', { context: 1 });
      await a.send(bytes, { context: 2, stream: 1 });
      await a.send('third', { context: 3 });
      await stacks.network.advance(10);
      b.abort();
      expect(await a.closed).toMatchObject({ code: 'ECONNRESET' });
      failures.sort((x, y) => x.context - y.context);
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

test('if the peer vanishes, the association fails with ETIMEDOUT after Association.Max.Retrans, in virtual time', async () => {
  await withTwoStacks(
    async (stacks) => {
      const { a } = await connected(stacks);
      stacks.serverHost.crash();
      await a.send('anybody?');
      const before = stacks.network.clock.now();
      expect(await codeOf(a.receive())).toBe('ETIMEDOUT');
      const elapsed = stacks.network.clock.now() - before;
      expect(await a.closed).toMatchObject({ code: 'ETIMEDOUT' });
      // Ten retransmissions over two paths: each path backs off on its own from 1 s to 60 s, and heartbeats count too.
      expect(elapsed).toBeGreaterThan(30_000);
      expect(elapsed).toBeLessThan(400_000);
    },
    { limitMs: 1e7 },
  );
});

test('with the preset fast-failover a vanished peer is detected within 10 s', async () => {
  await withTwoStacks(
    async (stacks) => {
      const { a } = await connected(stacks);
      stacks.serverHost.crash();
      await a.send('anybody?');
      const before = stacks.network.clock.now();
      expect(await codeOf(a.receive())).toBe('ETIMEDOUT');
      expect(stacks.network.clock.now() - before).toBeLessThan(10_000);
    },
    { stack: { preset: 'fast-failover' } },
  );
});

describe('a peer that restarts', () => {
  /** The server's host connects, crashes, and connects again from the same port. */
  async function restarted(stacks: TwoStacks, meanwhile: (old: Association) => Promise<void>) {
    const { network, serverHost } = stacks;
    const client = stacks.client.socket({ style: 'one-to-many' });
    client.bindx([{ address: '10.0.1.1', port: 7001 }]);
    client.listen();
    const server = stacks.server.socket();
    server.bindx(SERVER);
    const [first, old] = await Promise.all([server.connect({ address: '10.0.1.1', port: 7001 }), client.accept()]);
    await first.send('hello');
    expect(textOf(await old.receive())).toBe('hello');
    serverHost.crash();
    await meanwhile(old);
    await network.advance(100);
    serverHost.restart();
    const again = (await newStack(network, serverHost)).socket();
    again.bindx(SERVER);
    return { old, again: await again.connect({ address: '10.0.1.1', port: 7001 }) };
  }

  test("emits 'restart' if the association still exists, and messages go on", async () => {
    await withTwoStacks(async (stacks) => {
      let restarts = 0;
      const failures: SendFailure[] = [];
      const { old, again } = await restarted(stacks, async (association) => {
        association.on('restart', () => restarts++);
        association.on('sendFailed', (event) => failures.push(event));
        await association.send('lost', { stream: 2 });
      });
      await again.send('hello again');
      expect(textOf(await old.receive())).toBe('hello again');
      expect(restarts).toBe(1);
      expect(failures.map(textOf)).toEqual(['lost']);
      await old.send('and back', { stream: 1 });
      expect(textOf(await again.receive())).toBe('and back');
      await Promise.all([old.close(), again.receive()]);
    });
  });

  test('gets a partly sent message again as a whole', async () => {
    await withTwoStacks(
      async (stacks) => {
        let large = Promise.resolve();
        const { old, again } = await restarted(stacks, async (association) => {
          large = association.send(pattern(1_000_000), { stream: 3 });
        });
        expect((await again.receive())?.data.length).toBe(1_000_000);
        await large;
        await old.send('and back', { stream: 1 });
        expect(textOf(await again.receive())).toBe('and back');
      },
      { limitMs: 1e5 },
    );
  });

  test('gets the whole message that a sendFailed listener sends', async () => {
    await withTwoStacks(
      async (stacks) => {
        const sends: Promise<void>[] = [];
        const { old, again } = await restarted(stacks, async (association) => {
          association.once('sendFailed', () => sends.push(association.send(pattern(900_000, 2), { stream: 4 })));
          sends.push(association.send('lost'));
        });
        const received = await again.receive();
        expect(isEqual(received?.data, pattern(900_000, 2))).toBe(true);
        await Promise.all(sends);
        await Promise.all([old.close(), again.receive()]);
      },
      { limitMs: 1e5 },
    );
  });

  test('and does not know the association aborts it: ECONNRESET', async () => {
    await withTwoStacks(async (stacks) => {
      const { a } = await connected(stacks);
      stacks.serverHost.crash();
      stacks.serverHost.restart();
      await newStack(stacks.network, stacks.serverHost);
      await a.send('are you there?');
      expect(await codeOf(a.receive())).toBe('ECONNRESET');
    });
  });
});

describe('an invalid DATA chunk', () => {
  const CHUNK = 12;
  /** The error cause that the sender gets if its DATA packets are changed on their way. */
  const abortCause = (change: (packet: DataView) => void) =>
    withTwoStacks(async (stacks) => {
      const { a } = await connected(stacks);
      await a.send('first');
      await stacks.network.advance(1000);
      stacks.network.filter((packet) => {
        if (packet.bytes[CHUNK] !== 0) return packet;
        const bytes = packet.bytes.slice();
        change(new DataView(bytes.buffer));
        sealPacket(bytes);
        return { ...packet, bytes };
      });
      await a.send('second');
      return (await a.closed)?.abort?.[0];
    });

  test('with a wrong length aborts the association, and the error cause says so', async () => {
    const cause = await abortCause((packet) => packet.setUint16(CHUNK + 2, 12));
    expect(cause).toMatchObject({ code: 13, text: 'DATA chunk of length 12' });
  });

  test('with a wrong stream sequence number aborts the association, and the error cause names it', async () => {
    const cause = await abortCause((packet) => packet.setUint16(CHUNK + 10, 0));
    const expected = /^Message 0 of stream 0 has been delivered: TSN=[0-9a-f]{8}$/;
    expect(cause).toMatchObject({ code: 13, text: expect.stringMatching(expected) });
  });
});
