import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { Child } from '../support/child.js';
import { exchange } from '../support/exchange.js';
import { freePort } from '../support/native.js';
import { AUDIENCE, client, closeRelays, KEY, metric, serve, through, until } from '../support/relays.js';

const { CI } = process.env;
const PROGRAM = fileURLToPath(new URL('../../dist/cli/relay.js', import.meta.url));
const NGINX = '/usr/sbin/nginx';

const folder = mkdtempSync(join(tmpdir(), 'relay-'));
const keys = join(folder, 'keys.json');
writeFileSync(keys, JSON.stringify({ keys: [KEY] }));

afterEach(async () => {
  await closeRelays();
  await Child.endAll();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A relay in a process of its own. */
async function command(address: string, ...more: readonly string[]) {
  const metrics = await freePort();
  const options = ['--address', address, '--keys', keys, '--audience', AUDIENCE, '--allow', '127.0.0.0/8:*'];
  const special = ['--special', '127.0.0.0/8', '--listen', '0', '--metrics', String(metrics)];
  const child = new Child(process.execPath, [PROGRAM, 'serve', ...options, ...special, ...more]);
  const [, port = ''] = await child.printed(/"event":"listening","port":(\d+)/);
  const answer = async (path: string, at: number | string) => {
    const response = await fetch(`http://127.0.0.1:${at}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  return {
    child,
    port,
    url: `ws://127.0.0.1:${port}/relay`,
    metrics: () => answer('/metrics', metrics),
    health: () => answer('/health', port),
  };
}

/** nginx before relays, as docs/relay.md shows it. */
async function balancer(ports: readonly string[]): Promise<string> {
  const port = await freePort();
  const file = join(folder, `nginx-${port}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/nginx-${port}.pid; error_log stderr; user root;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  upstream relays { least_conn; ${ports.map((each) => `server 127.0.0.1:${each} max_fails=1 fail_timeout=2s;`).join(' ')} }
  server {
    listen 127.0.0.1:${port};
    location /relay {
      proxy_pass http://relays;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_next_upstream error timeout http_503;
      proxy_read_timeout 60s;
    }
  }
}
`,
  );
  const child = new Child(NGINX, ['-c', file, '-p', folder]); // one process, so that its end leaves none behind
  const isUp = async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.status === 404;
  for (const end = performance.now() + 40_000; !(await isUp()); ) {
    if (performance.now() > end) throw new Error(`nginx doesn't answer: ${child.output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return `ws://127.0.0.1:${port}/relay`;
}

// `./build.sh test` builds dist/ first; it may be missing if vitest is run alone.
describe.skipIf(!existsSync(PROGRAM) && !CI)('the relay command', () => {
  test('drains on SIGTERM: tells its clients, accepts no more, and exits when they have left', async () => {
    const relay = await command('127.0.0.11', '--drain', '40000');
    expect((await relay.health()).status).toBe(200);
    const transport = await through([relay.url]);
    const host = new RecordingHost();
    await transport.start(host);
    process.kill(relay.child.pid, 'SIGTERM');
    await until(() => transport.relays[0]?.state === 'draining', 'the client to hear of it');
    expect((await relay.health()).status).toBe(503);
    const late = await through([relay.url]);
    await expect(late.start(host)).rejects.toMatchObject({ message: expect.stringContaining('503') });
    expect(metric((await relay.metrics()).text, 'usrsctp_relay_draining')).toBe(1);
    await transport.close();
    expect(await relay.child.exit()).toBe(0);
    const events = relay.child.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(['listening', 'allocated', 'draining', 'ended', 'closed']);
    for (const { time } of events) expect(Date.parse(time)).toBeGreaterThan(0);
  });

  test('disconnects clients that stay longer than the drain, and tells them why', async () => {
    const relay = await command('127.0.0.11', '--drain', '100');
    const transport = await through([relay.url]);
    await transport.start(new RecordingHost());
    process.kill(relay.child.pid, 'SIGTERM');
    expect(await relay.child.exit()).toBe(0);
    await until(() => transport.relays[0]?.error !== undefined, 'the reason');
    expect(transport.relays[0]?.error?.message).toContain('draining: this relay is shutting down');
  });

  test.each([
    ['--path', 'relay', 'it must begin with /'],
    ['--drain', 'abc', "--drain is 'abc': it must be an integer of at least 0"],
    ['--origin', 'notaurl', "'notaurl' is not an origin"],
    ['--address', '203.0.113.9', 'no UDP socket can be bound to 203.0.113.9'],
    ['--key', keys, '--cert is missing'],
    ['--ports', '1-2-3', 'it must be two ports'],
    ['--limit', 'unanswered', 'must be a positive number'],
  ])('refuses %s %s at its start', (option, value, message) => {
    const options = ['--address', '127.0.0.11', '--keys', keys, '--audience', AUDIENCE, '--allow', '127.0.0.0/8:*'];
    const args = [PROGRAM, 'serve', '--listen', '0', ...options, option, value];
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 40_000 });
    expect(stderr).toContain(message);
    expect([status, stdout]).toEqual([1, '']);
  });

  test('keeps running when the reader of its log exits', async () => {
    const relay = await command('127.0.0.11');
    relay.child.closeOutput();
    for (let client = 0; client < 3; client++) {
      const transport = await through([relay.url]); // Each connection writes two lines to the log.
      await transport.start(new RecordingHost());
      await transport.close();
    }
    expect(metric((await relay.metrics()).text, 'usrsctp_relay_connections_total')).toBe(3);
    expect((await relay.health()).status).toBe(200);
  });

  test.each([
    ['--seconds', 'abc'],
    ['--seconds', '-5'],
    ['--seconds', '0'],
    ['--destination', 'nowhere'],
  ])('makes no ticket with %s %s', (option, value) => {
    const given = ['--keys', keys, '--audience', AUDIENCE, '--subject', 'me', '--destination', '127.0.0.1:*'];
    const args = [PROGRAM, 'ticket', ...given, `${option}=${value}`];
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 40_000 });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(value);
  });

  test('serves metrics for Prometheus on a separate port', async () => {
    const relay = await command('127.0.0.11');
    const { status, type, text } = await relay.metrics();
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(metric(text, 'usrsctp_relay_clients')).toBe(0);
    expect((await fetch(`http://127.0.0.1:${relay.port}/metrics`)).status).toBe(404);
  });

  test('creates keys, and tickets that it accepts', async () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
    const own = join(folder, 'own.json');
    writeFileSync(own, run('keys').stdout);
    const options = ['--keys', own, '--audience', AUDIENCE, '--subject', 'me', '--destination', '127.0.0.1:*'];
    const { stdout } = run('ticket', ...options);
    const relay = await command('127.0.0.11', '--keys', own);
    const { relay: connect } = await import('../../src/relay.js');
    const transport = connect({ relays: [{ url: relay.url, ticket: stdout.trim() }] });
    await transport.start(new RecordingHost());
    expect(transport.addresses).toEqual(['127.0.0.11']);
    await transport.close();
  });

  test('prints its usage, and which options are missing', () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
    expect(run('--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Usage:\n {2}usrsctp-relay serve/),
    });
    expect(run()).toMatchObject({ status: 2, stdout: '' });
    expect(run('serve')).toMatchObject({
      status: 1,
      stderr: 'usrsctp-relay: --address is missing; see usrsctp-relay --help\n',
    });
    expect(run('serve', '--nonsense').stderr).toMatch(/Unknown option '--nonsense'/);
  });

  describe.skipIf(!existsSync(NGINX) && !CI)('behind nginx', () => {
    test('two relays carry one association; when one is stopped, nothing is lost, and its client connects to the other', async () => {
      const relays = [await command('127.0.1.11', '--drain', '200'), await command('127.0.2.11', '--forwarded')];
      const url = await balancer(relays.map(({ port }) => port));
      const server = await serve(['127.0.1.1', '127.0.2.1']);
      const { stack, transport } = await client([url, url], server.udpPort);
      expect([...transport.addresses].sort()).toEqual(['127.0.1.11', '127.0.2.11']);
      const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
      const accepted = await server.listener.accept();
      expect(accepted.paths()).toHaveLength(2);

      let isStopped = false;
      await exchange(association, accepted, 60, (arrived) => {
        if (arrived !== 20 || isStopped) return;
        isStopped = process.kill(relays[0]?.child.pid ?? 0, 'SIGTERM');
      });
      expect(await relays[0]!.child.exit()).toBe(0);
      await until(() => transport.relays.every(({ state }) => state === 'up'), 'the second relay for both');
      expect(transport.addresses).toEqual(['127.0.2.11']);
      await exchange(association, accepted, 5);
      expect(metric((await relays[1]!.metrics()).text, 'usrsctp_relay_clients')).toBe(2);
      await association.close();
    });
  });
});
