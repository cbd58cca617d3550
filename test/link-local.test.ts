import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Child } from './support/child.js';
import { Namespaces, type Side, type Way } from './support/namespaces.js';
import { Programs } from './support/program.js';
import { answeredAgain, type RoamingTask, reported } from './support/roaming.js';

const namespaces = new Namespaces();
const programs = new Programs();
let program = '';

/** Both ends have the same two link-local addresses on both links. Only the zone tells them apart. */
const LINK_LOCAL = { left: 'fe80::77:1', right: 'fe80::77:2' };

beforeAll(async () => {
  program = await programs.add('roaming-peer.ts');
  namespaces.create();
  for (const side of ['left', 'right'] as const) {
    for (const way of [1, 2] as const) {
      const address = [`${LINK_LOCAL[side]}/64`, 'dev', namespaces.device(side, way), 'nodad'];
      namespaces.run(side, 'ip', 'addr', 'add', ...address);
    }
  }
});

afterEach(async () => {
  await Child.endAll();
  namespaces.heal();
});

afterAll(() => {
  namespaces.remove();
  programs.remove();
});

function start(side: Side, task: RoamingTask): Child {
  return Child.inNamespace(namespaces.name(side), process.execPath, program, JSON.stringify(task));
}

function zoned(side: Side, way: Way): string {
  return `${LINK_LOCAL[side]}%${namespaces.device(side, way)}`;
}

describe.each([1, 2] as const)('a link-local peer on link %d', (way) => {
  test.each([
    ['with a zone', (address: string) => `${address}%${namespaces.device('left', way)}`],
    ['without a zone', (address: string) => address],
  ])('is reached by its address %s, over that link only', async (_, peer) => {
    namespaces.drop('right', way === 1 ? 2 : 1);
    const server = start('right', { role: 'server', peers: [], udpOptions: { addresses: [zoned('right', way)] } });
    expect(await reported(server, 'listening')).toMatchObject({ addresses: [LINK_LOCAL.right] });
    const udpOptions = { addresses: [zoned('left', way)] };
    const client = start('left', { role: 'client', peers: [peer(LINK_LOCAL.right)], udpOptions });
    await answeredAgain(client);
    client.write('close\n');
    expect(await Promise.all([client.exit(), server.exit()])).toEqual([0, 0]);
  });
});

test('a peer’s zone chooses among the links of several link-local addresses', async () => {
  const [first, second] = ['fe80::77:3', 'fe80::77:4'];
  for (const [index, address] of [first, second].entries()) {
    const device = namespaces.device('left', (index + 1) as Way);
    namespaces.run('left', 'ip', 'addr', 'add', `${address}/64`, 'dev', device, 'nodad');
  }
  const addresses = [`${first}%left1`, `${second}%left2`, '10.77.1.1'];
  const server = start('right', { role: 'server', peers: [], udpOptions: { addresses: [zoned('right', 2)] } });
  await reported(server, 'listening');
  const peers = [`${LINK_LOCAL.right}%left2`];
  const client = start('left', { role: 'client', peers, udpOptions: { addresses } });
  await answeredAgain(client);
});

test('a link-local address that goes away and comes back is followed like any other', async () => {
  const server = start('right', {
    role: 'server',
    peers: [],
    udpOptions: { addresses: [zoned('right', 1), '10.77.1.2'] },
  });
  await reported(server, 'listening');
  const udpOptions = { addresses: [zoned('left', 1), '10.77.1.1'] };
  const client = start('left', { role: 'client', peers: [zoned('right', 1).replace('right1', 'left1')], udpOptions });
  await answeredAgain(client);
  const address = [`${LINK_LOCAL.left}/64`, 'dev', 'left1'];
  namespaces.run('left', 'ip', 'addr', 'del', ...address);
  await reported(client, 'addresses', ({ removed }) => removed.includes(LINK_LOCAL.left));
  await answeredAgain(client);
  namespaces.run('left', 'ip', 'addr', 'add', ...address, 'nodad');
  await reported(client, 'addresses', ({ added }) => added.includes(LINK_LOCAL.left));
  await answeredAgain(client);
});

test.each([
  ['fe80::77:2%left2', ['fe80::77:1%left1'], 'EADDRNOTAVAIL.*no local address has the zone left2'],
  ['fe80::77:2', ['10.77.1.1', 'fd77:1::1'], 'ENETUNREACH.*no route.*fe80::1%eth0'],
  ['fd77:1::2%left1', ['fd77:1::1'], 'EINVAL.*not link-local'],
])('connectx to %s from %s fails and says why', async (peer, addresses, message) => {
  const client = start('left', { role: 'client', peers: [peer], udpOptions: { addresses } });
  await client.printed(new RegExp(message));
});
