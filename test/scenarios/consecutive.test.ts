import { expect, test } from 'vitest';
import type { OptionValue } from '../../src/options/table.js';
import type { Network } from '../../src/simulated.js';
import { decodePacket } from '../../src/wire/decode.js';
import { connected, isEqual, pattern, withTwoStacks } from '../support/two-stacks.js';
import { upTo } from './fixture.js';

const TRACED = { traceLength: 10_000 };
const SCHEDULERS = [
  'default',
  'round-robin',
  'round-robin-packet',
  'priority',
  'fair-bandwidth',
  'first-come',
] as const satisfies readonly OptionValue<'scheduler'>[];

/** Fragments that the client sent between the fragments of another message, in TSN order (RFC 9260 §6.9). */
function interruptions(network: Network): string[] {
  const chunks = new Map<number, { tsn: number; streamId: number; isBeginning: boolean; isEnd: boolean }>();
  for (const { from, bytes } of network.trace.entries()) {
    if (from !== 'client') continue;
    for (const chunk of decodePacket(bytes).chunks) if (chunk.type === 'DATA') chunks.set(chunk.tsn, chunk);
  }
  const found: string[] = [];
  let open: number | undefined;
  for (const { tsn, streamId, isBeginning, isEnd } of [...chunks.values()].sort((a, b) => (a.tsn - b.tsn) | 0)) {
    if (isBeginning ? open !== undefined : open !== streamId) found.push(`stream ${streamId} in ${open} (${tsn})`);
    open = isEnd ? undefined : streamId;
  }
  return found;
}

/** Sends three large messages on three streams; calls `change` when the first is partly sent. */
function interrupted(
  scheduler: (typeof SCHEDULERS)[number],
  afterMs: number,
  change: (a: Awaited<ReturnType<typeof connected>>['a']) => void,
): Promise<string[]> {
  return withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks, {}, { peerMayReset: 'association' });
      a.setOption('scheduler', scheduler);
      const sent = [2, 1, 0].map((stream) => a.send(pattern(60_000, stream), { stream }));
      await stacks.network.advance(afterMs);
      change(a);
      for (const _ of sent) {
        const { data, stream } = (await b.receive({ timeoutMs: 60_000 }))!;
        expect(isEqual(data, pattern(60_000, stream))).toBe(true);
      }
      await Promise.all([...sent, a.close(), b.closed]);
      return interruptions(stacks.network);
    },
    { ...TRACED, conditions: { latencyMs: 10, rateBps: 10e6 } },
  );
}

test.each(SCHEDULERS)(
  'no fragment is sent between the fragments of another message when streams are added (%s)',
  async (each) => {
    for (const afterMs of [25, 45, 60, 90]) {
      const adding = (a: Parameters<Parameters<typeof interrupted>[2]>[0]) =>
        void a.addStreams({ outbound: 20 }).catch(() => {});
      expect(await interrupted(each, afterMs, adding)).toEqual([]);
    }
  },
);

test.each(SCHEDULERS)(
  'no fragment is sent between the fragments of another message when the scheduler changes (%s)',
  async (to) => {
    for (const from of ['default', 'first-come'] as const) {
      for (const afterMs of [25, 60]) {
        expect(await interrupted(from, afterMs, (a) => a.setOption('scheduler', to))).toEqual([]);
      }
    }
  },
);

test.each([1, 2])(
  'with the first-come scheduler, queued messages are sent after streams were added %i times',
  (times) =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks, {}, { peerMayReset: 'association' });
        a.setOption('scheduler', 'first-come');
        const release = stacks.network.hold();
        for (const number of upTo(10)) await a.send(pattern(1400, number), { stream: number % 3 });
        for (const _ of upTo(times)) {
          const adding = a.addStreams({ outbound: 5 });
          release();
          await adding;
          for (const number of upTo(10)) await a.send(pattern(1400, number), { stream: number % 3 });
        }
        a.setOption('scheduler', 'default');
        a.setOption('scheduler', 'first-come');
        for (const _ of upTo(10 + 10 * times)) expect(await b.receive({ timeoutMs: 60_000 })).toBeDefined();
        await Promise.all([a.close(), b.closed]);
      },
      { ...TRACED, conditions: { latencyMs: 10 } },
    ),
);

test('messages larger than a packet are sent if the peer requires authenticated DATA (RFC 4895)', () =>
  withTwoStacks(
    async (stacks) => {
      const listener = stacks.server.socket();
      listener.authentication.requireChunks(['DATA']);
      listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
      listener.listen();
      const socket = stacks.client.socket();
      const [a, b] = await Promise.all([socket.connect({ address: '10.0.1.2', port: 5001 }), listener.accept()]);
      const sending = (async () => {
        for (const number of upTo(500)) await a.send(pattern(3000, number));
        await a.close();
      })();
      for (const number of upTo(500)) {
        expect(isEqual((await b.receive({ timeoutMs: 60_000 }))?.data, pattern(3000, number))).toBe(true);
      }
      await Promise.all([sending, b.closed]);
      const sizes = stacks.network.trace.entries().map(({ bytes }) => bytes.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(1480);
    },
    { ...TRACED, conditions: { latencyMs: 2 } },
  ));

test.each(SCHEDULERS)(
  'a partly sent message is completed even if a message queued behind it fills the send buffer (%s)',
  (each) =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(
          stacks,
          { sendBufferBytes: 4096 },
          { receiveBufferBytes: 4096, readAheadBytes: 1 },
        );
        a.setOption('scheduler', each);
        const sent: number[] = [];
        const send = (length: number, stream: number) => {
          sent.push(length);
          return a.send(pattern(length), { stream });
        };
        do {
          await send(500, 1);
          await stacks.network.advance(1000);
        } while (a.statistics().peerWindowBytes > 0);
        await send(100, 1);
        // The priority scheduler starts with the large message; the others do so because stream 1 had its turn.
        if (each === 'priority') a.setOption('streamValue', { stream: 1, value: 5 });
        await send(2700, 1);
        const large = send(10_000, 0);
        await stacks.network.advance(100);
        const received: number[] = [];
        while (received.length < sent.length) received.push((await b.receive({ timeoutMs: 60_000 }))!.data.length);
        expect(received.sort()).toEqual(sent.sort());
        await Promise.all([large, a.close(), b.closed]);
      },
      { conditions: { latencyMs: 5 } },
    ),
);
