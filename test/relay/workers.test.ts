import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { relayWorker } from '../../src/relay-server.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { certificate } from '../support/certificate.js';
import { Child } from '../support/child.js';
import { exchange } from '../support/exchange.js';
import { closePeers, peer, started } from '../support/peers.js';
import { KeyFolder, PROGRAM, RelayCommand } from '../support/relay-command.js';
import { closeSockets, confirm, present } from '../support/relay-sockets.js';
import { client, closeRelays, countsOf, serve, through, ticket, until } from '../support/relays.js';
import { answer, init } from '../support/sctp.js';

const { CI } = process.env;
const WORKERS = 3;
const ADDRESS = '127.0.3.11';

const folder = new KeyFolder();
const servers: Server[] = [];

afterEach(async () => {
  closeSockets();
  await closeRelays();
  closePeers();
  for (const server of servers.splice(0)) server.close();
  await Child.endAll();
});
afterAll(() => folder.remove());

/** A relay of several workers. */
const relayOf = (workers: number, ...more: readonly string[]): Promise<RelayCommand> =>
  RelayCommand.start(folder, ADDRESS, '--workers', String(workers), ...more);

/** A TCP proxy before a relay. `cut` ends all connections as a network does that has gone. */
async function cutter({ url }: RelayCommand) {
  const { port } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/relay`, cut };
}

// `./build.sh test` builds dist/ first; it may be missing if vitest is run alone.
describe.skipIf(!existsSync(PROGRAM) && !CI)(`a relay of ${WORKERS} workers`, () => {
  test('resumes a session in whichever worker the connection arrives, with its UDP port; the association goes on', async () => {
    const relay = await relayOf(WORKERS);
    const { url, cut } = await cutter(relay);
    const server = await serve(['127.0.3.1']);
    const { stack, transport } = await client([url], server.udpPort);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
    const accepted = await server.listener.accept();
    const before = accepted.remoteEndpoints;
    expect(transport.addresses).toEqual([ADDRESS]);
    for (let round = 1; round <= WORKERS + 1; round++) {
      cut();
      await until(() => relay.logged('resumed').length === round, 'the session to be resumed');
      await exchange(association, accepted, 10);
    }
    const workers = relay.logged('allocated', 'resumed').map(({ worker }) => worker);
    expect(new Set(workers).size).toBe(WORKERS);
    expect([transport.addresses, accepted.remoteEndpoints]).toEqual([[ADDRESS], before]);
    expect(await relay.metric('clients')).toBe(1);
    expect(await relay.metric('sessions_total{kind="resumed"}')).toBe(WORKERS + 1);
    expect(await relay.metric('sessions_total{kind="new"}')).toBe(1);
    expect(await relay.metric('resting_ports')).toBe(0);
    await association.close();
    for (const direction of ['in', 'out'] as const) {
      const counts = async () => countsOf((await relay.metrics()).text, direction);
      await until(async () => (await counts()).waiting === 0, 'all to be carried or dropped');
      const { arrived, carried, dropped } = await counts();
      expect(arrived).toBe(carried + dropped);
      expect(carried).toBeGreaterThan(10 * (WORKERS + 1));
    }
  });

  test('resumes a session for its subject only, by a token that is valid once, in all workers', async () => {
    const relay = await relayOf(WORKERS);
    const first = await present(relay, await ticket({ sub: 'alice' }));
    for (let attempt = 0; attempt < WORKERS; attempt++) {
      const other = await present(relay, await ticket({ sub: 'mallory' }), first.token);
      expect([other.resumed, other.port === first.port]).toEqual([false, false]);
      expect((await present(relay, 'no ticket', first.token)).code).toBe(4401);
    }
    const second = await present(relay, await ticket({ sub: 'alice' }), first.token);
    expect([second.resumed, second.port, await first.closed]).toEqual([true, first.port, 4409]);
    await confirm(second);
    for (let attempt = 0; attempt < WORKERS; attempt++) {
      expect((await present(relay, await ticket({ sub: 'alice' }), first.token)).resumed).toBe(false);
    }
    expect(relay.logged('allocated', 'resumed').length).toBe(2 + 2 * WORKERS);
  });

  test('gives each client a UDP port of its own, and has the limits of clients once for all workers', async () => {
    const limits = ['clients=6', 'clientsPerSubject=4'].flatMap((limit) => ['--limit', limit]);
    const relay = await relayOf(WORKERS, '--ports', '45000-45005', ...limits);
    const own = await ticket({ sub: 'alice' });
    const alices = [];
    for (let number = 0; number < 4; number++) alices.push(await present(relay, own));
    expect((await present(relay, own)).code).toBe(4429);
    const others = [];
    for (let number = 0; number < 2; number++) others.push(await present(relay, await ticket({ sub: 'bob' })));
    expect((await present(relay, await ticket({ sub: 'carol' }))).code).toBe(4429);
    const ports = [...alices, ...others].map(({ port }) => port);
    expect(ports.toSorted()).toEqual([45_000, 45_001, 45_002, 45_003, 45_004, 45_005]);
    expect(new Set(relay.logged('allocated').map(({ worker }) => worker)).size).toBe(WORKERS);
    others[0]!.socket.terminate(); // It is lost, so it makes room for another client, in whichever worker that is.
    await until(async () => (await relay.metric('connections')) === 5, 'the relay to notice');
    const next = await present(relay, await ticket({ sub: 'carol' }));
    expect([next.code, next.port]).toEqual([0, others[0]!.port]);
    expect(relay.logged('ended').map(({ reason }) => reason)).toEqual(['limit']);
  });

  test('keeps an SCTP port for the client that uses it, against the clients of other workers', async () => {
    const relay = await relayOf(WORKERS);
    const { socket, received, port } = await peer();
    const clients = [];
    for (let number = 0; number < WORKERS; number++) {
      clients.push(await started([relay.url], { claims: { sub: `client ${number}` } }));
    }
    const [first, ...others] = clients;
    first!.send('127.0.0.1', port, init({ initiateTag: 7 }));
    await until(() => received.length === 1, 'the INIT of the first client');
    for (const [number, each] of others.entries()) {
      each.send('127.0.0.1', port, init({ initiateTag: 8 }));
      await until(async () => (await relay.metric('refused_total{reason="taken"}')) === number + 1, 'the refusal');
    }
    others[0]!.send('127.0.0.1', port, init({ initiateTag: 9, sourcePort: 5002 }));
    await until(() => received.length === 2, 'the INIT from another SCTP port');
    const { port: udpPort, address } = received[0]!;
    socket.send(answer({ tag: 7 }), udpPort, address);
    await until(() => first!.host.packets.length === 1, 'the answer to the first client');
    await first!.transport.close();
    await until(async () => (await relay.metric('clients')) === WORKERS - 1, 'the relay to notice');
    others[1]!.send('127.0.0.1', port, init({ initiateTag: 10 }));
    await until(() => received.length === 3, 'the INIT of another client, when the first one has left');
    expect(new Set(relay.logged('allocated').map(({ worker }) => worker)).size).toBe(WORKERS);
  });

  test('speaks TLS with --cert and --key, in all workers, in which sessions are resumed as without', async () => {
    const { key, cert } = certificate();
    const [keyFile, certFile] = ['key.pem', 'cert.pem'].map((name) => join(folder.path, name)) as [string, string];
    writeFileSync(keyFile, key);
    writeFileSync(certFile, cert);
    const relay = await relayOf(WORKERS, '--cert', certFile, '--key', keyFile);
    const url = relay.url.replace('ws:', 'wss:');
    const trusting = { ca: cert };
    let last = await present({ url }, await ticket(), new Uint8Array(0), trusting);
    const { port } = last;
    for (let round = 1; round <= WORKERS; round++) {
      last.socket.terminate();
      last = await present({ url }, await ticket(), last.token, trusting);
      expect([last.resumed, last.port]).toEqual([true, port]);
      await confirm(last);
    }
    expect(new Set(relay.logged('allocated', 'resumed').map(({ worker }) => worker)).size).toBe(WORKERS);
    await expect(present({ url }, await ticket())).rejects.toThrow('self-signed certificate');
    await expect(present(relay, await ticket())).rejects.toThrow(/socket hang up|ECONNRESET/);
  });

  test('goes on when a worker is killed: its client comes back, and the others notice nothing', async () => {
    const relay = await relayOf(WORKERS);
    const server = await serve(['127.0.3.1']);
    const clients = [];
    for (let number = 0; number < WORKERS; number++) {
      const { stack, transport } = await client([relay.url], server.udpPort);
      const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
      clients.push({ transport, association, accepted: await server.listener.accept() });
    }
    const home = relay.logged('allocated').map(({ worker }) => worker);
    expect(new Set(home).size).toBe(WORKERS);
    await new Promise((resolve) => setTimeout(resolve, 1200)); // The primary process has noted the metrics.
    const before = await relay.metric('datagrams_total{direction="out"}');
    const { pid = 0 } = relay.logged('worker').find(({ worker }) => worker === home[1])!;
    process.kill(pid, 'SIGKILL');
    await Promise.all(clients.map(({ association, accepted }) => exchange(association, accepted, 20)));
    expect(clients.map(({ transport }) => transport.relays[0]?.state)).toEqual(['up', 'up', 'up']);
    expect(relay.logged('worker ended')).toMatchObject([{ worker: home[1], signal: 'SIGKILL' }]);
    expect(relay.logged('allocated')).toHaveLength(WORKERS + 1);
    await until(async () => (await relay.metric('workers')) === WORKERS, 'another worker in its place');
    expect(await relay.metric('clients')).toBe(WORKERS);
    expect(await relay.metric('datagrams_total{direction="out"}')).toBeGreaterThan(before!);
    for (const { association, accepted } of clients) {
      expect(accepted.state).toBe('open');
      await association.close();
    }
  });

  test('drains on SIGTERM: all clients are told, new ones refused, and all processes end when they have left', async () => {
    const relay = await relayOf(WORKERS, '--drain', '40000');
    const transports = await Promise.all(Array.from({ length: WORKERS + 1 }, () => through([relay.url])));
    for (const transport of transports) await transport.start(new RecordingHost());
    expect(await relay.health()).toBe(200);
    process.kill(relay.child.pid, 'SIGTERM');
    await until(() => transports.every(({ relays }) => relays[0]?.state === 'draining'), 'the clients to hear of it');
    for (let attempt = 0; attempt < WORKERS; attempt++) expect(await relay.health()).toBe(503);
    const late = await through([relay.url]);
    await expect(late.start(new RecordingHost())).rejects.toThrow('503');
    expect(await relay.metric('draining')).toBe(1);
    const pids = relay.logged('worker').map(({ pid = 0 }) => pid);
    for (const transport of transports) await transport.close();
    expect(await relay.child.exit()).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('ends with its primary process, even if that is killed', async () => {
    const relay = await relayOf(WORKERS);
    const transport = await through([relay.url]);
    await transport.start(new RecordingHost());
    await relay.child.kill();
    const pids = relay.logged('worker').map(({ pid = 0 }) => pid);
    expect(pids).toHaveLength(WORKERS);
    const isRunning = (pid: number) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await until(() => !pids.some(isRunning), 'the workers to end');
  });

  test.each([
    ['--workers', '0', "--workers is '0': it must be an integer of at least 1"],
    ['--workers', '65', '`workers` is 65: give an integer from 1 to 64'],
    ['--address', '203.0.113.9', 'no UDP socket can be bound to 203.0.113.9'],
  ])('refuses %s %s at its start', async (option, value, message) => {
    const args = [PROGRAM, ...folder.arguments(ADDRESS), '--workers', '2', option, value];
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 40_000 });
    expect(stderr).toContain(message);
    expect(stderr.split(message)).toHaveLength(2);
    expect([status, stdout]).toEqual([1, '']);
  });
});

test('a process that was not started as a worker is told so', () => {
  expect(() => relayWorker()).toThrow(/EINVAL: relayWorker: this process is no worker/);
});
