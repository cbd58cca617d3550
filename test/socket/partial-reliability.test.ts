import { describe, expect, test } from 'vitest';
import type { SendFailure } from '../../src/association/events.js';
import { CHUNK_TYPES } from '../../src/wire/chunk-types.js';
import { all, codeOf, connected, isEqual, pattern, textOf, texts, withTwoStacks } from '../support/two-stacks.js';

describe('partial reliability', () => {
  const lossy = { conditions: { latencyMs: 10 } };
  const slow = { conditions: { latencyMs: 40 } };

  test('a message whose lifetime ends before it is delivered is abandoned, and sendFailed has its data', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const failures: SendFailure[] = [];
      a.on('sendFailed', (event) => failures.push(event));
      const heal = stacks.network.partition(stacks.clientHost, stacks.serverHost);
      await a.send('old news', { reliability: { lifetimeMs: 100 }, ppid: 5, stream: 2, context: 77 });
      await stacks.network.advance(200);
      heal();
      await a.send('for sure');
      expect(textOf(await b.receive())).toBe('for sure');
      await stacks.network.advance(5000);
      expect(failures).toHaveLength(1);
      expect(failures[0]).toMatchObject({ stream: 2, ppid: 5, context: 77, sent: true, whole: true });
      expect(textOf(failures[0])).toBe('old news');
    }, lossy);
  });

  test('a message is abandoned after its number of retransmissions; others arrive', async () => {
    await withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks);
        const failures: SendFailure[] = [];
        a.on('sendFailed', (event) => failures.push(event));
        const received = texts(b);
        for (let number = 0; number < 200; number++) {
          const reliability = { retransmits: 0 };
          const text = `${number}`.padEnd(800); // no two in one packet
          await a.send(text, number % 2 === 0 ? { reliability, stream: 1 } : { stream: 1 });
        }
        await a.close();
        const arrived = await received;
        const odd = arrived.filter((text) => Number(text) % 2 === 1);
        expect(odd).toHaveLength(100);
        expect(failures.length).toBeGreaterThan(0);
        const lost = failures.map(textOf); // an abandoned message may have arrived, if its SACKs were lost
        const either = new Set([...arrived, ...lost].map(Number));
        expect([...either].sort((x, y) => x - y)).toEqual(Array.from({ length: 200 }, (_, i) => i));
      },
      { conditions: { latencyMs: 10, loss: 0.2 }, limitMs: 1e7 },
    );
  });

  test('sendFailed is emitted once for a large message that is abandoned', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const failures: SendFailure[] = [];
      a.on('sendFailed', (event) => failures.push(event));
      const heal = stacks.network.partition(stacks.clientHost, stacks.serverHost);
      const bytes = pattern(50_000);
      await a.send(bytes, { reliability: { lifetimeMs: 100 } });
      await stacks.network.advance(5000);
      heal();
      await a.send('next');
      expect(textOf(await b.receive())).toBe('next');
      expect(failures).toHaveLength(1);
      expect(failures[0]!.sent).toBe(true);
      expect(isEqual(failures[0]!.data, failures[0]!.whole ? bytes : bytes.subarray(0, failures[0]!.data.length))).toBe(
        true,
      );
    }, lossy);
  });

  test('a message that waits for buffer space longer than its lifetime is abandoned', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { sendBufferBytes: 4096 });
      const failures: SendFailure[] = [];
      a.on('sendFailed', (event) => failures.push(event));
      const heal = stacks.network.partition(stacks.clientHost, stacks.serverHost);
      const sent = [
        a.send(pattern(20_000)),
        a.send('late', { reliability: { lifetimeMs: 500 }, context: 3 }),
        a.send('end'),
      ];
      await stacks.network.advance(600);
      heal();
      expect((await b.receive())?.data.length).toBe(20_000);
      expect(textOf(await b.receive())).toBe('end');
      await Promise.all(sent);
      expect(failures).toHaveLength(1);
      expect(failures[0]).toMatchObject({ context: 3, sent: false, whole: true });
      expect(textOf(failures[0])).toBe('late');
    }, lossy);
  });

  test('when the queue is full, messages of low priority are abandoned for those of higher priority', async () => {
    await withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks, { sendBufferBytes: 4096, sendQueueBytes: 12_000 });
        const failures: SendFailure[] = [];
        a.on('sendFailed', (event) => failures.push(event));
        const heal = stacks.network.partition(stacks.clientHost, stacks.serverHost);
        const sent = [a.send(pattern(5000))];
        for (let number = 1; number <= 9; number++) {
          sent.push(a.send(pattern(1000, number), { reliability: { priority: number }, context: number }));
        }
        sent.push(a.send(pattern(2500, 100), { reliability: { priority: 3 } }));
        expect(await codeOf(a.send(pattern(11_000)))).toBe('ENOBUFS');
        sent.push(a.send(pattern(3000, 101)));
        expect(await codeOf(a.send(pattern(1000), { reliability: { priority: 200 } }))).toBe('ENOBUFS');
        heal();
        const received = all(b);
        await Promise.all(sent);
        await a.close();
        expect(failures.map(({ context }) => context).sort()).toEqual([5, 6, 7, 8, 9]);
        const arrived = (await received).map(({ data }) => data.length);
        expect(arrived).toEqual([5000, 1000, 1000, 1000, 1000, 2500, 3000]);
      },
      { ...lossy, limitMs: 1e7 },
    );
  });

  // sctp_notify_send_failed() drops what doesn't fit into the receive buffer: wasm/fixes/send_buffer.c
  test('sendFailed is emitted for an abandoned message even if unread messages fill the receive buffer', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { receiveBufferBytes: 8192, readAheadBytes: 1 });
      const failures: number[] = [];
      a.on('sendFailed', ({ context }) => failures.push(context));
      for (let number = 0; number < 30; number++) void b.send(pattern(1000, number));
      await stacks.network.advance(3000);
      const heal = stacks.network.filter(({ bytes }, from) =>
        from === stacks.clientHost && bytes[12] === CHUNK_TYPES.DATA ? 'drop' : undefined,
      );
      await a.send(pattern(5000), { context: 7, reliability: { retransmits: 0 } });
      await stacks.network.advance(5000);
      heal();
      for (let number = 0; number < 30; number++) await a.receive();
      await stacks.network.advance(100);
      expect(failures).toEqual([7]);
      await Promise.all([a.close(), b.close()]);
    });
  });

  // sctp_handle_sack() finds no path for the end of the message, which was never sent: wasm/fixes/abandoned.c
  test('a lost FORWARD TSN is sent again, even if the end of the abandoned message was never sent', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { sendBufferBytes: 8192 });
      let [late, forwards] = [0, 0];
      stacks.network.filter(({ bytes }) => {
        if (bytes[12] === CHUNK_TYPES.DATA)
          return stacks.network.clock.now() > 450 && ++late === 3 ? 'drop' : undefined;
        return bytes[12] === CHUNK_TYPES['FORWARD TSN'] && ++forwards === 1 ? 'drop' : undefined;
      });
      await a.send(pattern(200_000), { reliability: { lifetimeMs: 400 } });
      await b.close();
      expect(forwards).toBe(2);
    }, slow);
  });

  // sctp_move_to_outqueue() discards the rest, and does not wake the sender: wasm/fixes/abandoned.c
  test('the rest of an abandoned message is taken while another message waits in the send buffer', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { sendBufferBytes: 65_536 });
      const received = all(b);
      let [beganAt, late] = [Number.POSITIVE_INFINITY, 0];
      stacks.network.filter(({ bytes }) => {
        if (bytes[12] !== CHUNK_TYPES.DATA || bytes[21] !== 3) return undefined;
        beganAt = Math.min(beganAt, stacks.network.clock.now());
        return stacks.network.clock.now() > beganAt + 250 && ++late === 3 ? 'drop' : undefined;
      });
      void a.send(pattern(20_000), { stream: 1 });
      void a.send(pattern(22_000), { stream: 1 });
      await a.send(pattern(700_000), { stream: 3, reliability: { lifetimeMs: 300 } });
      await a.close();
      expect((await received).map(({ data }) => data.length)).toEqual([20_000, 22_000]);
      expect(stacks.network.clock.now()).toBeLessThan(20_000);
    }, slow);
  });
});
