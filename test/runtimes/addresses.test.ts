import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { Namespaces, type Side } from '../support/namespaces.js';
import { Programs } from '../support/program.js';
import { answeredAgain, type RoamingTask, reported } from '../support/roaming.js';

const INSTALLED = 'build/runtimes/node_modules';
const DENO_MAY = ['--allow-net', '--allow-read', '--allow-env', '--allow-sys=networkInterfaces', '--no-prompt'];
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  Deno: [`${INSTALLED}/@deno/linux-x64-glibc/deno`, 'run', ...DENO_MAY],
  Bun: [`${INSTALLED}/@oven/bun-linux-x64/bin/bun`, 'run'],
};

const namespaces = new Namespaces();
const programs = new Programs();
let program = '';

beforeAll(async () => {
  program = await programs.add('roaming-peer.ts');
});

beforeEach(() => namespaces.create());

afterEach(async () => {
  await Child.endAll();
  namespaces.remove();
});

afterAll(() => programs.remove());

describe.each(Object.entries(RUNTIMES))('udp() in %s', (_, command) => {
  const start = (side: Side, task: RoamingTask) =>
    Child.inNamespace(namespaces.name(side), ...command, program, JSON.stringify(task));

  test('follows the addresses of the machine', async () => {
    const server = start('right', { role: 'server', peers: [] });
    await reported(server, 'listening');
    const client = start('left', { role: 'client', peers: ['10.77.1.2', '10.77.2.2'] });
    await answeredAgain(client);
    namespaces.run('left', 'ip', 'addr', 'del', '10.77.1.1/24', 'dev', 'left1');
    await reported(client, 'addresses', ({ removed }) => removed.includes('10.77.1.1'));
    await reported(server, 'path', ({ address, change }) => address === '10.77.1.1' && change === 'removed');
    namespaces.run('left', 'ip', 'addr', 'add', '10.77.1.9/24', 'dev', 'left1');
    await reported(client, 'addresses', ({ added }) => added.includes('10.77.1.9'));
    await reported(server, 'path', ({ address, change }) => address === '10.77.1.9' && change === 'confirmed');
    await answeredAgain(client);
    client.write('close\n');
    expect(await Promise.all([client.exit(), server.exit()])).toEqual([0, 0]);
  });

  test('reaches link-local peers', async () => {
    for (const [side, address] of Object.entries({ left: 'fe80::77:1/64', right: 'fe80::77:2/64' })) {
      namespaces.run(side as Side, 'ip', 'addr', 'add', address, 'dev', `${side}1`, 'nodad');
    }
    const server = start('right', { role: 'server', peers: [], udpOptions: { addresses: ['fe80::77:2%right1'] } });
    await reported(server, 'listening');
    const udpOptions = { addresses: ['fe80::77:1%left1'] };
    await answeredAgain(start('left', { role: 'client', peers: ['fe80::77:2%left1'], udpOptions }));
  });

  test('looks up host names', async () => {
    const server = start('left', { role: 'server', peers: [] });
    await reported(server, 'listening');
    await answeredAgain(start('left', { role: 'client', peers: ['localhost'], udpOptions: { port: 0 } }));
  });
});
