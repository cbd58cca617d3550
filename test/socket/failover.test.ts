import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { PathEvent, TimerPreset } from '../../src/index.js';
import { connected, type TwoStacks, type TwoStacksOptions, textOf, withTwoStacks } from '../support/two-stacks.js';

const EVERY_MS = 20;
const LATENCY: TwoStacksOptions = { conditions: { latencyMs: 10 } };
const [CLIENT, SERVER] = ['10.0.1.1', '10.0.1.2'];
const [SACK, INIT_ACK] = [3, 2];

/** Cuts the path in use. The names are those of the table in docs/paths.md. */
const CUTS: Readonly<Record<string, (stacks: TwoStacks) => void>> = {
  both: ({ network }) => network.link(CLIENT, SERVER, { loss: 1 }),
  there: ({ network }) => network.oneWay(CLIENT, SERVER, { loss: 1 }),
  back: ({ network }) => network.oneWay(SERVER, CLIENT, { loss: 1 }),
};

/** Sends a message every 20 ms. The result returns the longest time between two arrivals, in ms. */
function traffic({ network }: TwoStacks, from: Association, to: Association): () => number {
  const { clock } = network;
  let last = clock.now();
  let longest = 0;
  const arrived = () => {
    longest = Math.max(longest, clock.now() - last);
    last = clock.now();
  };
  const send = () => {
    from.send(new Uint8Array(100)).catch(() => undefined);
    clock.schedule(EVERY_MS, send);
  };
  const receive = async () => {
    while (await to.receive()) arrived();
  };
  send();
  receive().catch(() => undefined);
  return () => {
    arrived();
    return longest;
  };
}

/** The longest gap between messages of two ends that send to each other, in ms. */
function gap(preset: TimerPreset, cut: (stacks: TwoStacks) => void): Promise<number> {
  return withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks);
      await stacks.network.advance(2000);
      const longestGaps = [traffic(stacks, a, b), traffic(stacks, b, a)];
      await stacks.network.advance(2000);
      cut(stacks);
      await stacks.network.advance(100_000);
      return Math.max(...longestGaps.map((longest) => longest()));
    },
    { ...LATENCY, stack: { preset } },
  );
}

describe('the path in use is cut, in both directions or in one', () => {
  const documented = readFileSync(new URL('../../docs/paths.md', import.meta.url), 'utf8');

  test.each([
    ['rfc7829', 1000, 2000],
    ['rfc9260', 30_000, 33_000],
    ['fast-failover', 200, 600],
  ] as const)('%s: messages go on after %d to %d ms, as docs/paths.md says', async (preset, least, most) => {
    const gaps: number[] = [];
    for (const cut of Object.values(CUTS)) gaps.push(await gap(preset, cut));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(most);
    const cells = gaps.map((ms) => `${(ms / 1000).toFixed(1)} s`);
    expect(documented).toContain(`| \`${preset}\` | ${cells.join(' | ')} |`);
  });
});

test('all that was in flight on a failed path is retransmitted on another one at the first time-out', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks);
      const { clock } = stacks.network;
      await stacks.network.advance(2000);
      const startMs = clock.now();
      for (let index = 0; index < 150; index++) clock.schedule(EVERY_MS * index, () => void a.send(String(index)));
      clock.schedule(1000, () => CUTS['both']?.(stacks));
      const silences: number[] = [];
      for (let index = 0, lastMs = startMs; index < 150; index++) {
        expect(textOf(await b.receive())).toBe(String(index));
        if (clock.now() - lastMs > 500) silences.push(clock.now() - lastMs);
        lastMs = clock.now();
      }
      expect(silences).toHaveLength(1);
      expect(silences[0]).toBeLessThan(1500);
    },
    { conditions: { latencyMs: 100 } },
  ));

/** Changes the receive window that the server announces. */
function announceWindow({ network, serverHost }: TwoStacks, bytes: number): void {
  network.filter((packet, from) => {
    const type = packet.bytes[12];
    if (from !== serverHost || (type !== SACK && type !== INIT_ACK)) return undefined;
    const patched = Uint8Array.from(packet.bytes);
    new DataView(patched.buffer).setUint32(20, bytes);
    patched.fill(0, 8, 12); // no checksum: the simulated network guarantees integrity
    return { ...packet, bytes: patched };
  });
}

describe('a time-out counts against its path', () => {
  // Erlang's gen_sctp announces 1,500 bytes: less than a packet and the overhead that usrsctp counts for each chunk
  test.each([1800, 1500])('also if the peer has a receive window of %d bytes', async (bytes) => {
    await withTwoStacks(async (stacks) => {
      const { network } = stacks;
      announceWindow(stacks, bytes);
      const { a, b } = await connected(stacks);
      await network.advance(2000);
      network.link(CLIENT, SERVER, { loss: 1 });
      for (let count = 0; count < 5; count++) {
        const before = network.clock.now();
        await a.send(new Uint8Array(100));
        await b.receive();
        expect(network.clock.now() - before).toBeLessThan(count === 0 ? 2000 : 50);
        await network.advance(500);
      }
    }, LATENCY);
  });

  test('but not while the peer answers that its window is closed', async () => {
    await withTwoStacks(async (stacks) => {
      const { network } = stacks;
      const { a, b } = await connected(stacks, {}, { receiveBufferBytes: 10_000 });
      const events: PathEvent[] = [];
      a.on('path', (event) => events.push(event));
      await network.advance(2000);
      for (let count = 0; count < 30; count++) a.send(new Uint8Array(1000)).catch(() => undefined);
      for (let second = 0; second < 300; second++) {
        await network.advance(1000);
        expect(a.statistics().paths.some(({ isPotentiallyFailed }) => isPotentiallyFailed)).toBe(false);
      }
      expect(events.filter(({ change }) => change === 'unreachable')).toEqual([]);
      for (let count = 0; count < 30; count++) expect((await b.receive())?.data.length).toBe(1000);
    }, LATENCY);
  });
});

describe('when no path is active, new messages are sent at once', () => {
  const ADDRESSES = {
    one: { client: [CLIENT], server: [SERVER] },
    two: { client: [CLIENT, '10.0.2.1'], server: [SERVER, '10.0.2.2'] },
  };

  test.each([
    ['one', 1500],
    ['two', 4500],
    ['one', 100_000],
    ['two', 150_000],
  ] as const)('over %s: after a cut of %d ms', async (paths, cutMs) => {
    await withTwoStacks(
      async ({ network, client, server, clientHost, serverHost }) => {
        const endpoints = ADDRESSES[paths].server.map((address) => ({ address, port: 5001 }));
        const listener = server.socket();
        listener.bindx(endpoints);
        listener.listen();
        const [a, b] = await Promise.all([client.socket().connectx(endpoints), listener.accept()]);
        await network.advance(2000);
        const heal = network.partition(clientHost, serverHost);
        await a.send('lost', { stream: 1 });
        await network.advance(cutMs);
        expect(a.statistics().paths.every(({ errors }) => errors > 0)).toBe(true);
        heal();
        const before = network.clock.now();
        await a.send('new', { stream: 2, unordered: true });
        const texts: (string | undefined)[] = [];
        while (!texts.includes('new')) texts.push(textOf(await b.receive()));
        expect(network.clock.now() - before).toBeLessThan(50);
      },
      { ...LATENCY, addresses: ADDRESSES[paths], stack: { timers: { associationRetransmits: 100 } } },
    );
  });
});
