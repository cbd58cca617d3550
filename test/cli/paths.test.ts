import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decodePacket, readCapture } from '../../src/capture.js';
import { Child } from '../support/child.js';
import { events, isBuilt, ran, ranInTerminal, run, server } from '../support/command-line.js';
import { freePort, native } from '../support/native.js';
import { closeRelays, startRelay, ticket } from '../support/relays.js';
import { closeHosts, host, WAIT } from '../support/udp-host.js';

const LOCAL = ['--local', '127.0.0.1', '--local', '::1'];
const FAST = ['--preset', 'fast-failover'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await Child.endAll();
  await closeRelays();
  await closeHosts();
});

describe.skipIf(!isBuilt)('connect', () => {
  test('tells what happened to each address, and the state of each path', async () => {
    const { child, udpPort } = await server('echo', '--once');
    const addresses = ['127.0.0.9', '127.0.0.1', '::1'];
    const { code, output } = await ran('connect', ...addresses, '--udp-port', udpPort, ...LOCAL, ...FAST);
    expect(output).toMatch(/tried +127\.0\.0\.9 +INIT at \d+ ms\n +127\.0\.0\.1 +INIT at \d+ ms/);
    expect(output).toMatch(/confirmed +127\.0\.0\.1 {2}::1\ndropped +127\.0\.0\.9 /);
    expect(output).toMatch(/^127\.0\.0\.1 +active +yes .*\n::1 +active /m);
    expect(output).toMatch(/closed: SHUTDOWN/);
    expect(code).toBe(5); // an address that was listed isn't a path
    expect(await child.exit()).toBe(0);
    expect(child.output).toMatch(/1: connected: 127\.0\.0\.1 ::1, SCTP port \d+\n[\s\S]*1: closed: 0 messages/);
  });

  test('watches an association: an address that the peer removes, and its ABORT', async () => {
    const { stack, transport } = await host({ udp: { addresses: ['127.0.0.1', '::1'] } });
    const socket = stack.socket({ style: 'one-to-many' });
    socket.bindx(['127.0.0.1', '::1'].map((address) => ({ address, port: 5001 })));
    socket.listen();
    const client = run('connect', '127.0.0.1:5001', '--udp-port', transport.port, ...LOCAL, '--watch', 0, '--json');
    const association = await socket.accept(WAIT);
    await client.printed(/"event":"paths"/);
    socket.removeLocal([{ address: '::1' }]);
    await client.printed(/"event":"path",[^\n]*"address":"::1","change":"removed"/);
    association.abort('enough');
    expect(await client.exit()).toBe(4);
    const [connected] = events(client.output, 'connected');
    expect(connected).toMatchObject({ setup: { confirmed: ['127.0.0.1'], added: ['::1'], dropped: [] } });
    expect(events(client.output, 'closed')).toMatchObject([{ error: { code: 'ECONNRESET' } }]);
  });

  test('a signal ends a watched association in order', async () => {
    const { child, udpPort } = await server('echo', '--once');
    const client = run('connect', '127.0.0.1', '--udp-port', udpPort, ...LOCAL, '--watch', 0);
    await client.printed(/mtu\n/);
    process.kill(client.pid, 'SIGINT');
    expect(await client.exit()).toBe(0);
    expect(await child.exit()).toBe(0);
    expect(child.output).toMatch(/1: closed: /);
  });

  test('colours the state of a path in a terminal', async () => {
    const { udpPort } = await server('echo');
    const { output } = await ranInTerminal(100, 'connect', '127.0.0.1', '--udp-port', udpPort, ...LOCAL);
    expect(output).toMatch(/^127\.0\.0\.1 +␛\[32mactive +␛\[39m/m);
    expect((await ran('connect', '127.0.0.1', '--udp-port', udpPort, ...LOCAL)).output).not.toContain('\x1b');
  });

  test('says why there is no association: nobody listens, no answer', async () => {
    const { udpPort } = await server('echo');
    const refused = await ran('connect', '127.0.0.1', '--port', 8, '--udp-port', udpPort, ...LOCAL);
    expect(refused).toMatchObject({ code: 3, output: expect.stringContaining('Is there a server on SCTP port 8?') });
    const args = ['connect', '127.0.0.1', '--udp-port', await freePort(), ...LOCAL, '--timeout', 0.3, '--json'];
    const silent = await ran(...args);
    expect(silent.code).toBe(3);
    expect(events(silent.output, 'error')).toMatchObject([
      { exitCode: 3, error: { code: 'ETIMEDOUT', attempts: [{ address: '127.0.0.1' }] } },
    ]);
  });
});

describe.skipIf(!isBuilt)('ping', () => {
  const PING = ['--count', 3, '--interval', 0.1];

  test('measures the round trip of each path of a native echo_server', async () => {
    const [theirs, ours] = [await freePort(), await freePort()];
    await native('echo_server', [theirs, ours], theirs);
    const ports = ['--udp-port', theirs, '--own-udp-port', ours];
    const { code, output } = await ran('ping', '127.0.0.1', '::1', ...ports, ...LOCAL, ...PING);
    expect(output).toMatch(/^127\.0\.0\.1 +seq 1 +\d+\.?\d* ms$/m);
    expect(output).toMatch(/^::1 +seq 3 +\d+\.?\d* ms$/m);
    expect(output).toMatch(/^127\.0\.0\.1 +3 +3 +0 % +[\d.]+ ms +[\d.]+ ms +[\d.]+ ms$/m);
    expect(code).toBe(0);
  });

  test('in UDP by system calls, and directly in IP', async () => {
    const udp = await server('echo', '--native');
    const native = await ran('ping', '127.0.0.1', '--native', '--udp-port', udp.udpPort, ...LOCAL, ...PING, '--json');
    expect(events(native.output, 'answer')).toHaveLength(6);
    // Other tests have raw sockets at 127.0.0.1 at the same time, which answer out-of-the-blue packets with ABORT.
    const addresses = ['--local', '127.71.0.1', '--local', '127.71.0.2'];
    const ip = run('echo', '--ip', '--port', 5071, ...addresses);
    await ip.printed(/listening on SCTP port 5071, 127\.71\.0\.1 127\.71\.0\.2/);
    const direct = await ran('ping', '127.71.0.1:5071', '--ip', ...addresses, ...PING, '--json');
    expect(events(direct.output, 'answer')).toHaveLength(6);
    expect([native.code, direct.code]).toEqual([0, 0]);
  });

  test('through a relay, with a ticket', async () => {
    const { udpPort } = await server('echo');
    const { url } = await startRelay('127.0.0.11');
    const own = await ticket();
    const by = ['--relay', url, '--ticket', own];
    const { code, output } = await ran('ping', '127.0.0.1', '--udp-port', udpPort, ...by, ...PING, '--json');
    expect(events(output, 'answer').length).toBeGreaterThanOrEqual(3);
    expect(code).toBe(0);
    const refused = await ran('ping', '127.0.0.1', '--relay', url, '--ticket', 'forged');
    expect(refused.output).toContain('EACCES');
    expect(refused.code).toBe(1);
  });

  test('tells what is lost when the peer has gone, and sums up at a signal', async () => {
    const { child, udpPort } = await server('echo');
    const often = ['--count', 0, '--interval', 0.2];
    const client = run('ping', '127.0.0.1', '127.0.0.9', '--udp-port', udpPort, '--local', '127.0.0.1', ...often);
    await client.printed(/seq 1 +\d/);
    await child.kill();
    await client.printed(/seq \d+ +no answer/);
    process.kill(client.pid, 'SIGINT');
    expect(await client.exit()).toBe(5); // 127.0.0.9 isn't an address of the peer
    expect(client.output).toMatch(/^127\.0\.0\.1 +\d+ +\d+ +[1-9]\d* %/m);
  });
});

describe.skipIf(!isBuilt)('echo and discard', () => {
  test('answer and count the messages of a native client', async () => {
    for (const [command, port] of [
      ['echo', 7],
      ['discard', 9],
    ] as const) {
      const { child, udpPort } = await server(command, '--once', '--json');
      const client = await native('client', ['127.0.0.1', port, 0, await freePort(), udpPort]);
      await client.printed(/SCTP_COMM_UP/);
      client.write('hello\n');
      if (command === 'echo') await client.printed(/hello\n/);
      client.end();
      expect(await child.exit()).toBe(0);
      expect(events(child.output, 'closed')).toMatchObject([{ association: 1, messages: 1, bytes: 6 }]);
    }
  });
});

describe.skipIf(!isBuilt)('capture and decode', () => {
  test('the packets of a command are in a file, which is printed as a ladder, as fields and as JSON', async () => {
    const { udpPort } = await server('echo');
    const file = join(folder, 'connect.pcapng');
    const args = ['connect', '127.0.0.1', '--udp-port', udpPort, '--local', '127.0.0.1'];
    const captured = await ran('capture', file, ...args);
    expect(captured.code).toBe(0);
    expect(captured.output).toContain(`'usrsctp-wasm decode ${file}' prints it`);
    const packets = [...readCapture(readFileSync(file), { udpPorts: [udpPort] })];

    const ladder = await ran('decode', file, '--udp-port', udpPort);
    expect(ladder.code).toBe(0);
    const lines = ladder.output.trimEnd().split('\n');
    expect(lines).toHaveLength(packets.length);
    expect(lines[0]).toMatch(/^ +0\.000 {2}port (\d+) → INIT → port 7 +127\.0\.0\.1 udp \d+ > 127\.0\.0\.1 udp \d+$/);
    expect(lines[1]).toMatch(/port \d+ ← INIT ACK ← port 7 /);
    expect(lines.at(-1)).toMatch(/→ SHUTDOWN COMPLETE →/);

    const fields = await ran('decode', file, '--chunk', 'init_ack', '--fields');
    expect(fields.output).toMatch(/^ +INIT ACK \{$[\s\S]*outboundStreams: 10,[\s\S]*'State Cookie'/m);
    const json = await ran('decode', file, '--json');
    const [first] = events(json.output, 'packet');
    expect(first).toMatchObject({ destinationPort: 7, isChecksumRight: true, chunks: [{ type: 'INIT' }] });
    expect(first?.['chunks']).toEqual(JSON.parse(JSON.stringify(decodePacket(packets[0]!.bytes).chunks, hexadecimal)));
  });

  test('files without SCTP, and files that are no captures, are failures', async () => {
    expect(await ran('decode', 'package.json')).toEqual({
      code: 1,
      output: 'usrsctp-wasm decode: package.json is neither pcap nor pcapng\n',
    });
    const { udpPort } = await server('echo');
    const file = join(folder, 'ping.pcapng');
    await ran('ping', '127.0.0.1', '--udp-port', udpPort, '--count', 1, '--local', '127.0.0.1', '--capture', file);
    expect((await ran('decode', file, '--address', '192.0.2.1')).output).toContain('try without --address and --chunk');
    const named = await ran('decode', file, '--name', '127.0.0.1=me', '--chunk', 'HEARTBEAT ACK');
    expect(named.code).toBe(0);
  });
});

/** As the program writes bytes. */
function hexadecimal(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const raw = this[key];
  return raw instanceof Uint8Array ? Buffer.from(raw).toString('hex') : value;
}
