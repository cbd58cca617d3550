import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { Packet } from '../../src/packet.js';
import type { Conditions } from '../../src/simulated.js';
import { decodePacket } from '../../src/wire/decode.js';
import { PORT, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

/** The default buffer size. A transfer of twice as many bytes opens any congestion window. */
const WINDOW_BYTES = 262_144;
const LATENCY_MS = 2;
const ADDRESSES = { client: ['10.0.1.1'], server: ['10.0.1.2'] };

type Seen = { readonly type: string; readonly gaps: number; readonly atMs: number };

/** Records the DATA and SACK chunks that each host sends from now on, at most one of each a packet. */
class Watch {
  readonly fromClient: Seen[] = [];
  readonly fromServer: Seen[] = [];

  constructor({ network }: TwoStacks) {
    network.filter((packet: Packet) => {
      const seen = packet.source === ADDRESSES.client[0] ? this.fromClient : this.fromServer;
      const { chunks } = decodePacket(packet.bytes);
      const gaps = chunks.flatMap((chunk) => (chunk.type === 'SACK' ? chunk.gaps : [])).length;
      for (const type of ['DATA', 'SACK']) {
        if (chunks.some((chunk) => chunk.type === type)) seen.push({ type, gaps, atMs: network.clock.now() });
      }
      return packet;
    });
  }

  data(): number {
    return this.fromClient.filter(({ type }) => type === 'DATA').length;
  }

  sacks(): Seen[] {
    return this.fromServer.filter(({ type }) => type === 'SACK');
  }

  packetsPerSack(): number {
    return this.data() / this.sacks().length;
  }
}

/** Sends so many bytes, receives them, and returns shortly afterwards. */
async function transfer(stacks: TwoStacks, a: Association, b: Association, bytes: number): Promise<Watch> {
  const watch = new Watch(stacks);
  const done = a.send(new Uint8Array(bytes));
  for (let left = bytes; left > 0; ) left -= (await b.receive())!.data.length;
  await done;
  await stacks.network.advance(2 * LATENCY_MS);
  return watch;
}

async function connected({ client, server }: TwoStacks): Promise<readonly [Association, Association]> {
  const listener = server.socket();
  const endpoint = { address: ADDRESSES.server[0]!, port: PORT };
  listener.bindx([endpoint]);
  listener.listen();
  const [a, b] = await Promise.all([client.socket().connect(endpoint), listener.accept()]);
  a.setOption('maxBurst', 0); // whole windows at once
  return [a, b];
}

function withAssociation(
  run: (stacks: TwoStacks, a: Association, b: Association) => Promise<void>,
  conditions: Conditions = {},
): Promise<void> {
  return withTwoStacks(
    async (stacks) => {
      await run(stacks, ...(await connected(stacks)));
    },
    { addresses: ADDRESSES, host: { mtu: 1500 }, conditions: { latencyMs: LATENCY_MS, ...conditions }, limitMs: 1e6 },
  );
}

describe('packets that arrive together', () => {
  test('get a SACK for every two while the sender opens its congestion window, and for every three from then on', () =>
    withAssociation(async (stacks, a, b) => {
      const first = await transfer(stacks, a, b, 2 * WINDOW_BYTES);
      expect(first.packetsPerSack()).toBeGreaterThan(1.8);
      expect(first.packetsPerSack()).toBeLessThanOrEqual(2);
      const watch = await transfer(stacks, a, b, 4 * WINDOW_BYTES);
      expect(watch.packetsPerSack()).toBeGreaterThan(2.6);
      expect(watch.packetsPerSack()).toBeLessThanOrEqual(3);
    }));

  test.each([
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 2],
  ])('are acknowledged in the instant in which they arrive: %i by %i SACKs', (packets, sacks) =>
    withAssociation(async (stacks, a, b) => {
      await transfer(stacks, a, b, 4 * WINDOW_BYTES);
      const watch = new Watch(stacks);
      void a.send(new Uint8Array(packets * 1400));
      await stacks.network.advance(LATENCY_MS);
      expect([watch.data(), watch.sacks().length]).toEqual([packets, sacks]);
      await b.receive();
    }),
  );

  test('get a SACK for every two again after a loss', () =>
    withAssociation(async (stacks, a, b) => {
      await transfer(stacks, a, b, 3 * WINDOW_BYTES);
      let dropped = 0;
      stacks.network.filter((packet) => {
        const isData = decodePacket(packet.bytes).chunks.some(({ type }) => type === 'DATA');
        return isData && dropped++ === 5 ? 'drop' : packet;
      });
      const watch = await transfer(stacks, a, b, WINDOW_BYTES);
      const withGaps = watch.sacks().filter(({ gaps }) => gaps > 0).length;
      expect(withGaps).toBeGreaterThan(3);
      const after = await transfer(stacks, a, b, WINDOW_BYTES / 2);
      expect(after.packetsPerSack()).toBeLessThan(2.1);
    }));

  test('get a SACK for every two again after a pause', () =>
    withAssociation(async (stacks, a, b) => {
      await transfer(stacks, a, b, 3 * WINDOW_BYTES);
      await stacks.network.advance(2000);
      expect((await transfer(stacks, a, b, WINDOW_BYTES)).packetsPerSack()).toBeLessThan(2.1);
    }));

  test('get SACKs as often as the option delayedSack of the receiver says', () =>
    withAssociation(async (stacks, a, b) => {
      b.setOption('delayedSack', { delayMs: 200, packets: 1 });
      await transfer(stacks, a, b, 3 * WINDOW_BYTES);
      expect((await transfer(stacks, a, b, WINDOW_BYTES)).packetsPerSack()).toBeLessThan(1.1);
    }));
});

test('packets that arrive one by one get a SACK for every two', () =>
  withAssociation(
    async (stacks, a, b) => {
      await transfer(stacks, a, b, 3 * WINDOW_BYTES);
      expect((await transfer(stacks, a, b, WINDOW_BYTES)).packetsPerSack()).toBeLessThan(2.1);
    },
    { rateBps: 1e7, queueBytes: 2 * WINDOW_BYTES },
  ));

test('a single packet is acknowledged within 200 ms', () =>
  withAssociation(async (stacks, a, b) => {
    await transfer(stacks, a, b, 3 * WINDOW_BYTES);
    const watch = new Watch(stacks);
    const sentAtMs = stacks.network.clock.now();
    await a.send('one');
    await b.receive();
    await stacks.network.advance(1000);
    expect(watch.sacks().map(({ atMs }) => atMs - sentAtMs)).toEqual([LATENCY_MS + 200]);
  }));

test('a pending SACK is also sent at once if the last packet that arrived in that instant has no data', () =>
  withAssociation(async (stacks, a, b) => {
    await transfer(stacks, a, b, 3 * WINDOW_BYTES);
    // The two packets of a, and its SACK for those of b, leave in one instant, in this order.
    stacks.network.clock.schedule(LATENCY_MS, () => void a.send(new Uint8Array(2800)));
    void b.send(new Uint8Array(2800));
    await stacks.network.advance(LATENCY_MS - 1);
    const watch = new Watch(stacks);
    await stacks.network.advance(1);
    const sentAtMs = stacks.network.clock.now();
    await stacks.network.advance(1000);
    const together = watch.fromClient.filter(({ atMs }) => atMs === sentAtMs);
    expect(together.map(({ type }) => type)).toEqual(['DATA', 'DATA', 'SACK']);
    expect(watch.sacks().map(({ atMs }) => atMs - sentAtMs)).toEqual([LATENCY_MS]);
    await Promise.all([a.receive(), b.receive()]);
  }));

test('an ABORT that arrives while a SACK is pending ends the association, and the stack goes on', () =>
  withAssociation(async (stacks, a, b) => {
    await transfer(stacks, a, b, 3 * WINDOW_BYTES);
    void a.send(new Uint8Array(2800));
    a.abort();
    await stacks.network.advance(1000);
    expect(b.state).toBe('closed');
    expect(stacks.server.memoryInUse).toBeGreaterThan(0);
  }));
