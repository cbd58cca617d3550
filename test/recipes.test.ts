import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, test } from 'vitest';
import { chromium } from './browsers/engines/chromium.js';
import { Child } from './support/child.js';
import { freePort } from './support/native.js';
import { closeRelays, serve, startRelay, ticket } from './support/relays.js';

const run = (file: string, ...args: (string | number)[]) => new Child(process.execPath, [file, ...args.map(String)]);
const example = (name: string, ...args: (string | number)[]) => run(`examples/${name}.mjs`, ...args);

const folders: string[] = [];
function folder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'recipes-')));
  return folders.at(-1)!;
}

afterEach(async () => {
  await Child.endAll();
  await closeRelays();
  for (const name of folders.splice(0)) rmSync(name, { recursive: true });
});

/** The programs of docs/recipes, against the built package. */
describe('the recipes', () => {
  test('reconnect: a client whose server is killed and started again gets each echo', async () => {
    const udpPort = await freePort();
    const start = async () => {
      const server = example('server', 5001, udpPort);
      await server.printed(/UDP port/);
      return server;
    };
    const server = await start();
    const client = example('reconnect', '127.0.0.1', '--udp-port', udpPort, '--messages', 40);
    await client.printed(/^echoed 10$/m);
    await server.kill();
    await client.printed(/^lost the server: E[A-Z]+$/m);
    await start();
    expect(await client.exit()).toBe(0);
    const numbers = [...client.output.matchAll(/^echoed (\d+)$/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  test('M3UA: an application server process is activated, and its data come back on 16 streams', async () => {
    const udpPort = await freePort();
    const gateway = example('m3ua/gateway', 2905, udpPort);
    await gateway.printed(/listening/);
    const asp = example('m3ua/asp', '127.0.0.1', '--udp-port', udpPort);
    expect(await asp.exit()).toBe(0);
    const lines = Array.from({ length: 16 }, (_, sls) => `from point code 2: SCCP ${sls}`);
    expect(asp.output.trim().split('\n')).toEqual(['active', ...lines]);
    await gateway.printed(/an ASP has left/);
  });

  test('file transfer: a file arrives as it is, and both ends show the progress', async () => {
    const [source, target, udpPort] = [folder(), folder(), await freePort()];
    const bytes = randomBytes(5_000_000);
    writeFileSync(join(source, 'photo.raw'), bytes);
    const receiver = example('file-transfer/receive', target, 5001, udpPort);
    await receiver.printed(/listening/);
    const sender = example('file-transfer/send', join(source, 'photo.raw'), '127.0.0.1', '--udp-port', udpPort);
    expect(await sender.exit()).toBe(0);
    expect(sender.output).toMatch(/^100 % 5\.0 MB in /m);
    await receiver.printed(/^received .*photo\.raw: 5\.0 MB in /m);
    const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
    expect(sha256(readFileSync(join(target, 'photo.raw')))).toBe(sha256(bytes));
    expect(readdirSync(target)).toEqual(['photo.raw']);
  });

  test('file transfer: nothing is left of a file whose sender is killed', async () => {
    const [source, target, udpPort] = [folder(), folder(), await freePort()];
    writeFileSync(join(source, 'large.raw'), randomBytes(50_000_000));
    const receiver = example('file-transfer/receive', target, 5001, udpPort);
    await receiver.printed(/listening/);
    const sender = example('file-transfer/send', join(source, 'large.raw'), '127.0.0.1', '--udp-port', udpPort);
    await receiver.printed(/^10 %/m);
    await sender.kill();
    await receiver.printed(/^not received: /m);
    expect(readdirSync(target)).toEqual([]);
  });

  test('containers: the server answers health checks and clients, and ends gracefully at SIGTERM', async () => {
    const [udpPort, healthPort] = [await freePort(), await freePort()];
    const environment = { UDP_PORT: String(udpPort), HEALTH_PORT: String(healthPort), ADDRESSES: '127.0.0.1' };
    const server = new Child(process.execPath, ['examples/containers/server.mjs'], environment);
    await server.printed(/SCTP port 5001/);
    expect(await (await fetch(`http://127.0.0.1:${healthPort}/`)).text()).toBe('ok\n');
    const client = example('reconnect', '127.0.0.1', '--udp-port', udpPort, '--messages', 3);
    expect(await client.exit()).toBe(0);
    expect(client.output).toContain('echoed 3');
    void server.kill('SIGTERM');
    expect(await server.exit()).toBe(0);
    expect(server.output).toMatch(/^closed$/m);
    const settings = readFileSync('examples/containers/kubernetes.yaml', 'utf8').matchAll(/name: ([A-Z_]+),/g);
    const known = readFileSync('examples/containers/server.mjs', 'utf8');
    for (const [, name = ''] of settings) expect(known).toContain(name);
  });

  test('browser: a page in Chromium sends through a relay, and gets the echo, also after it is reloaded', async () => {
    const server = example('browser/serve', 0);
    const [, url = ''] = await server.printed(/open (http:\S+)/);
    const browser = await chromium();
    try {
      const page = await browser.open(url);
      for (const load of [1, 2, 3]) {
        await expect.poll(() => page.text('[role=status]'), { timeout: 20_000 }).toBe('connected by 1 path');
        await page.fill('input', `hello ${load}`);
        await page.click('button');
        await expect.poll(() => page.text('ul'), { timeout: 20_000 }).toBe(`hello ${load}`);
        if (load < 3) await page.reload();
        // The server is told at once that the page is gone.
        await expect.poll(() => server.output.split('lost a page: ECONNRESET').length).toBe(Math.min(load, 2) + 1);
      }
      expect(page.errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test('edge: a Cloudflare worker answers a request with what an SCTP server says', async () => {
    const relay = await startRelay('127.0.1.11');
    const { listener, udpPort } = await serve(['127.0.1.1']);
    listener.on('association', async (association) => {
      for await (const { data } of association) await association.send(`you said ${new TextDecoder().decode(data)}`);
    });
    const [out, port] = [folder(), await freePort()];
    const settings = {
      RELAY_URL: relay.url,
      RELAY_TICKET: await ticket(),
      SERVER_ADDRESS: '127.0.1.1',
      SERVER_PORT: '5001',
      SERVER_UDP_PORT: String(udpPort),
    };
    await buildWorker(out, settings, port);
    const workerd = new Child('build/runtimes/node_modules/@cloudflare/workerd-linux-64/bin/workerd', [
      'serve',
      `${out}/config.capnp`,
    ]);
    const ask = () => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'hello' }).then((it) => it.text());
    await expect.poll(() => ask().catch(String), { timeout: 20_000 }).toBe('you said hello');
    await workerd.kill();
  });

  test.each([
    ['node:test', ['--test', 'examples/test-fixture/node.test.mjs'], /pass 1\n/],
    [
      'vitest',
      ['node_modules/.bin/vitest', 'run', '--config', 'examples/test-fixture/vitest.config.mjs'],
      /Tests +1 passed/,
    ],
    [
      'jest',
      [
        '--experimental-vm-modules',
        'build/package/node_modules/.bin/jest',
        '--config',
        'examples/test-fixture/jest.config.json',
      ],
      /Tests: +1 passed/,
    ],
  ])('test fixture: %s runs a test over the simulated network', async (_, args, verdict) => {
    // without the variables by which a runner notices that it runs inside another one
    const child = new Child('env', [
      '-u',
      'NODE_TEST_CONTEXT',
      '-u',
      'VITEST',
      'NO_COLOR=1',
      process.execPath,
      ...args,
    ]);
    expect(await child.exit(), child.output).toBe(0);
    expect(child.output).toMatch(verdict);
  });
});

/** Bundles the worker as wrangler does, with a configuration for workerd. */
async function buildWorker(out: string, settings: Readonly<Record<string, string>>, port: number): Promise<void> {
  mkdirSync(out, { recursive: true });
  copyFileSync('dist/usrsctp.wasm', `${out}/usrsctp.wasm`);
  await build({
    entryPoints: ['examples/edge/worker.mjs'],
    outfile: `${out}/worker.mjs`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['./usrsctp.wasm'],
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  const bindings = Object.entries(settings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  writeFileSync(
    `${out}/config.capnp`,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [
        (name = "worker.mjs", esModule = embed "worker.mjs"),
        (name = "usrsctp.wasm", wasm = embed "usrsctp.wasm"),
      ],
      bindings = [${bindings.join(', ')}],
      compatibilityDate = "2026-01-01",
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
}
