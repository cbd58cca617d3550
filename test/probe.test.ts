import { describe, expect, test } from 'vitest';
import { type Association, Stack } from '../src/index.js';
import type { Packet } from '../src/packet.js';
import { type Conditions, type Network, scenario } from '../src/simulated.js';
import type { Route } from '../src/transport/transport.js';
import { sealPacket } from '../src/wire/crc32c.js';

const PORT = 5001;
const MESSAGE = new Uint8Array(100_000).fill(7);
const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;

const firstChunk = ({ bytes }: Packet) => bytes[12];
const isProbe = (packet: Packet) => firstChunk(packet) === HEARTBEAT && packet.bytes.length > 1500;
const mtus = (association: Association) => association.paths().map(({ mtu }) => mtu);

/** 1,500 bytes fit, and 9,000 are probed. */
const TRY: Sizes = { mtu: 1500, probeMtu: 9000 };

type Sizes = Pick<Route, 'mtu' | 'probeMtu'>;

const addressesOf = (host: number, paths: number) =>
  Array.from({ length: paths }, (_, path) => `10.0.${path + 1}.${host}`);

/** Two hosts with a path for each of `sizes`, whose routes exist while `isThere()`; returns a function that connects them. */
async function hosts(network: Network, sizes: readonly Sizes[], isThere = () => true) {
  const stackOf = async (name: string, host: number) => {
    const route = (destination: string) => {
      if (!isThere()) return undefined;
      return { source: destination.replace(/\d+$/, `${host}`), ...sizes[Number(destination.split('.')[2]) - 1] };
    };
    const { transport, random } = network.host(name, addressesOf(host, sizes.length), { mtu: 65_535, route });
    // If the only path failed, the association would end.
    const timers = { associationRetransmits: 1000 };
    return Stack.create({ transport, random, clock: network.clock, timers });
  };
  const [client, server] = await network.standStill(Promise.all([stackOf('client', 1), stackOf('server', 2)]));
  const endpoints = addressesOf(2, sizes.length).map((address) => ({ address, port: PORT }));
  const listener = server.socket();
  listener.bindx(endpoints);
  listener.listen();
  return () => Promise.all([client.socket().connectx(endpoints), listener.accept()]);
}

async function pair(network: Network, sizes: readonly Sizes[]) {
  const connect = await hosts(network, sizes);
  return connect();
}

/** Runs with a connected pair and records each packet that is sent. */
function connected(
  conditions: Conditions,
  sizes: readonly Sizes[],
  run: (
    network: Network,
    client: Association,
    server: Association,
    sent: { packet: Packet; atMs: number }[],
  ) => Promise<void>,
) {
  return scenario({ seed: 1, conditions: { latencyMs: 10, ...conditions }, limitMs: 1e7 }, async (network) => {
    const sent: { packet: Packet; atMs: number }[] = [];
    network.filter((packet) => {
      sent.push({ packet, atMs: network.clock.now() });
      return packet;
    });
    const [client, server] = await pair(network, sizes);
    await network.advance(2000); // until all paths are confirmed
    await run(network, client, server, sent);
  });
}

async function carry(client: Association, server: Association) {
  await client.send(MESSAGE);
  await received(server);
}

async function received(server: Association) {
  expect(Buffer.compare((await server.receive())!.data, MESSAGE)).toBe(0);
}

test('a path that can carry larger packets gets them after a full packet was sent', () =>
  connected({}, [TRY], async (_network, client, server, sent) => {
    expect(mtus(client)).toEqual([1500 - 20 - 12]);
    await carry(client, server);
    expect(sent.filter(({ packet }) => isProbe(packet))).toHaveLength(1);
    expect(mtus(client)).toEqual([9000 - 20 - 12]);
    const before = sent.length;
    await carry(client, server);
    expect(Math.max(...sent.slice(before).map(({ packet }) => packet.bytes.length))).toBeGreaterThan(8000);
  }));

test('a path that cannot carry larger packets is probed three times and again ten minutes later, without loss', () =>
  connected({ mtu: 1500 }, [TRY], async (network, client, server, sent) => {
    const began = network.clock.now();
    const probes = async () => {
      for (let i = 0; i < 10; i++) {
        await carry(client, server);
        await network.advance(3000);
      }
      return sent.filter(({ packet }) => isProbe(packet)).map(({ atMs }) => atMs - began);
    };
    const times = await probes();
    expect(times).toHaveLength(3);
    expect(await probes()).toHaveLength(3);
    await network.advance(600_000 - (network.clock.now() - began - times[2]!) - 1000);
    const [next] = (await probes()).slice(3);
    expect(next! - times[2]!).toBeGreaterThanOrEqual(600_000);
    expect(client.paths()).toMatchObject([{ state: 'active', mtu: 1468 }]);
  }));

test.each([
  ['carries larger packets', {}, 1],
  ['does not carry larger packets', { mtu: 1500 }, 3 * 6],
] as const)('a path that %s and keeps failing is probed no more often', (_, conditions, most) =>
  connected(conditions, [TRY], async (network, client, server, sent) => {
    const began = network.clock.now();
    const probes = () => sent.filter(({ packet }) => isProbe(packet) && packet.source === '10.0.1.1').length;
    while (network.clock.now() - began < 3_600_000) {
      await carry(client, server);
      const heal = network.partition('10.0.1.1');
      await client.send(MESSAGE);
      await network.advance(100_000); // Path.Max.Retrans is 5: the route is given back
      heal();
      await received(server);
    }
    expect(probes()).toBeLessThanOrEqual(most);
    expect(mtus(client)).toEqual([most === 1 ? 8968 : 1468]);
  }),
);

test('without full packets no path is probed', () =>
  connected({}, [TRY], async (network, client, server, sent) => {
    for (let i = 0; i < 20; i++) {
      await client.send('small');
      await server.receive();
      await network.advance(1000);
    }
    expect(sent.filter(({ packet }) => isProbe(packet))).toEqual([]);
  }));

test('an answer without our nonce does not raise the path MTU', () =>
  connected({}, [TRY], async (network, client, server) => {
    network.filter((packet) => {
      if (firstChunk(packet) !== HEARTBEAT_ACK) return packet;
      const bytes = packet.bytes.slice();
      bytes[12 + 4 + 4 + 8]! ^= 1; // the first byte of the nonce
      sealPacket(bytes);
      return { ...packet, bytes };
    });
    await carry(client, server);
    await network.advance(1000);
    expect(mtus(client)).toEqual([1468]);
  }));

test('a packet size that the application has set is kept', () =>
  connected({}, [TRY], async (network, client, server, sent) => {
    client.setOption('pathParameters', { mtuDiscovery: false, mtu: 1200 }, { path: '10.0.1.2' });
    await carry(client, server);
    await network.advance(1000);
    expect(sent.filter(({ packet }) => isProbe(packet) && packet.source === '10.0.1.1')).toEqual([]);
    expect(mtus(client)).toEqual([1200]);
  }));

test('a path begins with the MTU of its route', () =>
  connected({}, [{ mtu: 9000 }], async (_network, client, server) => {
    expect(mtus(client)).toEqual([8968]);
    await carry(client, server);
  }));

test('of a hundred paths whose routes come and go, none is probed more often because of the others', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 }, limitMs: 1e7 }, async (network) => {
    let probes = 0;
    network.filter((packet) => {
      if (isProbe(packet) && packet.source === '10.0.1.1') probes++;
      return packet;
    });
    let isThere = true;
    const connect = await hosts(network, [TRY], () => isThere);
    const associations: Awaited<ReturnType<typeof connect>>[] = [];
    for (let i = 0; i < 100; i++) associations.push(await connect());
    await network.advance(2000);
    for (let round = 0; round < 3; round++) {
      for (const [client, server] of associations) await carry(client, server);
      const heal = network.partition('10.0.1.1');
      isThere = false;
      await Promise.all(associations.map(([client]) => client.send(MESSAGE)));
      await network.advance(100_000); // Path.Max.Retrans is 5: the routes are given back
      isThere = true;
      heal();
      for (const [, server] of associations) await received(server);
    }
    expect(probes).toBe(100);
  }));

test('the packet size is raised once every path is known to carry larger packets', () =>
  connected({}, [TRY, TRY], async (network, client, server) => {
    await carry(client, server);
    await network.advance(1000);
    expect(mtus(client)).toEqual([8968, 8968]);
  }));

test.for([
  ['as probing has found', [TRY, TRY]],
  ['by the MTU of its route', [{ mtu: 9000 }, { mtu: 1500 }]],
] as const)(
  'packets are no larger than the path with the smallest MTU allows, %s, so that it can replace the other',
  ([, sizes]) =>
    connected({}, sizes, async (network, client, server) => {
      network.link('10.0.2.1', '*', { mtu: 1500 });
      await carry(client, server);
      await network.advance(1000);
      expect(mtus(client)).toEqual([1468, 1468]);
      await client.send(MESSAGE);
      network.link('10.0.1.1', '*', { loss: 1 });
      for (let i = 0; i < 5; i++) await client.send(MESSAGE);
      for (let i = 0; i < 6; i++) await received(server);
    }),
);

describe('small messages', () => {
  const sizes = (sent: { packet: Packet }[]) => sent.map(({ packet }) => packet.bytes.length);
  const burst = async (network: Network, client: Association, server: Association, count: number, ms = 100) => {
    for (let i = 0; i < count; i++) await client.send(new Uint8Array(100).fill(i));
    await network.advance(ms);
    for (let i = 0; i < count; i++) expect((await server.receive())?.data[0]).toBe(i);
  };

  test('with large packets, wait for each other after a few packets, for a millisecond at most', () =>
    connected({}, [{ mtu: 65_535 }], async (network, client, server, sent) => {
      const before = sent.length;
      const began = network.clock.now();
      await burst(network, client, server, 50);
      const packets = sent.slice(before).filter(({ packet }) => packet.source === '10.0.1.1');
      expect(sizes(packets)).toEqual([128, 128, 128, 128, 12 + 46 * 116]);
      expect(packets.at(-1)!.atMs - began).toBeLessThanOrEqual(1);
    }));

  test('are sent at once if they come one by one on a path with small packets and a short round trip', () =>
    connected({ latencyMs: 0.2 }, [{ mtu: 9000 }], async (network, client, server, sent) => {
      const before = sent.length;
      for (let i = 0; i < 20; i++) await burst(network, client, server, 1, 1);
      const packets = sent.slice(before).filter(({ packet }) => packet.source === '10.0.1.1');
      expect(sizes(packets)).toEqual(Array.from({ length: 20 }, () => 128));
    }));

  test('are sent before the association is closed if they were waiting', () =>
    connected({}, [{ mtu: 65_535 }], async (_network, client, server) => {
      for (let i = 0; i < 50; i++) await client.send(new Uint8Array(100));
      const closing = client.close();
      let count = 0;
      for await (const _message of server) count++;
      await closing;
      expect(count).toBe(50);
    }));
});
