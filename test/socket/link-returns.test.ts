import { describe, expect, test } from 'vitest';
import type { Association, Stack } from '../../src/index.js';
import type { Host, Network } from '../../src/simulated.js';
import { Interruptible } from '../support/interruptible.js';
import { isEqual, newStack, pattern, textOf, withTwoStacks } from '../support/two-stacks.js';

const SERVER = { address: '198.51.100.1', port: 5001 };
const CUTS = 8;
const CUT_MS = 400;
const DURATION_MS = 10_000;
const OPTIONS = {
  conditions: { latencyMs: 20, rateBps: 8e6, queueBytes: 30_000 },
  addresses: { client: ['192.0.2.10'], server: [SERVER.address] },
  host: { encapsulationPort: 9899 },
};

/** How a link is cut and restored. */
interface Cut {
  readonly transport: (host: Host) => Interruptible | undefined;
  down(host: Host, transport: Interruptible | undefined): void;
  up(host: Host, transport: Interruptible | undefined): void;
}

const CUT: Readonly<Record<string, Cut>> = {
  'keeps its address': {
    transport: (host) => new Interruptible(host.transport),
    down: (_, transport) => transport?.down('192.0.2.11'),
    up: (_, transport) => transport?.up('192.0.2.11'),
  },
  'loses its address': {
    transport: () => undefined,
    down: (host) => host.addressDown('192.0.2.11'),
    up: (host) => host.addressUp('192.0.2.11/24'),
  },
};

async function pair(
  network: Network,
  client: Stack,
  server: Stack,
  endpoints = [SERVER],
): Promise<[Association, Association]> {
  const listener = server.socket();
  listener.bindx(endpoints);
  listener.listen();
  const connecting = client.socket().connectx(endpoints);
  const both = await Promise.all([connecting, listener.accept()]);
  await network.advance(1000);
  return both;
}

/** The longest times without a message, above 100 ms, added up, in ms. */
class Silence {
  totalMs = 0;
  readonly #network: Network;
  #lastMs: number;

  constructor(network: Network) {
    this.#network = network;
    this.#lastMs = network.clock.now();
  }

  arrived(): void {
    const nowMs = this.#network.clock.now();
    if (nowMs - this.#lastMs > 100) this.totalMs += nowMs - this.#lastMs;
    this.#lastMs = nowMs;
  }
}

/** What is sent for 10 s while the link is cut. Each resolves with the silence in ms. */
const TRAFFIC: Readonly<Record<string, (network: Network, a: Association, b: Association) => Promise<number>>> = {
  'questions and answers': async (network, a, b) => {
    const silence = new Silence(network);
    const answering = (async () => {
      for await (const { data } of b) await b.send(data);
    })();
    for (let index = 0, endMs = network.clock.now() + DURATION_MS; network.clock.now() < endMs; index++) {
      await a.send(String(index));
      expect(textOf(await a.receive())).toBe(String(index));
      silence.arrived();
    }
    await a.close();
    await answering;
    return silence.totalMs;
  },
  'bulk data that it sends': (network, a, b) => bulk(network, a, b),
  'bulk data that it receives': (network, a, b) => bulk(network, b, a),
};

async function bulk(network: Network, from: Association, to: Association): Promise<number> {
  const silence = new Silence(network);
  const sending = (async () => {
    for (let index = 0, endMs = network.clock.now() + DURATION_MS; network.clock.now() < endMs; index++) {
      await from.send(pattern(10_000, index));
    }
    await from.close();
  })();
  let index = 0;
  for await (const { data } of to) {
    expect(isEqual(data, pattern(10_000, index++))).toBe(true);
    silence.arrived();
  }
  await sending;
  return silence.totalMs;
}

describe.each(Object.entries(CUT))('a host whose link %s in a cut', (_, { transport: wrap, down, up }) => {
  test.each(Object.entries(TRAFFIC))(
    'eight cuts of 0.4 s cost little more than their length: %s',
    async (name, run) => {
      await withTwoStacks(async ({ network, server }) => {
        const host = network.host('mobile', ['192.0.2.11'], OPTIONS.host);
        const transport = wrap(host);
        const client = await newStack(network, { ...host, transport: transport ?? host.transport });
        const [a, b] = await pair(network, client, server);
        for (let index = 0; index < CUTS; index++) {
          const atMs = 1000 + 1000 * index;
          network.clock.schedule(atMs, () => down(host, transport));
          network.clock.schedule(atMs + CUT_MS, () => up(host, transport));
        }
        const silentMs = await run(network, a, b);
        console.log(`${name}: silent for ${silentMs} ms in ${CUTS} cuts of ${CUT_MS} ms`);
        expect(silentMs).toBeLessThan(CUTS * (CUT_MS + 250)); // a few round trips of 40 to 60 ms
        await client.close();
      }, OPTIONS);
    },
  );
});

test('an address whose link is back sends something, even if no path begins there: the peer may need its UDP port', async () => {
  await withTwoStacks(async ({ network, server }) => {
    const host = network.host('mobile', ['192.0.2.11', '192.0.2.12'], OPTIONS.host);
    const transport = new Interruptible(host.transport);
    const client = await newStack(network, { ...host, transport });
    const [a, b] = await pair(network, client, server);
    expect(b.paths().map(({ address, state }) => [address, state])).toEqual([
      ['192.0.2.11', 'active'],
      ['192.0.2.12', 'active'],
    ]);
    const sources: string[] = [];
    network.filter((packet) => {
      if (packet.destination === SERVER.address) sources.push(packet.source);
      return packet;
    });
    for (const address of host.addresses) {
      transport.down(address);
      await network.advance(400);
      sources.length = 0;
      transport.up(address);
      await network.advance(100);
      expect(sources).toContain(address);
    }
    await a.close();
    await client.close();
  }, OPTIONS);
});

/** Receives so many messages of 1,000 bytes, and checks that they are unchanged and in order. */
async function receiveAll(association: Association, count: number, silence: Silence): Promise<void> {
  for (let index = 0; index < count; index++) {
    expect(isEqual((await association.receive())!.data, pattern(1000, index))).toBe(true);
    silence.arrived();
  }
}

/** Receives so many messages of 1,000 bytes, and checks them. Resolves with the longest time between two of them, in ms. */
async function longestSilenceMs({ clock }: Network, association: Association, count: number): Promise<number> {
  let longestMs = 0;
  for (let index = 0, lastMs = clock.now(); index < count; index++) {
    expect(isEqual((await association.receive())!.data, pattern(1000, index))).toBe(true);
    longestMs = Math.max(longestMs, clock.now() - lastMs);
    lastMs = clock.now();
  }
  return longestMs;
}

test('if two paths are cut together, what was lost is sent again on the one that is back, not on the other', async () => {
  const peer = [SERVER.address, '198.51.100.2'];
  const options = { ...OPTIONS, addresses: { client: ['192.0.2.10'], server: peer } };
  await withTwoStacks(async ({ network, server }) => {
    const host = network.host('mobile', ['192.0.2.11', '192.0.2.12'], OPTIONS.host);
    const transport = new Interruptible(host.transport);
    const client = await newStack(network, { ...host, transport });
    const [a, b] = await pair(network, client, server);
    const silence = new Silence(network);
    const received = receiveAll(a, 150, silence);
    for (let index = 0; index < 150; index++) {
      if (index === 20) for (const address of host.addresses) transport.down(address);
      if (index === 60) transport.up('192.0.2.11');
      if (index === 130) transport.up('192.0.2.12');
      await b.send(pattern(1000, index));
      await network.advance(10);
    }
    await received;
    expect(silence.totalMs).toBeLessThan(600);
    await client.close();
  }, options);
});

test.each([
  ['together', 130, 130],
  ['the one in use first', 128, 135],
  ['the other one first', 135, 128],
])(
  'two paths are cut for longer than an RTO, and come back %s: what was lost on both is sent again at once, though the second had long round trips',
  async (_, firstUp, secondUp) => {
    const peer = [SERVER.address, '198.51.100.2'];
    const options = { ...OPTIONS, addresses: { client: ['192.0.2.10'], server: peer } };
    await withTwoStacks(async ({ network, server }) => {
      const host = network.host('mobile', ['192.0.2.11', '192.0.2.12'], OPTIONS.host);
      const transport = new Interruptible(host.transport);
      const client = await newStack(network, { ...host, transport });
      network.link('192.0.2.12', '*', { latencyMs: 300 });
      const [a, b] = await pair(network, client, server);
      network.link('192.0.2.12', '*', { latencyMs: 20 });
      const silence = new Silence(network);
      const received = receiveAll(a, 300, silence);
      for (let index = 0; index < 300; index++) {
        if (index === 20) for (const address of host.addresses) transport.down(address);
        if (index === firstUp) transport.up('192.0.2.11');
        if (index === secondUp) transport.up('192.0.2.12');
        await b.send(pattern(1000, index));
        await network.advance(10);
      }
      await received;
      expect(silence.totalMs).toBeLessThan(1150 + 250);
      await client.close();
    }, options);
  },
);

test('what is lost in a cut shorter than the RTO is sent again after it, though the path had long round trips, and nothing follows', async () => {
  await withTwoStacks(async ({ network, server }) => {
    const host = network.host('mobile', ['192.0.2.11'], OPTIONS.host);
    const transport = new Interruptible(host.transport);
    const client = await newStack(network, { ...host, transport });
    network.link('192.0.2.11', '*', { latencyMs: 300 });
    const [a, b] = await pair(network, client, server);
    network.link('192.0.2.11', '*', { latencyMs: 20 });
    transport.down('192.0.2.11');
    const sent = Promise.all([0, 1, 2].map((index) => b.send(pattern(1000, index))));
    await network.advance(CUT_MS);
    transport.up('192.0.2.11');
    const upMs = network.clock.now();
    for (const index of [0, 1, 2]) expect(isEqual((await a.receive())!.data, pattern(1000, index))).toBe(true);
    expect(network.clock.now() - upMs).toBeLessThan(250);
    await sent;
    await client.close();
  }, OPTIONS);
});

describe.each([40, 80, 120, 160, 199])('a cut of %i ms, in which the SACK of a peer could be delayed', (cutMs) => {
  test.each([
    ['192.0.2.11', 'the other one', 9],
    ['192.0.2.12', 'this one', 9],
    ['192.0.2.12', 'this one', 49],
  ])(
    'costs little more than its length: the peer sends to %s, and %s is back first by %i ms',
    async (to, _, laterMs) => {
      const peer = [SERVER.address, '198.51.100.2'];
      // The client's first path leads to the address from which the peer doesn't send.
      const endpoints = peer.map((address) => ({ address, port: SERVER.port })).reverse();
      const options = { ...OPTIONS, conditions: { latencyMs: 2 }, addresses: { client: ['192.0.2.10'], server: peer } };
      await withTwoStacks(async ({ network, server }) => {
        const host = network.host('mobile', ['192.0.2.11', '192.0.2.12'], OPTIONS.host);
        const transport = new Interruptible(host.transport);
        const client = await newStack(network, { ...host, transport });
        const [a, b] = await pair(network, client, server, endpoints);
        b.setPrimary(to);
        network.clock.schedule(500, () => transport.down('192.0.2.12'));
        network.clock.schedule(503, () => transport.down('192.0.2.11'));
        network.clock.schedule(503 + cutMs, () => transport.up('192.0.2.12'));
        network.clock.schedule(503 + cutMs + laterMs, () => transport.up('192.0.2.11'));
        const longest = Promise.all([longestSilenceMs(network, a, 200), longestSilenceMs(network, b, 200)]);
        for (let index = 0; index < 200; index++) {
          await Promise.all([a.send(pattern(1000, index)), b.send(pattern(1000, index))]);
          await network.advance(10);
        }
        expect(Math.max(...(await longest))).toBeLessThan(cutMs + 60);
        await client.close();
      }, options);
    },
  );
});
