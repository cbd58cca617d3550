import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, describe, expect, test } from 'vitest';
import { type UdpTransport, udp } from '../../src/udp.js';
import { payload, RecordingHost, transportContract } from './contract.js';
import { closeTransports, keep, packet, pause, started, until } from './fixture.js';

afterEach(closeTransports);

for (const address of ['127.0.0.1', '::1']) {
  transportContract(`udp on ${address}`, async () => ({
    left: udp({ addresses: [address], port: 0 }),
    right: udp({ addresses: [address], port: 0 }),
    port: (transport) => (transport as UdpTransport).port,
    settle: () => pause(),
  }));
}

describe('addresses and ports', () => {
  test('by default every address is listed, loopback last and link-local ones not', async () => {
    const { transport } = await started({ addresses: ['0.0.0.0', '::'] });
    expect(transport.addresses).toContain('127.0.0.1');
    expect(transport.addresses.some((address) => /^(fe[89ab]|169\.254\.)/.test(address))).toBe(false);
  });

  test('a wildcard is the addresses of its own family only', async () => {
    const { transport } = await started({ addresses: ['0.0.0.0'] });
    expect(transport.addresses.filter((address) => address.includes(':'))).toEqual([]);
  });

  test('any free port is the same on every address', async () => {
    const { transport, host } = await started({ addresses: ['127.0.0.1', '127.0.0.2', '::1'] });
    expect(transport.addresses).toEqual(['127.0.0.1', '127.0.0.2', '::1']);
    const bytes = payload(50, 3);
    for (const address of transport.addresses) {
      transport.send([{ source: address, destination: address, port: transport.port, trafficClass: 0, bytes }]);
    }
    await until(() => host.packets.length === 3);
    expect(host.packets.map(({ destination }) => destination).sort()).toEqual(['127.0.0.1', '127.0.0.2', '::1']);
  });

  test('a taken port rejects start with EADDRINUSE and leaves nothing open', async () => {
    const { transport: other } = await started({ addresses: ['127.77.0.2'] });
    const { port } = other;
    const late = udp({ addresses: ['127.77.0.1', '127.77.0.2'], port });
    await expect(late.start(new RecordingHost())).rejects.toMatchObject({
      code: 'EADDRINUSE',
      address: '127.77.0.2',
      port,
      message: `EADDRINUSE: UDP port ${port} on 127.77.0.2 is in use: choose another \`port\`, or 0 for any`,
    });
    await started({ addresses: ['127.77.0.1'], port });
  });

  test('a start that failed can be tried again', async () => {
    const { transport: other } = await started();
    const late = udp({ addresses: ['127.0.0.1'], port: other.port });
    keep(late);
    await expect(late.start(new RecordingHost())).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await other.close();
    await late.start(new RecordingHost());
    expect(late.addresses).toEqual(['127.0.0.1']);
  });

  test.each(['203.0.113.9', '2001:db8::9'])('%s isn’t this machine’s: EADDRNOTAVAIL', async (address) => {
    const foreign = udp({ addresses: ['127.0.0.1', address], port: 0 });
    await expect(foreign.start(new RecordingHost())).rejects.toMatchObject({ code: 'EADDRNOTAVAIL', address });
  });

  test('a second start rejects with EALREADY', async () => {
    const { transport } = await started();
    await expect(transport.start(new RecordingHost())).rejects.toMatchObject({ code: 'EALREADY' });
  });
});

describe('sending and receiving', () => {
  test('a packet without port goes to the port where peers are expected', async () => {
    const { transport: server, host } = await started();
    const { transport: client } = await started({ encapsulationPort: server.port });
    client.send([{ ...packet(client, server), port: 0 }]);
    await until(() => host.packets.length > 0);
    expect(host.packets).toHaveLength(1);
  });

  test('a packet that arrives doesn’t change the port where peers are expected', async () => {
    const { transport: server, host } = await started();
    const { transport: client, host: clientHost } = await started({ encapsulationPort: server.port });
    const { transport: stranger } = await started();
    stranger.send([packet(stranger, client)]);
    await until(() => clientHost.packets.length > 0);
    client.send([{ ...packet(client, server), port: 0 }]);
    await until(() => host.packets.length > 0);
    expect(host.packets).toHaveLength(1);
  });

  test('a burst of 2,000 packets within the process arrives whole and in order', async () => {
    const { transport: sender } = await started();
    const { transport: receiver, host } = await started();
    const numbered = (index: number) =>
      packet(
        sender,
        receiver,
        Uint8Array.from({ length: 1400 }, () => index % 251),
      );
    sender.send(Array.from({ length: 2000 }, (_, index) => numbered(index)));
    await until(() => host.packets.length === 2000);
    expect(sender.dropped).toBe(0);
    expect(host.packets.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 2000 }, (_, index) => index % 251));
  });

  test('what doesn’t fit into the queue is dropped from its end, and counted', async () => {
    const { transport: sender } = await started();
    const { transport: receiver, host } = await started();
    sender.send(Array.from({ length: 10_000 }, (_, index) => packet(sender, receiver, payload(16, index))));
    await until(() => host.packets.length + sender.dropped === 10_000);
    expect(sender.dropped).toBe(10_000 - 32 - 4096);
    expect(host.packets.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 32 + 4096 }, (_, i) => i & 0xff));
  });

  test('datagrams that arrive together are received together', async () => {
    const { transport: sender } = await started();
    const { transport: receiver, host } = await started();
    sender.send(Array.from({ length: 32 }, () => packet(sender, receiver)));
    await until(() => host.packets.length === 32);
    expect(host.batches.length).toBeLessThan(8);
  });

  test('datagrams too short for SCTP are dropped', async () => {
    const { transport, host } = await started();
    const stranger = createSocket('udp4');
    for (const length of [0, 1, 15, 16]) stranger.send(payload(length, 0), transport.port, '127.0.0.1');
    await until(() => host.packets.length > 0);
    await pause();
    stranger.close();
    expect(host.packets.map(({ bytes }) => bytes.length)).toEqual([16]);
  });

  test('a packet that UDP can’t carry is a counted drop, and its destination isn’t reported', async () => {
    const { transport, host } = await started();
    transport.send([packet(transport, transport, new Uint8Array(66_000))]);
    await pause();
    expect(transport.dropped).toBe(1);
    expect(host.refusals).toEqual([]);
  });

  test('a refusal by the kernel is reported once a second, drops are counted each', async () => {
    let now = 0;
    const clock = { now: () => now, schedule: () => () => {} };
    const { transport, host } = await started({ clock });
    const broadcast = { ...packet(transport, transport), destination: '127.255.255.255' };
    transport.send([broadcast, broadcast]);
    await pause();
    expect(host.refusals).toEqual([{ destination: '127.255.255.255', code: 'EACCES' }]);
    now = 1000;
    transport.send([broadcast]);
    await pause();
    expect(host.refusals).toHaveLength(2);
    expect(transport.dropped).toBe(3);
  });

  test('a packet from a loopback address can’t leave the machine: ENETUNREACH', async () => {
    const { transport, host } = await started();
    transport.send([{ ...packet(transport, transport), destination: '203.0.113.9' }]);
    await until(() => host.refusals.length > 0);
    expect(host.refusals).toEqual([{ destination: '203.0.113.9', code: 'ENETUNREACH' }]);
    expect(transport.route('203.0.113.9')).toBeUndefined();
  });

  test('a packet from an address that isn’t ours is a counted drop', async () => {
    const { transport } = await started();
    transport.send([{ ...packet(transport, transport), source: '203.0.113.9' }]);
    expect(transport.dropped).toBe(1);
  });

  test('buffers larger than the kernel allows are no error', async () => {
    const { transport } = await started({ receiveBufferBytes: 2 ** 30, sendBufferBytes: 2 ** 30 });
    expect(transport.port).toBeGreaterThan(0);
  });
});

describe('in a network namespace of its own', () => {
  test('what has no route is undefined and reported, then found when a route appears; nothing keeps the process alive', () => {
    const answers = inNamespace(`
      import { execSync } from 'node:child_process';
      import { udp } from '../../src/udp.js';
      const ip = (words: string) => execSync('ip ' + words);
      const pause = async () => {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      ip('link set lo up');
      ip('link add left type veth peer name right');
      for (const [name, address] of [['left', '10.1.0.1/24'], ['right', '10.2.0.1/24']]) {
        ip('addr add ' + address + ' dev ' + name);
        ip('link set ' + name + ' up');
      }
      const log: unknown[] = [];
      let now = 0;
      const clock = { now: () => now, schedule: () => () => {} };
      const transport = udp({ addresses: ['10.1.0.1', '10.2.0.1'], clock });
      await transport.start({
        receive: () => {},
        unreachable: (destination, code) => log.push(code + ' ' + destination),
        changed: () => log.push('changed'),
      });
      const route = (destination: string) => log.push(transport.route(destination)?.source ?? 'no route');
      route('10.2.0.77');
      route('10.9.0.1');
      await pause();
      route('10.9.0.1');
      ip('route add 10.9.0.0/24 via 10.2.0.2');
      now += 1000;
      route('10.9.0.1');
      await pause();
      log.push('then');
      ip('route del 10.9.0.0/24');
      transport.send([{ source: '10.1.0.1', destination: '10.9.0.1', port: 0, trafficClass: 0, bytes: new Uint8Array(20) }]);
      await pause();
      await transport.close();
      console.log(JSON.stringify(log));
    `);
    expect(answers).toEqual([
      '10.2.0.1',
      '10.1.0.1',
      'changed',
      'ENETUNREACH 10.9.0.1',
      'no route',
      '10.2.0.1',
      'then',
      'ENETUNREACH 10.9.0.1',
    ]);
  });
});

/** Runs TypeScript in a network namespace of its own. It prints its result as JSON, and must end by itself. */
function inNamespace(source: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'udp-'));
  const file = join(folder, 'program.mjs');
  try {
    const stdin = { contents: source, resolveDir: import.meta.dirname, loader: 'ts' } as const;
    const { outputFiles } = buildSync({ stdin, bundle: true, platform: 'node', format: 'esm', write: false });
    writeFileSync(file, outputFiles[0]!.contents);
    const output = execFileSync('unshare', ['-rn', process.execPath, file], { encoding: 'utf8', timeout: 40_000 });
    return JSON.parse(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
