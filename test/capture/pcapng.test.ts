import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PcapngWriter } from '../../src/capture/pcapng.js';
import { Network } from '../../src/simulated.js';
import { capture } from '../../src/transport/capture.js';
import { Listener, listen } from '../simulated/fixture.js';
import { chunk, dataChunk, init, parameter, sctp, u8, u16, u32 } from '../support/packets.js';

const CHECKSUMS = ['sctp.checksum:CRC 32c', 'ip.check_checksum:TRUE', 'udp.check_checksum:TRUE'];

/** The fields that tshark reads from a capture, one line per packet. Fails without tshark. */
function tshark(pcapng: Uint8Array, fields: readonly string[]): string[][] {
  const directory = mkdtempSync(join(tmpdir(), 'pcapng-'));
  try {
    const file = join(directory, 'capture.pcapng');
    writeFileSync(file, pcapng);
    const preferences = CHECKSUMS.flatMap((preference) => ['-o', preference]);
    const columns = fields.flatMap((field) => ['-e', field]);
    const args = ['-r', file, ...preferences, '-T', 'fields', '-E', 'separator=|', ...columns];
    const output = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return output
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('|'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One packet of each kind: an odd length, extensions, bundled chunks. */
const PACKETS = [
  sctp(init(parameter(5, u8(10, 0, 1, 1)), parameter(0x8008, u8(0xc0, 0x40)))),
  sctp(dataChunk(17, 'hello'), chunk(3, 0, u32(16, 5000), u16(0, 0))),
  sctp(chunk(6, 0, parameter(12, new TextEncoder().encode('bye')))),
];

test.each([
  ['IPv4', '10.0.1.1', '10.0.1.2', undefined],
  ['IPv6', '2001:db8::1', '2001:db8::2', undefined],
  ['UDP over IPv4', '10.0.1.1', '10.0.1.2', 9899],
  ['UDP over IPv6', '2001:db8::1', '2001:db8::2', 9899],
])('tshark reads a capture over %s, and finds every checksum right', async (_, local, remote, encapsulationPort) => {
  const network = new Network({ seed: 1 });
  const options = encapsulationPort === undefined ? {} : { encapsulationPort };
  const writer = new PcapngWriter();
  const left = network.host('left', [local], options);
  const right = network.host('right', [remote], options);
  const leftTransport = capture(left.transport, writer, { name: 'left', clock: network.clock });
  const rightTransport = capture(right.transport, writer, { name: 'right', clock: network.clock });
  const received = new Listener(network, right);
  await leftTransport.start(new Listener(network, left));
  await rightTransport.start(received);
  const port = encapsulationPort ?? 0;
  for (const bytes of PACKETS) {
    leftTransport.send([{ source: local, destination: remote, port, trafficClass: 2, bytes: bytes.slice() }]);
    await network.advance(1000.5);
  }
  expect(received.packets.map(({ bytes }) => bytes)).toEqual(PACKETS);
  const family = local.includes(':') ? 'ipv6' : 'ip';
  const ecn = family === 'ip' ? 'ip.dsfield.ecn' : 'ipv6.tclass.ecn';
  const lower = [
    ...(family === 'ip' ? ['ip.checksum.status'] : []),
    ...(encapsulationPort ? ['udp.checksum.status'] : []),
  ];
  const fields = [
    'frame.interface_name',
    'frame.time_epoch',
    `${family}.src`,
    `${family}.dst`,
    ecn,
    'sctp.checksum.status',
    ...lower,
  ];
  const line = (name: string, time: string) => [name, time, local, remote, '2', '1', ...lower.map(() => '1')];
  expect(tshark(writer.bytes(), fields)).toEqual([
    line('left', '0.000000000'),
    line('right', '0.000125000'),
    line('left', '1.000500000'),
    line('right', '1.000625000'),
    line('left', '2.001000000'),
    line('right', '2.001125000'),
  ]);
  expect(tshark(writer.bytes(), ['_ws.malformed'])).toEqual(new Array(6).fill(['']));
});

test('a network’s capture has an interface per host, and comments on packets that were not delivered', async () => {
  const network = new Network({ seed: 1 });
  const client = await listen(network, network.host('client', ['10.0.1.1']));
  const server = await listen(network, network.host('server', ['10.0.1.2']));
  const send = ({ host }: typeof client, destination: string) =>
    host.transport.send([
      { source: host.addresses[0]!, destination, port: 0, trafficClass: 0, bytes: PACKETS[0]!.slice() },
    ]);
  send(client, '10.0.1.2');
  send(server, '10.0.1.1');
  send(client, '10.0.1.9');
  await network.runUntilIdle();
  network.link(client.host, server.host, { corrupt: 1 });
  send(client, '10.0.1.2');
  await network.runUntilIdle();
  const fields = ['frame.interface_name', 'frame.comment', 'sctp.checksum.status'];
  expect(tshark(network.pcapng(), fields)).toEqual([
    ['client', '', '1'],
    ['server', '', '1'],
    ['client', 'no host', '1'],
    ['client', 'corrupted', '0'],
  ]);
});

test('names and comments may hold any text, and packets any length', () => {
  const writer = new PcapngWriter();
  const interfaceId = writer.addInterface('Zürich ✈');
  const datagram = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 0, destinationPort: 0, trafficClass: 0 };
  for (let length = 0; length < 5; length++) {
    writer.add({
      interfaceId,
      timeMs: 1.7e12,
      comment: 'ü'.repeat(length + 1),
      datagram: { ...datagram, bytes: new Uint8Array(length) },
    });
  }
  const lines = tshark(writer.bytes(), ['frame.interface_name', 'frame.len', 'frame.comment', 'frame.time_epoch']);
  expect(lines).toEqual(
    Array.from({ length: 5 }, (_, length) => [
      'Zürich ✈',
      `${20 + length}`,
      'ü'.repeat(length + 1),
      '1700000000.000000000',
    ]),
  );
});

test('a capture is bounded, and counts what it leaves out', () => {
  const writer = new PcapngWriter({ limitBytes: 2000 });
  const interfaceId = writer.addInterface('small');
  const datagram = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 1, destinationPort: 2, trafficClass: 0 };
  for (let count = 0; count < 10; count++)
    writer.add({ interfaceId, timeMs: 0, datagram: { ...datagram, bytes: new Uint8Array(500) } });
  writer.add({ interfaceId, timeMs: 0, datagram: { ...datagram, bytes: new Uint8Array(65_535) } });
  expect(writer.skipped).toBe(8);
  expect(writer.bytes().length).toBeLessThanOrEqual(2000);
});

test('a captured transport behaves as the original', async () => {
  const network = new Network({ seed: 1 });
  const host = network.host('left', ['10.0.0.1'], { encapsulationPort: 9899, mtu: 1400 });
  const transport = capture(host.transport, new PcapngWriter());
  expect(transport).toMatchObject({ addresses: ['10.0.0.1'], mtu: 1400, encapsulationPort: 9899 });
  const listener = new Listener(network, host);
  await transport.start(listener);
  expect(transport.route?.('10.0.0.9')).toEqual({ source: '10.0.0.1' });
  host.addressUp('10.0.0.5');
  expect([listener.changes, transport.addresses]).toEqual([1, ['10.0.0.1', '10.0.0.5']]);
  await transport.close();
  expect(transport.route?.('10.0.0.9')).toBeUndefined();
});
