import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { OptionValue } from '../../src/options/table.js';
import type { Socket } from '../../src/socket/socket.js';
import { decodePacket } from '../../src/wire/decode.js';
import { pattern, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

type Scheduler = OptionValue<'scheduler'>;
type Sends = readonly (readonly [stream: number, bytes: number])[];

const SINGLE = { addresses: { client: ['10.0.1.1'], server: ['10.0.1.2'] } };

/** `count` messages of one length on a stream. */
const on = (stream: number, count: number, bytes: number): Sends =>
  Array.from({ length: count }, () => [stream, bytes]);

async function pair(stacks: TwoStacks, interleaving: boolean, scheduler: Scheduler) {
  const listener = stacks.server.socket();
  const socket = stacks.client.socket();
  for (const end of [listener, socket]) interleaved(end, interleaving);
  socket.setOption('scheduler', scheduler);
  listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
  listener.listen();
  const a = await socket.connect({ address: '10.0.1.2', port: 5001 });
  const b = await listener.accept();
  expect(a.getOption('interleaving')).toBe(interleaving);
  expect(a.getOption('scheduler')).toBe(scheduler);
  return { a, b };
}

function interleaved(socket: Socket, on: boolean): void {
  socket.setOption('fragmentInterleave', 2);
  socket.setOption('interleaving', on);
}

/**
 * Sends messages that wait until a first one, on stream 0, leaves the congestion window. Returns their streams in the
 * order of arrival, and the streams in each packet.
 */
async function arrivals(stacks: TwoStacks, { a, b }: { a: Association; b: Association }, sends: Sends) {
  const { network } = stacks;
  const release = network.hold();
  await a.send(pattern(4400), { stream: 0 });
  const first = network.trace.count;
  for (const [index, [stream, bytes]] of sends.entries()) await a.send(pattern(bytes, index), { stream });
  release();
  const order: number[] = [];
  const seen = new Map<number, Uint8Array[]>();
  for (let count = 0; count <= sends.length; count++) {
    const { stream, data } = (await b.receive())!;
    if (stream !== 0) order.push(stream);
    seen.set(stream, [...(seen.get(stream) ?? []), data]);
  }
  for (const stream of [1, 2, 3]) {
    const sent = sends.flatMap(([each, bytes], index) => (each === stream ? [pattern(bytes, index)] : []));
    expect(seen.get(stream) ?? []).toEqual(sent);
  }
  const packets = network.trace
    .entries()
    .filter(({ from, number }) => from === 'client' && number >= first)
    .map(({ bytes }) => decodePacket(bytes).chunks.flatMap((chunk) => ('streamId' in chunk ? [chunk.streamId] : [])))
    .filter((streams) => streams.length > 0 && !streams.includes(0));
  return { order: order.join(''), packets: packets.map((streams) => streams.join('')) };
}

/** Three messages of 1,000 bytes on each stream, the third stream first. */
const EQUAL: Sends = [...on(3, 3, 1000), ...on(1, 3, 1000), ...on(2, 3, 1000)];
const SMALL: Sends = [...on(3, 6, 400), ...on(1, 6, 400), ...on(2, 6, 400)];
const UNEQUAL: Sends = [...on(3, 2, 6000), ...on(1, 6, 500), ...on(2, 2, 3000)];

describe.each([true, false])('with interleaving %s', (interleaving) => {
  const run = (scheduler: Scheduler, sends: Sends, prepare: (a: Association) => void = () => {}) =>
    withTwoStacks(async (stacks) => {
      const ends = await pair(stacks, interleaving, scheduler);
      prepare(ends.a);
      return arrivals(stacks, ends, sends);
    }, SINGLE);

  test('default: a message of each stream in turn, in the order in which the streams were used', async () => {
    expect((await run('default', EQUAL)).order).toBe('312312312');
  });

  test('round-robin: a message of each stream in turn, by stream identifier', async () => {
    expect((await run('round-robin', EQUAL)).order).toBe('123123123');
  });

  test.each(['default', 'round-robin', 'round-robin-packet'] as const)(
    '%s: two streams that always have a message don’t starve a third one',
    (scheduler) =>
      withTwoStacks(
        async (stacks) => {
          const { a, b } = await pair(stacks, interleaving, scheduler);
          // Stream 2 has one message at a time, and the next one as soon as that has left.
          stacks.network.filter((packet, from) => {
            const hasLeft = decodePacket(packet.bytes).chunks.some(
              (chunk) => 'payload' in chunk && chunk.streamId === 2,
            );
            if (hasLeft && from === stacks.clientHost) queueMicrotask(() => a.send(pattern(1400), { stream: 2 }));
            return undefined;
          });
          await a.send(pattern(4400), { stream: 0 });
          for (const stream of [...Array<number>(20).fill(1), 2, 3]) await a.send(pattern(1400), { stream });
          const order: number[] = [];
          while (order.length < 12) order.push((await b.receive({ timeoutMs: 10_000 }))!.stream);
          expect(order).toContain(3);
          a.abort();
        },
        { ...SINGLE, conditions: { latencyMs: 10 } },
      ),
  );

  test('round-robin-packet: a packet of each stream in turn, with as many messages as fit', async () => {
    const { order, packets } = await run('round-robin-packet', SMALL);
    expect(packets.every((streams) => new Set(streams).size === 1)).toBe(true);
    expect(packets.some((streams) => streams.length === 3)).toBe(true);
    const turns = order.match(/(\d)\1*/g)!;
    expect(Math.max(...turns.map((turn) => turn.length))).toBe(4); // the end of a message, then a packet's worth
    expect('123123123123').toContain(turns.map(([stream]) => stream).join(''));
    await run('round-robin-packet', UNEQUAL);
  });

  test('priority: all messages of the stream with the lowest value, then those of the next one', async () => {
    const { order } = await run('priority', EQUAL, (a) => {
      for (const [stream, value] of [
        [1, 5],
        [2, 1],
        [3, 9],
      ] as const)
        a.setOption('streamValue', { stream, value });
    });
    expect(order).toBe('222111333');
  });

  test.each(['default', 'round-robin-packet', 'fair-bandwidth', 'first-come'] as const)(
    'priority: each stream begins with the value 0 if the scheduler was %s before',
    (former) =>
      withTwoStacks(async (stacks) => {
        const { a, b } = await pair(stacks, interleaving, former);
        const release = stacks.network.hold();
        for (let stream = 0; stream < 10; stream++) await a.send(pattern(2000), { stream });
        a.setOption('scheduler', 'priority');
        const values = Array.from({ length: 10 }, (_, stream) => a.getOption('streamValue', { stream }).value);
        expect(values).toEqual(Array(10).fill(0));
        release();
        for (let count = 0; count < 10; count++) expect((await b.receive())?.data).toEqual(pattern(2000));
      }, SINGLE),
  );

  test('fair-bandwidth: streams get equal bytes, so that a stream of short messages sends more of them', async () => {
    const { order } = await run('fair-bandwidth', UNEQUAL);
    expect(order.slice(0, 5)).toBe('11111');
    const inTurn = (await run('default', UNEQUAL)).order;
    expect(inTurn.slice(0, 5)).not.toBe('11111');
  });

  test('first-come: messages in the order of sending', async () => {
    expect((await run('first-come', EQUAL)).order).toBe('333111222');
    expect((await run('first-come', UNEQUAL)).order).toBe('3311111122');
  });
});

test('with interleaving a small message overtakes a large one on another stream, without it does not', async () => {
  const large: Sends = [
    [1, 150_000],
    [2, 10],
  ];
  const order = (interleaving: boolean) =>
    withTwoStacks(async (stacks) => {
      const ends = await pair(stacks, interleaving, 'round-robin');
      const types = new Set<string>();
      stacks.network.filter((packet) => {
        for (const { type } of decodePacket(packet.bytes).chunks) types.add(type);
        return undefined;
      });
      const { order: arrived } = await arrivals(stacks, ends, large);
      expect(types.has('I-DATA')).toBe(interleaving);
      expect(types.has('DATA')).toBe(!interleaving);
      return arrived;
    }, SINGLE);
  expect(await order(true)).toBe('21');
  expect(await order(false)).toBe('12');
});

test('a scheduler that is set later also applies to messages that already wait', () =>
  withTwoStacks(async (stacks) => {
    const ends = await pair(stacks, true, 'default');
    const release = stacks.network.hold();
    await ends.a.send(pattern(4400), { stream: 0 });
    for (const [stream, bytes] of EQUAL) await ends.a.send(pattern(bytes), { stream });
    ends.a.setOption('scheduler', 'round-robin');
    release();
    const order: number[] = [];
    for (let count = 0; count <= EQUAL.length; count++) order.push((await ends.b.receive())!.stream);
    expect(order.filter((stream) => stream !== 0).join('')).toBe('123123123');
  }, SINGLE));
