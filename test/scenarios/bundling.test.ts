import { describe, expect, test } from 'vitest';
import { type TestNetwork, withNetwork } from '../../src/testing.js';
import { describePacket } from '../../src/wire/describe.js';
import { type Connected, connected, endpoints, finish, receiveAll, sendAll, transfer, upTo } from './fixture.js';

const LATENCY_MS = 20;
const FAR = { seed: 1, conditions: { latencyMs: LATENCY_MS } };
const ONE_PATH = { client: ['10.0.1.1'], server: ['10.0.1.2'] };

/** Two endpoints whose congestion window was opened by a bulk transfer. */
async function open(network: TestNetwork): Promise<Connected> {
  const all = await connected(network, ONE_PATH);
  await transfer(all.here, all.there, 600);
  await network.advance(500);
  return all;
}

/** Records descriptions of the client's packets whose first chunk is DATA, from now on. */
function dataPackets(network: TestNetwork, { hosts }: Connected): string[] {
  const seen: string[] = [];
  network.filter(({ bytes }, from) => {
    const what = describePacket(bytes);
    if (from === hosts.client && what.startsWith('DATA')) seen.push(what);
    return undefined;
  });
  return seen;
}

// wasm/tuning/bundling.c
describe('small messages with an open congestion window', () => {
  test(
    'share packets if they are sent together, without taking longer',
    withNetwork(FAR, async (network) => {
      const all = await open(network);
      const packets = dataPackets(network, all);
      const began = network.clock.now();
      const [numbers] = await Promise.all([receiveAll(all.there, 1800), sendAll(all.here, 1800, 64)]);
      expect(numbers).toEqual(upTo(1800));
      expect(packets.length).toBeLessThan(1800 / 16); // a full packet has 18
      expect(network.clock.now() - began).toBeLessThan(3 * LATENCY_MS + 2);
      await finish(all);
    }),
  );

  test(
    'are sent at once in single packets up to Max.Burst; the next one waits a millisecond',
    withNetwork(FAR, async (network) => {
      const all = await open(network);
      const began = network.clock.now();
      await sendAll(all.here, 5, 64);
      await receiveAll(all.there, 4);
      expect(network.clock.now() - began).toBeCloseTo(LATENCY_MS, 3);
      await receiveAll(all.there, 1);
      expect(network.clock.now() - began).toBeCloseTo(LATENCY_MS + 1, 3);
      await finish(all);
    }),
  );

  test(
    'never wait if they are sent one by one, however many are in flight',
    withNetwork(FAR, async (network) => {
      const all = await open(network);
      const packets = dataPackets(network, all);
      const began = network.clock.now();
      for (let number = 0; number < 100; number++) {
        await sendAll(all.here, 1, 64);
        await network.advance(0.5);
      }
      await receiveAll(all.there, 100);
      expect(packets).toHaveLength(100);
      expect(network.clock.now() - began).toBeLessThan(100 * 0.5 + LATENCY_MS);
      await finish(all);
    }),
  );

  test(
    'have a packet each if no two fit into one',
    withNetwork(FAR, async (network) => {
      const all = await open(network);
      const packets = dataPackets(network, all);
      const began = network.clock.now();
      await Promise.all([receiveAll(all.there, 50), sendAll(all.here, 50, 1000)]);
      expect(packets).toHaveLength(50);
      expect(network.clock.now() - began).toBeCloseTo(LATENCY_MS, 3);
      await finish(all);
    }),
  );
});

describe('small messages on a path with a short round trip', () => {
  const near = { latencyMs: 0.1, rateBps: 1e8 };

  test(
    'share packets if they are sent together',
    withNetwork({ seed: 1, conditions: near }, async (network) => {
      const all = await connected(network, ONE_PATH);
      const packets = dataPackets(network, all);
      await Promise.all([receiveAll(all.there, 18_000), sendAll(all.here, 18_000, 64)]);
      expect(packets.length).toBeLessThan(18_000 / 10); // otherwise each would have its own packet
      await finish(all);
    }),
  );

  test(
    'wait only for messages of the same instant',
    withNetwork({ seed: 1, conditions: near }, async (network) => {
      const all = await connected(network, ONE_PATH);
      await transfer(all.here, all.there, 20); // measures the round-trip time
      await network.advance(1000);
      const packets = dataPackets(network, all);
      const began = network.clock.now();
      await sendAll(all.here, 10, 64);
      await receiveAll(all.there, 10);
      expect(packets).toHaveLength(5);
      expect(network.clock.now() - began).toBeLessThan(0.2);
      await finish(all);
    }),
  );
});

// Their timer used to serve a whole stack and also sent data that waited for Nagle's algorithm elsewhere.
test(
  'bundling of small messages does not affect the messages of other associations',
  withNetwork(FAR, async (network) => {
    const client = await network.stack(network.host('client', ONE_PATH.client, { mtu: 65_535 }));
    const server = await network.stack(network.host('server', ONE_PATH.server, { mtu: 65_535 }));
    const listener = server.socket({ style: 'one-to-many' });
    listener.bindx(endpoints(ONE_PATH.server));
    listener.listen();
    const [busy, patient] = [client.socket(), client.socket({ noDelay: false })];
    const here = await busy.connectx(endpoints(ONE_PATH.server));
    const there = await listener.accept();
    const waiting = await patient.connectx(endpoints(ONE_PATH.server));
    const began = network.clock.now();
    for (let number = 0; number < 2; number++) await waiting.send('waits for the SACK of the one before');
    await sendAll(here, 10, 64);
    await receiveAll(there, 10);
    const accepted = await listener.accept();
    await accepted.receive();
    expect(network.clock.now() - began).toBeLessThan(LATENCY_MS + 2);
    await accepted.receive();
    expect(network.clock.now() - began).toBeGreaterThan(2 * LATENCY_MS);
    await Promise.all([here.close(), waiting.close()]);
    await Promise.all([busy.close(), patient.close(), listener.close()]);
  }),
);
