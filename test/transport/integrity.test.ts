import { expect, test } from 'vitest';
import { PcapngWriter } from '../../src/capture/pcapng.js';
import { type Conn, conn, type Packet, Stack } from '../../src/index.js';
import { type Host, type Network, scenario } from '../../src/simulated.js';
import { capture } from '../../src/transport/capture.js';
import type { Transport } from '../../src/transport/transport.js';
import { udp } from '../../src/udp.js';
import { packetChecksum, storedChecksum } from '../../src/wire/crc32c.js';
import { RecordingHost } from './contract.js';

const PORT = 5001;
const PEER = { address: '10.0.0.2', port: PORT };

/** Two hosts of the simulated network, which has `integrity`, with a stack each. */
async function pair(network: Network, wrap: (transport: Transport) => Transport = (transport) => transport) {
  const { clock } = network;
  const hosts = [network.host('client', ['10.0.0.1']), network.host('server', ['10.0.0.2'])] as const;
  const create = ({ transport, random }: Host) => Stack.create({ transport: wrap(transport), clock, random });
  const [client, server] = await network.standStill(Promise.all([create(hosts[0]), create(hosts[1])]));
  const listener = server.socket();
  listener.bindx([PEER]);
  listener.listen();
  return { hosts, client, server, listener };
}

/** Wraps a transport, with or without `integrity`. Packets in both directions pass through a function. */
function through(
  transport: Transport,
  integrity: boolean,
  onPacket: { out?: (packet: Packet) => Packet; in?: (packet: Packet) => Packet },
): Transport {
  const same = (packet: Packet) => packet;
  return {
    get addresses() {
      return transport.addresses;
    },
    mtu: transport.mtu,
    integrity,
    start: (host) =>
      transport.start({
        takesZeroChecksum: host.takesZeroChecksum === true,
        receive: (packets) => host.receive(packets.map(onPacket.in ?? same)),
        unreachable: (destination, code) => host.unreachable(destination, code),
        changed: (back) => host.changed(back),
      }),
    route: (destination) => transport.route?.(destination),
    send: (packets) => transport.send(packets.map(onPacket.out ?? same)),
    close: () => transport.close(),
  };
}

function hasChecksum({ bytes }: { readonly bytes: Uint8Array }): boolean {
  return storedChecksum(bytes) === packetChecksum(bytes);
}

test('over a transport with integrity packets have no checksum, and messages arrive', async () => {
  await scenario({ seed: 1 }, async (network) => {
    const sent: Packet[] = [];
    const copy = (packet: Packet) => {
      sent.push({ ...packet, bytes: packet.bytes.slice() });
      return packet;
    };
    const { client, listener } = await pair(network, (transport) => through(transport, true, { out: copy }));
    const [here, there] = await Promise.all([client.socket().connect(PEER), listener.accept()]);
    await here.send(new Uint8Array(100_000).fill(7));
    expect((await there.receive())?.data).toEqual(new Uint8Array(100_000).fill(7));
    expect(sent.length).toBeGreaterThan(70);
    expect(sent.filter(({ bytes }) => storedChecksum(bytes) !== 0)).toEqual([]);
    await Promise.all([here.close(), there.closed]);
  });
});

test('over a transport without integrity each packet has its checksum, and one without is dropped', async () => {
  await scenario({ seed: 2 }, async (network) => {
    let without = 0;
    const cleared = (packet: Packet) => {
      expect(hasChecksum(packet)).toBe(true);
      if (packet.bytes[12] === 0 && without++ === 0) packet.bytes.fill(0, 8, 12); // the first DATA
      return packet;
    };
    const { client, listener } = await pair(network, (transport) => through(transport, false, { in: cleared }));
    const [here, there] = await Promise.all([client.socket().connect(PEER), listener.accept()]);
    await here.send('checked');
    expect((await there.receive())?.data.length).toBe(7);
    expect(without).toBe(2);
    expect(network.clock.now()).toBeGreaterThan(900); // it was retransmitted
    await Promise.all([here.close(), there.closed]);
  });
});

test('the checksum is right, whatever the length of a packet', async () => {
  await scenario({ seed: 4 }, async (network) => {
    const lengths = new Set<number>();
    const checked = (packet: Packet) => {
      expect(storedChecksum(packet.bytes)).toBe(packetChecksum(packet.bytes));
      lengths.add(packet.bytes.length);
      return packet;
    };
    const { client, listener } = await pair(network, (transport) => through(transport, false, { in: checked }));
    const [here, there] = await Promise.all([client.socket().connect(PEER), listener.accept()]);
    for (let length = 1; length < 1440; length += 7) {
      const message = Uint8Array.from({ length }, (_, index) => (index * length) >> 3);
      await here.send(message);
      expect((await there.receive())?.data).toEqual(message);
    }
    expect(lengths.size).toBeGreaterThan(200);
    await Promise.all([here.close(), there.closed]);
  });
});

test('a capture has all checksums, although the network leaves them out', async () => {
  class Writer extends PcapngWriter {
    readonly packets: { readonly bytes: Uint8Array }[] = [];
    override add(record: Parameters<PcapngWriter['add']>[0]): void {
      this.packets.push({ bytes: record.datagram.bytes.slice() });
      super.add(record);
    }
  }
  await scenario({ seed: 6 }, async (network) => {
    const writer = new Writer();
    const { hosts, client, listener } = await pair(network, (transport) => capture(transport, writer));
    expect(hosts.map(({ transport }) => transport.integrity)).toEqual([true, true]);
    const [here, there] = await Promise.all([client.socket().connect(PEER), listener.accept()]);
    await Promise.all([here.close(), there.closed]);
    expect(writer.packets.length).toBeGreaterThan(10);
    expect(writer.packets.filter((packet) => !hasChecksum(packet))).toEqual([]);
  });
});

test('a capture over a path without checksums connects, and sends none either', async () => {
  await scenario({ seed: 7 }, async (network) => {
    const { clock } = network;
    const sent: Uint8Array[] = [];
    const ends: { left?: Conn; right?: Conn } = {};
    const carry = (to: 'left' | 'right') => (packet: Uint8Array) => {
      sent.push(packet.slice());
      ends[to]?.connInput(packet);
    };
    ends.left = conn({ onConnOutput: carry('right'), checksum: false });
    ends.right = conn({ onConnOutput: carry('left'), checksum: false });
    const captured = capture(ends.left, new PcapngWriter());
    const end = { address: 'conn', port: 5000 };
    const random = (bytes: Uint8Array) => void bytes.fill(7);
    const stacks = [
      Stack.create({ transport: captured, clock, random }),
      Stack.create({ transport: ends.right, clock, random }),
    ];
    const [left, right] = (await network.standStill(Promise.all(stacks))) as [Stack, Stack];
    const options = { local: [end], timeoutMs: 10_000 };
    const [one, other] = await Promise.all([left.socket().connect(end, options), right.socket().connect(end, options)]);
    await one.send('hello');
    expect((await other.receive())?.data).toEqual(new TextEncoder().encode('hello'));
    expect(sent.filter((bytes) => storedChecksum(bytes) !== 0)).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });
});

test('a captured transport has the integrity of the original', () => {
  const of = (transport: Transport) => capture(transport, new PcapngWriter());
  const checksum = (checksum: boolean) => conn({ onConnOutput: () => {}, checksum });
  expect([of(checksum(false)).integrity, of(checksum(true)).integrity]).toEqual([true, false]);
  expect('integrity' in of(udp({ addresses: ['127.0.0.1'] }))).toBe(false);
});

test('a checksum that is not 0 is verified nevertheless', async () => {
  await scenario({ seed: 3 }, async (network) => {
    let wrong = 0;
    const { client, listener } = await pair(network);
    network.filter((packet) => {
      if (packet.bytes[12] !== 0 || wrong > 0) return undefined; // the first DATA
      wrong++;
      const bytes = packet.bytes.slice();
      bytes[40]! ^= 1;
      return { ...packet, bytes };
    });
    const [here, there] = await Promise.all([client.socket().connect(PEER), listener.accept()]);
    const message = new Uint8Array(100);
    await here.send(message);
    expect((await there.receive())?.data).toEqual(message);
    expect(wrong).toBe(1);
    expect(network.clock.now()).toBeGreaterThan(900); // it was retransmitted
    await Promise.all([here.close(), there.closed]);
  });
});

test('corruption by a link is detected', async () => {
  await scenario({ seed: 4, conditions: { corrupt: 0.1 } }, async (network) => {
    const { client, listener } = await pair(network);
    const [here, there] = await Promise.all([client.socket().connect(PEER), listener.accept()]);
    const message = new Uint8Array(200_000).map((_, index) => index * 7);
    void here.send(message);
    expect((await there.receive())?.data).toEqual(message);
    expect(network.trace.entries().filter(({ note }) => note === 'corrupted').length).toBeGreaterThan(5);
    await Promise.all([here.close(), there.closed]);
  });
});

test('filters, traces and other receivers see the checksums of packets in the simulated network', async () => {
  await scenario({ seed: 5 }, async (network) => {
    const seen: Packet[] = [];
    const { client } = await pair(network);
    const other = network.host('other', ['10.0.0.3']);
    const recording = new RecordingHost();
    await other.transport.start(recording);
    const connecting = client
      .socket()
      .connect({ address: '10.0.0.3', port: PORT }, { timeoutMs: 10_000 })
      .catch(() => undefined);
    await network.advance(100);
    network.filter((packet) => {
      seen.push(packet);
      return undefined;
    });
    await connecting;
    expect(recording.packets.length).toBeGreaterThan(3);
    expect(seen.length).toBeGreaterThan(2);
    const all = [...recording.packets, ...seen, ...network.trace.entries()];
    expect(all.filter((packet) => !hasChecksum(packet))).toEqual([]);
  });
});
