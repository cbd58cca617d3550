import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FILE_PPID } from '../../src/cli/files/protocol.js';
import type { Association } from '../../src/index.js';
import { Child } from '../support/child.js';
import { events, isBuilt, ran, ranInTerminal, run, server } from '../support/command-line.js';
import { freePort, native } from '../support/native.js';
import { closeHosts, host, WAIT } from '../support/udp-host.js';

const CONTENT = randomBytes(3_000_000);

let folder: string;
let content: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'transfer-'));
  content = join(folder, 'content.bin');
  writeFileSync(content, CONTENT);
  writeFileSync(join(folder, 'empty.txt'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await closeHosts();
  await Child.endAll();
});

const directory = () => mkdtempSync(join(folder, 'received-'));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(!isBuilt)('send and receive', () => {
  test('files arrive with their names, also empty ones, and are confirmed', async () => {
    const into = directory();
    const { child, udpPort } = await server('receive', '--directory', into, '--json');
    const files = ['-f', content, '-f', join(folder, 'empty.txt')];
    const sent = await ran('send', '127.0.0.1', '::1', '--udp-port', udpPort, ...files, '--json');
    expect(sent.code).toBe(0);
    expect(events(sent.output, 'sent')).toMatchObject([
      { name: 'content.bin', bytes: CONTENT.length, sha256: sha256(CONTENT) },
      { name: 'empty.txt', bytes: 0 },
    ]);
    expect(await child.exit()).toBe(0);
    expect(events(child.output, 'received')).toHaveLength(2);
    expect(readdirSync(into).sort()).toEqual(['content.bin', 'empty.txt']);
    expect(readFileSync(join(into, 'content.bin')).equals(CONTENT)).toBe(true);
  });

  test('a file that exists is refused, unless it may be overwritten', async () => {
    const into = directory();
    writeFileSync(join(into, 'content.bin'), 'mine');
    const refusing = await server('receive', '--directory', into);
    const refused = await ran('send', '127.0.0.1', '--udp-port', refusing.udpPort, '-f', content);
    expect(refused.output).toContain('content.bin exists; --overwrite replaces it');
    expect([refused.code, await refusing.child.exit()]).toEqual([4, 4]);
    expect(readFileSync(join(into, 'content.bin'), 'utf8')).toBe('mine');

    const { child, udpPort } = await server('receive', '--directory', into, '--overwrite');
    const sent = await ran('send', '127.0.0.1', '--udp-port', udpPort, '-f', content);
    expect([sent.code, await child.exit()]).toEqual([0, 0]);
    expect(readFileSync(join(into, 'content.bin')).equals(CONTENT)).toBe(true);
  });

  test('the standard input of one is the standard output of the other', async () => {
    const output = join(directory(), 'output');
    const { child, udpPort } = await server('receive', '--output', output);
    const sender = run('send', '127.0.0.1', '--udp-port', udpPort, '--message-bytes', 1000);
    sender.write('first ');
    await sender.printed(/^/);
    sender.write('x'.repeat(5000));
    sender.end();
    expect([await sender.exit(), await child.exit()]).toEqual([0, 0]);
    expect(readFileSync(output, 'utf8')).toBe(`first ${'x'.repeat(5000)}`);
  });

  test('what a native client sends is written to the standard output', async () => {
    const { child, udpPort } = await server('receive');
    const client = await native('client', ['127.0.0.1', 5005, 0, await freePort(), udpPort]);
    await client.printed(/SCTP_COMM_UP/);
    client.write('from usrsctp\n');
    await child.printed(/^from usrsctp$/m);
    client.end();
    expect(await child.exit()).toBe(0);
  });

  test('the content of a file reaches a native discard_server, which gives no receipt', async () => {
    const [theirs, ours] = [await freePort(), await freePort()];
    await native('discard_server', [theirs, ours], theirs);
    const ports = ['--port', 9, '--udp-port', theirs, '--own-udp-port', ours, '--local', '127.0.0.1'];
    expect((await ran('send', '127.0.0.1', ...ports, '--raw', '-f', content)).code).toBe(0);
    const unconfirmed = await ran('send', '127.0.0.1', ...ports, '-f', content, '--timeout', 0.3);
    expect(unconfirmed.output).toContain("is it 'usrsctp-wasm receive'? For any other receiver, use --raw");
    expect(unconfirmed.code).toBe(4);
  });

  test.each([100, 0])('a terminal of %d columns shows a bar, which is removed at the end', async (columns) => {
    const { udpPort } = await server('receive', '--directory', directory());
    const { code, output } = await ranInTerminal(columns, 'send', '127.0.0.1', '--udp-port', udpPort, '-f', content);
    expect(output).toMatch(/\r␛\[2Kcontent\.[^ ]+ {2}[█▏▎▍▌▋▊▉░]{24} +\d+ %/);
    expect(output).toMatch(/\r␛\[2Ksent content\.bin: 3\.00 MB in [^␛]*\r\n$/);
    expect(code).toBe(0);
  });

  test('an interrupted sender leaves no incomplete file', async () => {
    const into = directory();
    const { child, udpPort } = await server('receive', '--directory', into);
    const sender = run('send', '127.0.0.1', '--udp-port', udpPort, '-f', '/dev/zero');
    await expect.poll(() => readdirSync(into), { timeout: 20_000 }).toEqual(['zero']);
    process.kill(sender.pid, 'SIGINT');
    expect(await sender.exit()).toBe(130);
    expect(await child.exit()).toBe(4);
    expect(child.output).toContain('1: zero: the sender has left before its end');
    expect(readdirSync(into)).toEqual([]);
  });
});

describe.skipIf(!isBuilt)('receive, with a sender that breaks the protocol', () => {
  /** Sends messages, and returns the error in the receipt. */
  async function receipt(association: Association, ...messages: readonly [keyof typeof FILE_PPID, string][]) {
    for (const [kind, data] of messages) await association.send(data, { ppid: FILE_PPID[kind] });
    const answer = await association.receive(WAIT);
    return JSON.parse(new TextDecoder().decode(answer?.data)).error;
  }

  test('writes nothing outside of its directory, and no file that isn’t what was announced', async () => {
    const into = directory();
    const { udpPort, child } = await server('receive', '--directory', into);
    const { stack } = await host({ udp: { addresses: ['127.0.0.1'] } });
    const peer = { address: '127.0.0.1', port: 5005, encapsulationPort: udpPort };
    const association = await stack.socket().connect(peer, WAIT);
    for (const name of ['../up', '/etc/up', '..', '.bashrc', '', 'a\\b', 'C:up', 'bell\u0007', 'n'.repeat(300)]) {
      const error = await receipt(association, ['begin', JSON.stringify({ name })]);
      expect(error).toContain("the peer's name for a file is refused");
    }
    for (const bad of [
      '{',
      '[]',
      'null',
      '{}',
      '{"name":"a","bytes":-1}',
      '{"name":"a","bytes":1.5}',
      'x'.repeat(9000),
    ]) {
      expect(await receipt(association, ['begin', bad])).toMatch(/^the peer has /);
    }
    const begin = ['begin', JSON.stringify({ name: 'a', bytes: 3 })] as const;
    expect(await receipt(association, [...begin], ['data', 'four'])).toContain('longer than the 3 bytes');
    expect(await receipt(association, [...begin], ['data', 'abc'], ['end', '{"sha256":"00"}'])).toContain('SHA-256');
    expect(await receipt(association, [...begin], ['end', '{}'])).toContain('without its SHA-256');
    expect(await receipt(association, [...begin], [...begin])).toContain('another file before its end');
    await association.send('nothing has begun', { ppid: FILE_PPID.data });
    await association.send('{"sha256":"00"}', { ppid: FILE_PPID.end });
    await association.close(WAIT);
    expect(await child.exit()).toBe(4);
    expect(readdirSync(into)).toEqual([]);
  });
});

describe.skipIf(!isBuilt)('an association that is lost', () => {
  const file = () => {
    const path = join(directory(), 'large');
    writeFileSync(path, randomBytes(20_000_000));
    return path;
  };
  test.each([
    ['send', () => ['--raw', '--file', file()]],
    ['send', () => ['--file', file()]],
    ['bench', () => ['--seconds', '60']],
  ])('%s: case %# ends with exit code 4 and the peer’s reason', async (command, options) => {
    const { stack, transport } = await host({ udp: { addresses: ['127.0.0.1'] } });
    const socket = stack.socket({ style: 'one-to-many' });
    socket.bindx([{ address: '127.0.0.1', port: 5001 }]);
    socket.listen();
    const ports = ['--udp-port', transport.port, '--local', '127.0.0.1'];
    const client = run(command, '127.0.0.1:5001', ...ports, ...options());
    const association = await socket.accept(WAIT);
    await association.receive(WAIT);
    association.abort('enough');
    expect(await client.exit()).toBe(4);
    expect(client.output).toMatch(new RegExp(`usrsctp-wasm ${command}: ECONNRESET: .*enough`));
  });

  test('a server with --once ends with exit code 4, one without it goes on and ends with 0', async () => {
    const { stack } = await host({ udp: { addresses: ['127.0.0.1'] } });
    for (const [options, code] of [
      [['--once'], 4],
      [[], 0],
    ] as const) {
      const { child, udpPort } = await server('discard', ...options);
      const peer = { address: '127.0.0.1', port: 9, encapsulationPort: udpPort };
      const association = await stack.socket().connect(peer, WAIT);
      await child.printed(/connected/);
      association.abort('enough');
      await child.printed(/enough/);
      if (code === 0) process.kill(child.pid, 'SIGTERM');
      expect(await child.exit()).toBe(code);
    }
  });
});

describe.skipIf(!isBuilt)('bench', () => {
  test('the client and the server tell the throughput of each interval, and plot it', async () => {
    const { child, udpPort } = await server('bench', 'serve', '--once', '--interval', 0.1);
    const options = ['--seconds', 0.5, '--interval', 0.1, '--streams', 4, '--unordered', '--message-bytes', 5000];
    const client = await ran('bench', '127.0.0.1', '--udp-port', udpPort, ...options, '--local', '127.0.0.1');
    expect(client.code).toBe(0);
    expect(
      client.output.match(/^ +\d\.\d s +[\d.]+ [kMG]?bit\/s +round trip \d+ ms, \d+ retransmissions?$/gm)?.length,
    ).toBeGreaterThan(2);
    expect(client.output).toMatch(/^ *[\d.]+ [MG]bit\/s ┤[\s\S]*^ +0 bit\/s └──/m);
    const [, messages = ''] = /bit\/s: (\d+) messages of 5\.00 kB in /.exec(client.output) ?? [];
    expect(await child.exit()).toBe(0);
    expect(child.output).toContain(`1: closed: ${messages} messages, `);
  });

  test('the server measures tsctp, and the client sends to a native discard_server', async () => {
    const { child, udpPort } = await server('bench', 'serve', '--once', '--json');
    const tsctp = await native('tsctp', ['-E', await freePort(), '-U', udpPort, '-n', 500, '-l', 1000, '127.0.0.1']);
    expect(await tsctp.exit()).toBe(0);
    expect(await child.exit()).toBe(0);
    expect(events(child.output, 'closed')).toMatchObject([{ messages: 500, bytes: 500_000 }]);

    const [theirs, ours] = [await freePort(), await freePort()];
    await native('discard_server', [theirs, ours], theirs);
    const ports = ['--port', 9, '--udp-port', theirs, '--own-udp-port', ours, '--local', '127.0.0.1'];
    const client = await ran('bench', '127.0.0.1', ...ports, '--seconds', 0.3, '--message-bytes', 1000, '--json');
    expect(client.code).toBe(0);
    const [{ bytes, retransmissions } = {}] = events(client.output, 'result');
    expect([bytes, retransmissions]).toEqual([expect.any(Number), expect.any(Number)]);
  });
});
