import { describe, expect, test } from 'vitest';
import { type Association, Stack } from '../src/index.js';
import type { Packet } from '../src/packet.js';
import { type Conditions, type Host, type Network, scenario } from '../src/simulated.js';
import type { Route, TransportHost } from '../src/transport/transport.js';
import { sealPacket } from '../src/wire/crc32c.js';

const PORT = 5001;
const MESSAGE = new Uint8Array(100_000).fill(7);
const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;

const firstChunk = ({ bytes }: Packet) => bytes[12];
const isProbe = (packet: Packet) => firstChunk(packet) === HEARTBEAT && packet.bytes.length > 1500;
/** HEARTBEAT and PAD. */
const isPadded = (packet: Packet) => firstChunk(packet) === HEARTBEAT && packet.bytes.length > 500;
const mtus = (association: Association) => association.paths().map(({ mtu }) => mtu);

/** 1,500 bytes fit, and 9,000 are probed. */
const TRY: Sizes = { mtu: 1500, probeMtu: 9000 };

/** 1,280 bytes fit, and 1,500 are probed, as by default. */
const BASE: Sizes = { mtu: 1280, probeMtu: 1500 };

type Sizes = Pick<Route, 'mtu' | 'probeMtu'>;

type Family = 'IPv4' | 'IPv6';

const addressesOf = (host: number, paths: number, family: Family = 'IPv4') =>
  Array.from({ length: paths }, (_, path) =>
    family === 'IPv4' ? `10.0.${path + 1}.${host}` : `fd00:${path + 1}::${host}`,
  );

/** Two hosts with a path for each of `sizes`, whose routes exist while `isThere()`; returns a function that connects them. */
async function hosts(
  network: Network,
  sizes: readonly Sizes[],
  isThere = () => true,
  started: (name: string, host: TransportHost) => void = () => {},
  family?: Family,
) {
  const stackOf = async (name: string, host: number) => {
    const route = (destination: string) => {
      if (!isThere()) return undefined;
      const path = addressesOf(3 - host, sizes.length, family).indexOf(destination);
      return { source: destination.replace(/\d+$/, `${host}`), ...sizes[path] };
    };
    const { transport, random } = network.host(name, addressesOf(host, sizes.length, family), { mtu: 65_535, route });
    const start = transport.start.bind(transport);
    transport.start = (host) => {
      started(name, host);
      return start(host);
    };
    // If the only path failed, the association would end.
    const timers = { associationRetransmits: 1000 };
    return Stack.create({ transport, random, clock: network.clock, timers });
  };
  const [client, server] = await network.standStill(Promise.all([stackOf('client', 1), stackOf('server', 2)]));
  const endpoints = addressesOf(2, sizes.length, family).map((address) => ({ address, port: PORT }));
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

test('a path that cannot carry the largest size is searched for the largest that it does, and again ten minutes later', () =>
  connected({ mtu: 1420 }, [BASE], async (network, client, server, sent) => {
    const began = network.clock.now();
    const probes = async () => {
      for (let i = 0; i < 15; i++) {
        await carry(client, server);
        await network.advance(3000);
      }
      return sent.filter(({ packet }) => isPadded(packet)).map(({ packet, atMs }) => [packet.bytes.length + 20, atMs]);
    };
    const times = await probes();
    const inTurn = [1500, 1500, 1500, 1388, 1444, 1444, 1444, 1416];
    expect(times.map(([bytes]) => bytes)).toEqual(inTurn);
    expect(mtus(client)).toEqual([1416 - 20 - 12]);
    expect(await probes()).toHaveLength(inTurn.length);
    await network.advance(600_000 - (network.clock.now() - began));
    await probes();
    const again = (await probes()).slice(inTurn.length);
    expect(again.map(([bytes]) => bytes)).toEqual([1500, 1500, 1500, 1456, 1456, 1456]);
    expect(client.paths()).toMatchObject([{ state: 'active', mtu: 1416 - 20 - 12 }]);
  }));

test('a path that does not carry the size worth probing is tried with that of Ethernet next', () =>
  connected({ mtu: 1500 }, [{ mtu: 1280, probeMtu: 65_535 }], async (network, client, server, sent) => {
    for (let i = 0; i < 10; i++) {
      await carry(client, server);
      await network.advance(1000);
    }
    const bytes = sent.filter(({ packet }) => isPadded(packet)).map(({ packet }) => packet.bytes.length + 20);
    expect(bytes.slice(0, 4)).toEqual([65_532, 65_532, 65_532, 1500]);
    expect(mtus(client)[0]).toBeGreaterThanOrEqual(1468);
  }));

test('a path that keeps failing is probed at most a few times for each failure, and recovers its size', () =>
  connected({}, [TRY], async (network, client, server, sent) => {
    const began = network.clock.now();
    let failures = 0;
    for (; network.clock.now() - began < 3_600_000; failures++) {
      await carry(client, server);
      const heal = network.partition('10.0.1.1');
      await client.send(MESSAGE);
      await network.advance(100_000); // Path.Max.Retrans is 5: the route is given back
      heal();
      await received(server);
      await carry(client, server);
      await carry(client, server);
      expect(mtus(client)).toEqual([8968]);
    }
    const probes = sent.filter(({ packet }) => isPadded(packet) && packet.source === '10.0.1.1').length;
    expect(probes).toBeLessThanOrEqual(12 * failures);
  }));

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
    expect(probes).toBeLessThanOrEqual(100 * 3 * 12);
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

describe('a black hole: a path that no longer carries packets of a size that it carried before, without ICMP', () => {
  const events = (association: Association) => {
    const seen: string[] = [];
    association.on('path', ({ address, change, mtu }) => seen.push(`${address} ${change} ${mtu ?? ''}`));
    return seen;
  };

  /** Connects two hosts with the default sizes. */
  const connectedOver = (
    family: string,
    run: (network: Network, client: Association, server: Association) => Promise<void>,
    conditions: Conditions = {},
  ) =>
    scenario({ seed: 1, conditions: { latencyMs: 10, ...conditions }, limitMs: 1e6 }, async (network) => {
      const [own, peer] = family === 'IPv4' ? ['10.0.1.1', '10.0.1.2'] : ['fd00:1::1', 'fd00:1::2'];
      const stackOf = ({ transport, random }: Host) => Stack.create({ transport, random, clock: network.clock });
      const hosts = [network.host('client', [own!]), network.host('server', [peer!])] as const;
      const [a, b] = await network.standStill(Promise.all([stackOf(hosts[0]), stackOf(hosts[1])]));
      const endpoint = { address: peer!, port: PORT };
      const listener = b.socket();
      listener.bindx([endpoint]);
      listener.listen();
      const [client, server] = await Promise.all([a.socket().connect(endpoint), listener.accept()]);
      await run(network, client, server);
    });

  test('a message that is sent afterwards arrives in smaller packets, and events tell the sizes', () =>
    connected({}, [BASE], async (network, client, server) => {
      const seen = events(client);
      await carry(client, server);
      expect(mtus(client)).toEqual([1468]);
      network.link('*', '*', { mtu: 1280 });
      const small = Array.from({ length: 100 }, (_, index) => new Uint8Array(100).fill(index));
      for (const data of small) await client.send(data); // bundled into packets of 1,500 bytes
      for (const data of small) expect((await server.receive({ timeoutMs: 10_000 }))?.data).toEqual(data);
      expect(mtus(client)).toEqual([1248]);
      await carry(client, server);
      expect(seen.slice(0, 2)).toEqual(['10.0.1.2 mtu 1468', '10.0.1.2 mtu 1248']);
      expect(server.state).toBe('open');
    }));

  test.each(['IPv4', 'IPv6'])('a large message that is under way arrives in fragments of IP: %s', (family) =>
    connectedOver(family, async (network, client, server) => {
      await carry(client, server);
      await carry(client, server);
      const sending = client.send(MESSAGE);
      await network.advance(1);
      network.link('*', '*', { mtu: 1280, latencyMs: 10 });
      await sending;
      await received(server);
      expect(mtus(client)[0]).toBeLessThanOrEqual(1248);
      await carry(client, server);
    }),
  );

  test('a dead path makes no packet of another path larger or smaller than it was', () =>
    connected({}, [BASE, BASE], async (network, client, server, sent) => {
      await carry(client, server);
      const heal = network.partition('10.0.1.1');
      const before = sent.length;
      for (let i = 0; i < 5; i++) await carry(client, server);
      const others = sent.slice(before).filter(({ packet }) => packet.source === '10.0.2.1');
      expect(others.some(({ packet }) => packet.bytes.length > 1400)).toBe(true);
      expect(others.filter(({ packet }) => packet.mayBeFragmented)).toEqual([]);
      heal();
    }));

  test.each(['IPv4', 'IPv6'])('from the start, over %s: the first message arrives without delay', (family) =>
    connectedOver(
      family,
      async (network, client, server) => {
        const before = network.clock.now();
        await carry(client, server);
        expect(network.clock.now() - before).toBeLessThan(500);
        const tooBig = network.trace.entries().filter(({ outcome }) => outcome === 'too big');
        expect(tooBig.every(({ bytes }) => bytes[12] === HEARTBEAT)).toBe(true);
      },
      { mtu: 1280 },
    ),
  );

  test('of two paths, one carries less: nothing is lost, and both are used with the size that both carry', () =>
    connected({}, [BASE, BASE], async (network, client, server) => {
      await carry(client, server);
      network.link('10.0.1.1', '*', { mtu: 1280 });
      network.link('*', '10.0.1.1', { mtu: 1280 });
      for (let i = 0; i < 20; i++) {
        await carry(client, server);
        await network.advance(500);
      }
      expect(mtus(client)).toEqual([1248, 1248]);
      expect(client.state).toBe('open');
    }));

  test('while a path with small packets is inactive, other paths carry larger ones, and smaller ones again afterwards', () =>
    connected({}, [BASE, BASE], async (network, client, server) => {
      network.link('10.0.1.1', '*', { mtu: 1280 });
      network.link('*', '10.0.1.1', { mtu: 1280 });
      await carry(client, server);
      await network.advance(30_000);
      await carry(client, server);
      expect(mtus(client)).toEqual([1248, 1248]);
      const heal = network.partition('10.0.1.1');
      await network.advance(400_000);
      await carry(client, server);
      expect(client.paths().map(({ state }) => state)).toEqual(['inactive', 'active']);
      expect(mtus(client)).toEqual([1248, 1468]);
      heal();
      await network.advance(120_000);
      expect(client.paths().map(({ state }) => state)).toEqual(['active', 'active']);
      expect(mtus(client)).toEqual([1248, 1248]);
      await carry(client, server);
    }));
});

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

/** A pair on one path that begins with 1,280 bytes. `reportTooBig` tells the client that a packet was too large, as ICMP does. */
function withPacketTooBig(
  run: (
    network: Network,
    client: Association,
    server: Association,
    reportTooBig: (mtu: number, forged?: boolean) => void,
    sent: Packet[],
  ) => Promise<void>,
  family: Family = 'IPv4',
) {
  const [[source = ''], [destination = '']] = [addressesOf(1, 1, family), addressesOf(2, 1, family)];
  return scenario({ seed: 1, conditions: { latencyMs: 10 }, limitMs: 1e7 }, async (network) => {
    const sent: Packet[] = [];
    network.filter((packet, from) => {
      if (from.addresses.includes(source)) sent.push(packet);
      return packet;
    });
    let clientHost: TransportHost | undefined;
    const started = (name: string, host: TransportHost) => {
      if (name === 'client') clientHost = host;
    };
    const connect = await hosts(network, [BASE], undefined, started, family);
    const [client, server] = await connect();
    await network.advance(2000);
    const reportTooBig = (mtu: number, isForged = false) => {
      const bytes = sent.at(-1)!.bytes.slice();
      if (isForged) bytes[4]! ^= 1; // the verification tag
      clientHost?.packetTooBig?.({ source, destination, mtu, bytes });
    };
    await run(network, client, server, reportTooBig, sent);
  });
}

const sizeOf = (mtu: number) => [mtu - 20 - 12];

test('a router’s report of a smaller size is used at once, and what was lost is sent again without a time-out', () =>
  withPacketTooBig(async (network, client, server, reportTooBig, sent) => {
    await carry(client, server);
    expect(mtus(client)).toEqual(sizeOf(1500));
    network.filter((packet) => {
      if (packet.bytes.length + 20 <= 1400 || packet.mayBeFragmented) return packet;
      network.clock.schedule(10, () => reportTooBig(1400));
      return 'drop';
    });
    const before = network.clock.now();
    const first = sent.length;
    await carry(client, server);
    expect(network.clock.now() - before).toBeLessThan(200);
    expect(mtus(client)).toEqual(sizeOf(1400));
    await network.advance(10_000);
    await carry(client, server);
    expect(sent.slice(first).filter((packet) => packet.bytes.length + 20 > 1400 && isPadded(packet))).toEqual([]);
  }));

test('a router’s report about a probe says which size is probed next, and ends the search', () =>
  withPacketTooBig(async (network, client, server, reportTooBig, sent) => {
    network.filter((packet) => {
      if (packet.bytes.length + 20 <= 1420) return packet;
      network.clock.schedule(10, () => reportTooBig(1420));
      return 'drop';
    });
    for (let i = 0; i < 5; i++) {
      await carry(client, server);
      await network.advance(3000);
    }
    expect(sent.filter(isPadded).map(({ bytes }) => bytes.length + 20)).toEqual([1500, 1420]);
    expect(mtus(client)).toEqual(sizeOf(1420));
  }));

test.each([
  ['IPv4', 20],
  ['IPv6', 40],
] as const)(
  '%s: chunks that exceed the reported size by few bytes are sent so that IP may fragment them',
  (family, header) =>
    withPacketTooBig(async (network, client, server, reportTooBig) => {
      await carry(client, server);
      const late: Packet[] = [];
      network.filter((packet) => {
        if (packet.bytes.length + header <= 1300 || packet.mayBeFragmented) return packet;
        late.push(packet);
        return 'drop';
      });
      // Of 16 bytes for the DATA chunk and 12 for the common header.
      const lengths = Array.from({ length: 15 }, (_, index) => 1300 - header - 28 + 4 * (index - 7));
      const sending = Promise.all(lengths.map((bytes) => client.send(new Uint8Array(bytes).fill(1))));
      await network.advance(50);
      expect(late.length).toBeGreaterThan(0);
      reportTooBig(1300);
      for (const bytes of lengths) expect((await server.receive({ timeoutMs: 1000 }))?.data.length).toBe(bytes);
      await sending;
    }, family),
);

test('a report without the verification tag, of a larger size, or after the search changes nothing', () =>
  withPacketTooBig(async (network, client, server, reportTooBig) => {
    await carry(client, server);
    reportTooBig(1300, true);
    reportTooBig(1500);
    reportTooBig(9000);
    await network.advance(1000);
    expect(mtus(client)).toEqual(sizeOf(1500));
  }));

test.each([0, 68, 576, 1279])('a report of %d bytes lowers the size to the base only', (mtu) =>
  withPacketTooBig(async (network, client, server, reportTooBig) => {
    await carry(client, server);
    reportTooBig(mtu);
    await network.advance(1000);
    expect(mtus(client)).toEqual(sizeOf(1280));
    await carry(client, server);
  }),
);

test('reports with addresses or headers that can’t be are ignored', () =>
  scenario({ seed: 1, limitMs: 1e6 }, async (network) => {
    let host: TransportHost | undefined;
    const connect = await hosts(network, [BASE], undefined, (_, started) => {
      host = started;
    });
    const [client] = await connect();
    for (const [source, destination, length] of [
      ['10.0.1.1', '10.0.1.2', 11],
      ['10.0.1.1', '::1', 12],
      ['10.9.9.9', '10.0.1.1', 12],
      ['nonsense', '10.0.1.1', 12],
    ] as const) {
      host?.packetTooBig?.({ source, destination, mtu: 1300, bytes: new Uint8Array(length) });
    }
    expect(client!.paths()).toMatchObject([{ state: 'active' }]);
  }));
