import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { freePort } from '../support/native.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'net-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'usrsctp-wasm'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => Child.endAll());

/** Runs a program to its end, and returns what it has printed. */
async function printed(code: string): Promise<string> {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, code);
  const child = new Child(process.execPath, [file]);
  expect(await child.exit(), child.output).toBe(0);
  return child.output;
}

// ./build.sh test builds it first. It may be missing if vitest is run without that.
describe.skipIf(!existsSync('dist/net.js') && !process.env['CI'])('programs over usrsctp-wasm/net', () => {
  test('one in the manner of node-sctp runs to its end', async () => {
    const child = new Child(process.execPath, ['examples/net/node-sctp.mjs', String(await freePort())]);
    expect(await child.exit()).toBe(0);
    for (const line of [
      'server: listening on 2905',
      'client: connected, OS 3, MIS 3',
      'server: 16 bytes on stream 0, ppid 3',
      'client: M3UA message 010003040000001000110008000003ea',
      'server: 8 bytes on stream 1, ppid 3',
      'server: the peer has ended',
      'client: closed',
      'server: closed',
    ]) {
      expect(child.output).toContain(`${line}\n`);
    }
  });

  test('one in the manner of node-lksctp runs to its end', async () => {
    const child = new Child(process.execPath, ['examples/net/node-lksctp.mjs', String(await freePort())]);
    expect(await child.exit()).toBe(0);
    expect(child.output).toContain('server: connected to 2 addresses\n');
    expect(child.output).toContain('client: connected, 5 streams to 127.0.0.1 127.0.0.2\n');
    expect(child.output).toContain("client: 'good day to you, too' on stream 3, ppid 46\n");
    expect(child.output).toContain('client: 127.0.0.1 active, 127.0.0.2 active\n');
    expect(child.output).toMatch(/client: closed\n[\s\S]*server: closed\n|server: closed\n[\s\S]*client: closed\n/);
  });

  test('the first code block of docs/net.md prints what it says, and ends', async () => {
    const [, block = ''] = /^```js\n(.*?)^```$/ms.exec(readFileSync('docs/net.md', 'utf8')) ?? [];
    const udpPort = await freePort();
    const free = block.replaceAll('port: 2905', `port: 2905, udpPort: ${udpPort}`);
    expect(free).toContain('udpPort');
    expect(await printed(free)).toBe('hello 3 0\n');
  });

  test('a server and a socket that are unref’ed let the process end', async () => {
    const output = await printed(`
      import sctp from 'usrsctp-wasm/net';
      const udpPort = ${await freePort()};
      const server = sctp.createServer((socket) => socket.unref()).unref();
      server.listen({ port: 2905, udpPort }, () => {
        sctp.connect({ host: '127.0.0.1', port: 2905, udpPort }, () => console.log('connected')).unref();
        setTimeout(() => {}, 500);
      });
      setTimeout(() => {}, 200);
    `);
    expect(output).toBe('connected\n');
  });

  test('defaults() is for stacks that are made afterwards, and knows its parameters', async () => {
    const output = await printed(`
      import sctp from 'usrsctp-wasm/net';
      const udpPort = ${await freePort()};
      console.log(sctp.defaults({ rto_initial: 700, rto_min: 400, sack_freq: 1, RWND: 50_000 }).rto_initial);
      for (const wrong of [{ rto_inital: 1 }, { rto_max: -1 }]) {
        try { sctp.defaults(wrong); } catch (error) { console.log(error.message); }
      }
      const server = sctp.createServer((socket) => {
        const { association } = socket;
        console.log(association.getOption('rto').initialMs, association.getOption('delayedSack').packets);
        socket.on('end', () => server.close());
        socket.resume();
      });
      server.listen({ port: 2905, udpPort }, () => {
        const client = sctp.connect({ host: '127.0.0.1', port: 2905, udpPort }, () => {
          console.log(client.status().rwnd <= 50_000);
          client.end();
        });
      });
    `);
    expect(output.split('\n').slice(0, 3)).toEqual([
      '700',
      "defaults: there is no parameter 'rto_inital': did you mean 'rto_initial'?",
      'defaults: rto_max must be an integer of 0 or more, not -1',
    ]);
    expect(output).toContain('700 1\n');
    expect(output).toContain('true\n');
  });
});
