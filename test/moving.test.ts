import { expect, test } from 'vitest';
import type { Child } from './support/child.js';
import type { Side } from './support/namespaces.js';
import { programInNamespaces } from './support/programs-in-namespaces.js';
import { answeredAgain, type RoamingTask, reported, reportsIn } from './support/roaming.js';

const { namespaces, start } = programInNamespaces<RoamingTask>('roaming-peer.ts');

/** Two programs that know nothing of interfaces: `udp()` by its defaults, and sockets bound to all addresses. */
async function roamingPeers(): Promise<{ client: Child; server: Child }> {
  const server = start('right', { role: 'server', peers: [] });
  const { addresses } = await reported(server, 'listening');
  expect([...addresses].sort()).toEqual(['10.77.1.2', '10.77.2.2', '127.0.0.1', '::1', 'fd77:1::2', 'fd77:2::2']);
  const client = start('left', { role: 'client', peers: ['10.77.1.2', '10.77.2.2'] });
  await answeredAgain(client);
  return { client, server };
}

test('addresses are removed and added by `ip addr`: both ends are told, and the association lives on', async () => {
  const { client, server } = await roamingPeers();
  const ip = (side: Side, ...words: string[]) => namespaces.run(side, 'ip', ...words);

  ip('left', 'addr', 'del', '10.77.1.1/24', 'dev', 'left1');
  await reported(client, 'addresses', ({ removed }) => removed.includes('10.77.1.1'));
  await reported(server, 'path', ({ address, change }) => address === '10.77.1.1' && change === 'removed');
  await answeredAgain(client);

  ip('left', 'addr', 'add', '10.77.1.9/24', 'dev', 'left1');
  await reported(client, 'addresses', ({ added }) => added.includes('10.77.1.9'));
  await reported(server, 'path', ({ address, change }) => address === '10.77.1.9' && change === 'confirmed');
  await answeredAgain(client);

  // The server's address is replaced by another one, as by DHCP.
  ip('right', 'addr', 'del', '10.77.2.2/24', 'dev', 'right2');
  ip('right', 'addr', 'add', '10.77.2.9/24', 'dev', 'right2');
  await reported(client, 'path', ({ address, change }) => address === '10.77.2.9' && change === 'confirmed');
  await reported(client, 'path', ({ address, change }) => address === '10.77.2.2' && change === 'removed');
  const longestGapMs = await answeredAgain(client);
  console.log(`the longest time without an answer was ${Math.round(longestGapMs)} ms`);

  client.write('close\n');
  expect(await reported(client, 'closed')).toMatchObject({ error: null });
  expect(await Promise.all([client.exit(), server.exit()])).toEqual([0, 0]);
});

test('an interface goes down and up: its addresses are removed and added', async () => {
  const { client, server } = await roamingPeers();
  namespaces.setLink('left', 2, 'down');
  await reported(client, 'addresses', ({ removed }) => removed.includes('10.77.2.1') && removed.includes('fd77:2::1'));
  await reported(server, 'path', ({ address, change }) => address === '10.77.2.1' && change === 'removed');
  await answeredAgain(client);
  namespaces.heal();
  await reported(client, 'addresses', ({ added }) => added.includes('10.77.2.1'));
  await reported(server, 'path', ({ address, change }) => address === '10.77.2.1' && change === 'confirmed');
  await answeredAgain(client);
});

test('without any address for a while, and back with another one, the association goes on', async () => {
  const { client, server } = await roamingPeers();
  for (const way of [1, 2] as const) namespaces.setLink('left', way, 'down');
  await reported(client, 'addresses', ({ addresses }) => addresses.every((address) => /^(127\.|::1)/.test(address)));
  const before = reportsIn(server.output).length;
  namespaces.run('left', 'ip', 'addr', 'del', '10.77.1.1/24', 'dev', 'left1');
  namespaces.run('left', 'ip', 'addr', 'add', '10.77.1.7/24', 'dev', 'left1');
  namespaces.setLink('left', 1, 'up');
  await reported(client, 'addresses', ({ added }) => added.includes('10.77.1.7'));
  await answeredAgain(client);
  await reported(server, 'path', ({ address, change }) => address === '10.77.1.7' && change === 'confirmed', before);
});
