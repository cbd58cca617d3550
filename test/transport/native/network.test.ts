import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TransportName } from '../../support/any-transport.js';
import { Child } from '../../support/child.js';
import type { Family } from '../../support/namespaces.js';
import { programInNamespaces } from '../../support/programs-in-namespaces.js';
import { answeredAgain, type RoamingTask, reported } from '../../support/roaming.js';
import { judge } from '../../support/tshark.js';

const NATIVE = '/usr/lib/usrsctp';
const { namespaces, start } = programInNamespaces<RoamingTask>('roaming-peer.ts');

/** A server on the right and a client on the left that is connected to these addresses. */
async function pair(transport: TransportName, peers: readonly string[], port?: number) {
  const ports = port === undefined ? {} : { port };
  const server = start('right', { role: 'server', peers: [], transport, ...ports });
  await reported(server, 'listening');
  const client = start('left', { role: 'client', peers, transport, ...ports });
  await answeredAgain(client);
  return { client, server };
}

async function closes({ client, server }: { client: Child; server: Child }): Promise<void> {
  client.write('close\n');
  expect(await reported(client, 'closed')).toMatchObject({ error: null });
  expect(await Promise.all([client.exit(), server.exit()])).toEqual([0, 0]);
}

const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];
const TRANSPORTS = ['ip', 'native udp'] as const;

describe('native usrsctp over raw sockets', () => {
  test.each(FAMILIES)('answers us over %s', async (family) => {
    const server = Child.inNamespace(namespaces.name('right'), 'stdbuf', '-oL', `${NATIVE}/echo_server`);
    const peers = [namespaces.address('right', 1, family)];
    await new Promise((resolve) => setTimeout(resolve, 500));
    const client = start('left', { role: 'client', peers, transport: 'ip', port: 7 });
    await answeredAgain(client);
    client.write('close\n');
    expect(await reported(client, 'closed')).toMatchObject({ error: null });
    await server.kill();
  });

  test.each(FAMILIES)('is answered by us over %s', async (family) => {
    const server = start('right', { role: 'server', peers: [], transport: 'ip', port: 7 });
    await reported(server, 'listening');
    const address = namespaces.address('right', 1, family);
    const client = Child.inNamespace(namespaces.name('left'), 'stdbuf', '-oL', `${NATIVE}/client`, address, '7', '0');
    client.write('a line\n');
    await client.printed(/a line/);
    client.end();
    await reported(server, 'closed');
  });
});

test('over ip one of two paths is cut, and the association goes on over the other', async () => {
  const both = await pair('ip', ['10.77.1.2', '10.77.2.2']);
  namespaces.drop('right', 1);
  namespaces.drop('left', 1);
  await answeredAgain(both.client);
  namespaces.heal();
  await answeredAgain(both.client);
  await closes(both);
});

test('over ip an address that is added is used at once, and one that is removed no longer', async () => {
  const both = await pair('ip', ['10.77.1.2', '10.77.2.2']);
  const begin = performance.now();
  namespaces.run('left', 'ip', 'addr', 'add', '10.77.1.9/24', 'dev', 'left1');
  await reported(both.client, 'addresses', ({ added }) => added.includes('10.77.1.9'));
  console.log(`reported after ${Math.round(performance.now() - begin)} ms`);
  namespaces.run('left', 'ip', 'addr', 'del', '10.77.1.1/24', 'dev', 'left1');
  await reported(both.client, 'addresses', ({ removed }) => removed.includes('10.77.1.1'));
  await answeredAgain(both.client);
  await closes(both);
});

test.each(TRANSPORTS.flatMap((transport) => FAMILIES.map((family) => [transport, family] as const)))(
  'over %s congestion marks that a router sets are echoed to the sender: %s',
  async (transport, family) => {
    const mark = family === 'IPv4' ? 'ip ecn ect0 ip ecn set ce' : 'ip6 ecn ect0 ip6 ecn set ce';
    namespaces.run(
      'right',
      'nft',
      `table inet congested { chain in { type filter hook prerouting priority -300; ${mark}; }; }`,
    );
    const both = await pair(transport, [namespaces.address('right', 1, family)]);
    both.client.write('close\n');
    const { ecn } = await reported(both.client, 'closed');
    expect(ecn?.echoesReceived).toBeGreaterThan(0);
    expect(ecn?.reductions).toBeGreaterThan(0);
  },
);

test('two programs with raw sockets on one machine have associations side by side', async () => {
  const [one, other] = [await pair('ip', ['10.77.1.2'], 5001), await pair('ip', ['10.77.1.2'], 5002)];
  await Promise.all([answeredAgain(one.client), answeredAgain(other.client)]);
  await Promise.all([closes(one), closes(other)]);
});

test('what goes over the wire is well-formed SCTP with correct checksums', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wire-'));
  try {
    const file = join(folder, 'wire.pcapng');
    const capture = Child.inNamespace(namespaces.name('right'), 'dumpcap', '-i', 'any', '-f', 'sctp', '-w', file);
    await capture.printed(/File: /);
    await closes(await pair('ip', ['10.77.1.2', '10.77.2.2']));
    await closes(await pair('ip', ['fd77:1::2'], 5002));
    await capture.kill('SIGINT');
    const { bad, good } = await judge(file, 9899, ['ip.proto', 'ipv6.nxt', 'ip.flags.df']);
    expect(bad).toEqual([]);
    expect(good.filter(([protocol]) => protocol === '132').length).toBeGreaterThan(100);
    expect(good.filter(([, next]) => next === '132').length).toBeGreaterThan(100);
    expect(good.filter(([, , df]) => df === '0' || df === 'False')).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(TRANSPORTS)(
  'over %s a peer whose machine is unreachable is reported as soon as ICMP says so',
  async (transport) => {
    namespaces.run('left', 'ip', 'route', 'add', '10.99.0.0/16', 'via', '10.77.1.2');
    namespaces.run('right', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    const client = start('left', { role: 'client', peers: ['10.99.0.1'], transport });
    await client.printed(/EHOSTUNREACH|ENETUNREACH/);
  },
);
