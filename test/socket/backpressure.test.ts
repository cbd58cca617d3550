import { expect, test } from 'vitest';
import {
  all,
  codeOf,
  connected,
  isEqual,
  listening,
  pattern,
  SERVER,
  textOf,
  withTwoStacks,
} from '../support/two-stacks.js';

const MB = 1024 * 1024;

for (const style of ['one-to-one', 'one-to-many'] as const) {
  test(`a receiver that doesn't read stops its sender, in bounded memory, ${style}; then everything arrives`, async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      const idle = [stacks.client.memoryInUse, stacks.server.memoryInUse] as const;
      let taken = 0;
      const sent = (async () => {
        for (let number = 0; number < 4000; number++) {
          await a.send(pattern(1000, number));
          taken++;
        }
        await a.close();
      })();
      await stacks.network.advance(60_000);
      const stopped = taken;
      // 256 KB in each of the buffers, 64 KB read ahead
      expect(stopped).toBeGreaterThan(200);
      expect(stopped).toBeLessThan(700);
      await stacks.network.advance(60_000);
      expect(taken).toBe(stopped);
      expect(a.bufferedBytes).toBeGreaterThan(0);
      expect(a.bufferedBytes).toBeLessThanOrEqual(1000);
      expect(stacks.client.memoryInUse - idle[0]).toBeLessThan(1.5 * MB);
      expect(stacks.server.memoryInUse - idle[1]).toBeLessThan(1.5 * MB);
      const messages = await all(b);
      await sent;
      expect(messages).toHaveLength(4000);
      expect(messages.every(({ data }, number) => isEqual(data, pattern(1000, number)))).toBe(true);
    });
  });
}

test('unread tiny messages are bounded, too', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    let taken = 0;
    const sent = (async () => {
      for (; taken < 100_000; taken++) await a.send('x');
    })().catch((error: unknown) => error);
    await stacks.network.advance(60_000);
    expect(taken).toBeLessThan(20_000);
    expect(stacks.client.memoryInUse).toBeLessThan(4 * MB);
    expect(stacks.server.memoryInUse).toBeLessThan(2 * MB);
    b.abort();
    expect(await sent).toMatchObject({ code: 'ECONNRESET' });
  });
});

test('a message beyond sendQueueBytes is ENOBUFS; accepted messages arrive, and no others', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, { sendQueueBytes: 100_000, sendBufferBytes: 65_536 });
    const results: Promise<number>[] = [];
    for (let number = 0; number < 400; number++) {
      const settled = a.send(pattern(1000, number)).then(
        () => number,
        (error) => {
          expect(error).toMatchObject({ code: 'ENOBUFS', syscall: 'send' });
          return -1;
        },
      );
      results.push(settled);
    }
    expect(a.bufferedBytes).toBeLessThanOrEqual(100_000);
    const received = all(b);
    const accepted = (await Promise.all(results)).filter((number) => number >= 0);
    expect(accepted.length).toBeGreaterThan(100);
    expect(accepted.length).toBeLessThan(300);
    await a.close();
    const messages = await received;
    expect(messages).toHaveLength(accepted.length);
    expect(messages.every(({ data }, index) => isEqual(data, pattern(1000, accepted[index])))).toBe(true);
  });
});

test('one message may be larger than sendQueueBytes', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, { sendQueueBytes: 1 });
    const [first, second] = [a.send(pattern(1_000_000)), a.send('too much')];
    expect(await codeOf(second)).toBe('ENOBUFS');
    expect((await b.receive())?.data.length).toBe(1_000_000);
    await first;
  });
});

test("an association that isn't read doesn't hold up another one-to-one association", async () => {
  await withTwoStacks(async (stacks) => {
    const server = listening(stacks);
    const [stuck, other] = [
      await stacks.client.socket().connectx(SERVER),
      await stacks.client.socket().connectx(SERVER),
    ];
    await server.accept();
    const reader = await server.accept();
    const blocked = stuck.send(pattern(2_000_000)).catch((error: unknown) => error);
    await stacks.network.advance(1000);
    for (let round = 0; round < 100; round++) {
      await other.send(`${round}`);
      expect(textOf(await reader.receive())).toBe(`${round}`);
    }
    stuck.abort();
    expect(await blocked).toMatchObject({ code: 'ECONNRESET' });
  });
});

test('unread messages of associations that have ended do not hold up other associations', async () => {
  await withTwoStacks(async (stacks) => {
    const server = listening(stacks, { style: 'one-to-many', readAheadBytes: 10_000 });
    for (let round = 0; round < 20; round++) {
      const client = await stacks.client.socket().connectx(SERVER);
      await server.accept();
      await client.send(pattern(5000));
      await client.close();
    }
    const client = await stacks.client.socket().connectx(SERVER);
    const last = await server.accept();
    await client.send('still alive');
    expect(textOf(await last.receive())).toBe('still alive');
  });
});

test('a slow reader gets everything, and the sender never runs far ahead', async () => {
  await withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks, {}, { receiveBufferBytes: 16_384, readAheadBytes: 4096 });
      let sent = 0;
      const done = (async () => {
        for (; sent < 1000; sent++) await a.send(pattern(2000, sent));
        await a.close();
      })();
      let received = 0;
      for await (const { data } of b) {
        expect(isEqual(data, pattern(2000, received++))).toBe(true);
        if (received % 10 === 0) await stacks.network.advance(100);
        expect(sent - received).toBeLessThan((262_144 + 16_384 + 4096 + 4000) / 2000);
      }
      expect(received).toBe(1000);
      await done;
    },
    { limitMs: 1e7 },
  );
});

test('senderDry is emitted when everything is acknowledged, and only while there is a listener', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    let calls = 0;
    const off = a.on('senderDry', () => calls++);
    await stacks.network.advance(1);
    expect(calls).toBe(1); // at once, because nothing is unacknowledged
    await a.send(pattern(50_000));
    expect(calls).toBe(1);
    expect((await b.receive())?.data.length).toBe(50_000);
    await stacks.network.advance(500);
    expect(calls).toBe(2);
    off();
    await a.send('more');
    await stacks.network.advance(500);
    expect(calls).toBe(2);
  });
});
