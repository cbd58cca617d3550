import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { relay } from '../../src/relay.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { Child } from '../support/child.js';
import { exchange } from '../support/exchange.js';
import { freePort } from '../support/native.js';
import { KeyFolder, PROGRAM, RelayCommand } from '../support/relay-command.js';
import { AUDIENCE, client, closeRelays, metric, serve, through, ticket, until } from '../support/relays.js';

const { CI } = process.env;
const NGINX = '/usr/sbin/nginx';
const CADDY = '/usr/bin/caddy';

const keyFolder = new KeyFolder();
const { path: folder, keys } = keyFolder;

afterEach(async () => {
  await closeRelays();
  await Child.endAll();
});
afterAll(() => keyFolder.remove());

/** A relay in a process of its own. */
const command = (address: string, ...more: readonly string[]): Promise<RelayCommand> =>
  RelayCommand.start(keyFolder, address, ...more);

/** The example of a proxy in docs/relay.md, with these relays in place of its two. */
function example(language: string, listen: readonly [before: string, now: string], ports: readonly string[]): string {
  const [, block = ''] =
    new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(readFileSync('docs/relay.md', 'utf8')) ?? [];
  const [first, second] = ports.map((port) => `127.0.0.1:${port}`);
  const changes = [listen, ['10.0.0.5:8080', first], ['10.0.0.6:8080', second]] as const;
  return changes.reduce((text, [before, now = '']) => {
    expect(text).toContain(before);
    return text.replace(before, now);
  }, block);
}

/** The command of nginx before relays. */
function nginx(port: number, ports: readonly string[]): string[] {
  const file = join(folder, `nginx-${port}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/nginx-${port}.pid; error_log stderr; user root;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${example('nginx', ['443 ssl', `127.0.0.1:${port}`], ports)}
}
`,
  );
  return [NGINX, '-c', file, '-p', folder]; // one process, so that its end leaves none behind
}

/** The command of Caddy before relays. */
function caddy(port: number, ports: readonly string[]): string[] {
  const file = join(folder, `Caddyfile-${port}`);
  const text = example('caddyfile', ['relay.example', `http://127.0.0.1:${port}`], ports);
  const newer = /^ *stream_close_delay.*\n/m; // an option of 2.7, which Debian 12 doesn't have
  expect(text).toMatch(newer);
  writeFileSync(file, `{\n  admin off\n}\n${text.replace(newer, '')}`);
  return [CADDY, 'run', '--adapter', 'caddyfile', '--config', file];
}

/** A proxy before relays, as docs/relay.md shows it. */
async function balancer(proxy: typeof nginx, ports: readonly string[]): Promise<string> {
  const port = await freePort();
  const [program = '', ...args] = proxy(port, ports);
  const child = new Child(program, args, { HOME: folder });
  const isUp = () => fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
  for (const end = performance.now() + 40_000; (await isUp()) === undefined; ) {
    if (performance.now() > end) throw new Error(`${program} doesn't answer: ${child.output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return `ws://127.0.0.1:${port}/relay`;
}

// `./build.sh test` builds dist/ first; it may be missing if vitest is run alone.
describe.skipIf(!existsSync(PROGRAM) && !CI)('the relay command', () => {
  test('drains on SIGTERM: tells its clients, accepts no more, and exits when they have left', async () => {
    const relay = await command('127.0.0.11', '--drain', '40000');
    expect(await relay.health()).toBe(200);
    const transport = await through([relay.url]);
    const host = new RecordingHost();
    await transport.start(host);
    process.kill(relay.child.pid, 'SIGTERM');
    await until(() => transport.relays[0]?.state === 'draining', 'the client to hear of it');
    expect(await relay.health()).toBe(503);
    const late = await through([relay.url]);
    await expect(late.start(host)).rejects.toMatchObject({ message: expect.stringContaining('503') });
    expect(await relay.metric('draining')).toBe(1);
    await transport.close();
    expect(await relay.child.exit()).toBe(0);
    const events = relay.logged();
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
    const args = [PROGRAM, ...keyFolder.arguments('127.0.0.11'), option, value];
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
    expect(await relay.metric('connections_total')).toBe(3);
    expect(await relay.health()).toBe(200);
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

  test('prints its usage and its version, and which options are missing', () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
    expect(run('--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Usage:\n {2}usrsctp-relay serve/),
    });
    expect(run('serve', '--help')).toEqual(expect.objectContaining({ status: 0, stdout: run('--help').stdout }));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const name of ['--version', '-v']) {
      expect(run(name)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
    }
    expect(run()).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('give a command: serve') });
    expect(run('serv')).toMatchObject({ status: 2, stderr: expect.stringMatching(/no command 'serv': .*'serve'/) });
    expect(run('serve')).toMatchObject({
      status: 1,
      stderr: 'usrsctp-relay: --address is missing; see usrsctp-relay --help\n',
    });
    expect(run('serve', '--nonsense').stderr).toMatch(/Unknown option '--nonsense'/);
  });

  test('takes the arguments of the documentation’s example for Kubernetes, and its probes see a relay that drains', async () => {
    const [, list = ''] = /^ +args:\n((?: +- .*\n)+)/m.exec(readFileSync('docs/relay.md', 'utf8')) ?? [];
    const [port, metrics] = [await freePort(), await freePort()];
    const changes = [
      ['0.0.0.0:8080', `127.0.0.1:${port}`],
      ['0.0.0.0:9100', `127.0.0.1:${metrics}`],
      ['$(NODE_ADDRESS)', '127.0.0.11'],
      ['/keys/keys.json', keys],
      ['45000', '40000'],
    ] as const;
    const text = changes.reduce((all, [before, now]) => all.replace(before, now), list.replace(/^ +- /gm, ''));
    const child = new Child(process.execPath, [PROGRAM, ...text.trim().split('\n')]);
    await child.printed(/"event":"listening"/);
    const health = async () => (await fetch(`http://127.0.0.1:${port}/health`)).status;
    expect(await health()).toBe(200);
    expect((await fetch(`http://127.0.0.1:${metrics}/metrics`)).status).toBe(200);
    const own = await ticket({ aud: 'relay.example' });
    const transport = relay({ relays: [{ url: `ws://127.0.0.1:${port}/relay`, ticket: own }] });
    await transport.start(new RecordingHost());
    process.kill(child.pid, 'SIGTERM');
    await until(() => transport.relays[0]?.state === 'draining', 'the client to hear of it');
    expect(await health()).toBe(503);
    await transport.close();
    expect(await child.exit()).toBe(0);
  });

  describe.skipIf(!(existsSync(NGINX) && existsSync(CADDY)) && !CI).each([
    ['nginx', nginx],
    ['Caddy', caddy],
  ] as const)('behind %s, as the documentation sets it up', (_, proxy) => {
    test('two relays carry one association; when one is stopped, nothing is lost, and its client connects to the other', async () => {
      const relays = [await command('127.0.1.11', '--drain', '200'), await command('127.0.2.11', '--forwarded')];
      const url = await balancer(
        proxy,
        relays.map(({ port }) => port),
      );
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
      expect(await relays[1]!.metric('clients')).toBe(2);
      await association.close();
    });
  });
});
