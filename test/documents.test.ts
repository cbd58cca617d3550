import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import promClient from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLOSE_CODES } from '../src/relay/close-codes.js';
import { DEFAULT_LIMITS } from '../src/relay/limits.js';
import { Metrics } from '../src/relay/metrics.js';
import { TicketVerifier } from '../src/relay/ticket.js';
import { DROP_REASONS } from '../src/relay/traffic.js';
import { Child } from './support/child.js';
import { freePort } from './support/native.js';

/** The order of the documents on the site. */
const sidebar = (await import('../docs/site/sidebar.mjs' as string)) as {
  SECTIONS: readonly { readonly text: string; readonly items: readonly (readonly [string, string])[] }[];
};
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'documents-'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['@types', 'undici-types']) {
    symlinkSync(join(CHECKOUT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  symlinkSync(CHECKOUT, join(folder, 'node_modules', 'usrsctp-wasm'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

const blocksOf = (document: string) =>
  [...readFileSync(join(CHECKOUT, 'docs', document), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)].map(
    ([, code = '']) => code,
  );

/** Declarations of names that the relay's code blocks use but don't declare. */
const AROUND = `
import type { TicketKey } from 'usrsctp-wasm/relay/server';
declare global {
  const cert: string, key: any, keys: TicketKey[], user: { id: string };
  const addresses: string[], allow: string[], audience: string;
  function app(): void;
}
`;

const HTTPS = `import { createServer } from 'node:https';\n`;

/** The compiler's errors for files with these names and contents. */
async function checked(files: Readonly<Record<string, string>>): Promise<string> {
  const names = Object.entries({ ...files, 'around.d': AROUND }).map(([name, code]) => {
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023', '--module', 'nodenext'];
  const libraries = ['--types', 'node', '--lib', 'es2023,esnext.disposable,dom'];
  const tsc = join(CHECKOUT, 'node_modules/.bin/tsc');
  const run = promisify(execFile)(tsc, [...flags, ...libraries, ...names], { cwd: folder });
  return run.then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout.trim(),
  );
}

test('the code blocks of docs/relay.md and docs/raw.md type-check', { timeout: 120_000 }, async () => {
  const blocks = blocksOf('relay.md');
  expect(blocks).toHaveLength(6);
  const [client = '', server = '', main = '', worker = '', signing = ''] = blocks;
  const [raw = ''] = blocksOf('raw.md');
  const ticket = `import { signTicket } from 'usrsctp-wasm/relay/server';\n${signing}export {};\n`;
  const wrong = server.replace('audience:', 'audiences:');
  const errors = await checked({ client, server, main, worker: `${HTTPS}${worker}`, ticket, raw, wrong });
  expect(errors).toMatch(/^wrong\.ts[^\n]*'audiences' does not exist[^\n]*(\n +[^\n]*)*$/);
});

test('the code blocks of docs/diagnosis.md type-check and run', { timeout: 120_000 }, async () => {
  const [writing = '', reading = '', logging = ''] = blocksOf('diagnosis.md');
  expect(await checked({ writing, reading, logging })).toBe('');
  for (const [name, block] of Object.entries({ writing, reading, logging })) {
    writeFileSync(join(folder, `${name}.mjs`), block);
    const { stderr } = await promisify(execFile)(process.execPath, [`${name}.mjs`], { cwd: folder, timeout: 30_000 });
    expect(stderr).toBe('');
  }
});

test('the service of docs/relay.md gives tickets that a relay accepts, to users that it knows', async () => {
  const service = blocksOf('relay.md').at(-1) ?? '';
  const port = String(await freePort());
  const keys = { keys: [{ kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url'), kid: 'test' }] };
  const users = `const userOf = async ({ headers }) => (headers.cookie === 'session=1' ? { id: 'alice' } : undefined);\n`;
  const file = join(folder, 'service.mjs');
  writeFileSync(
    file,
    users + service.replace('listen(8081)', `listen(${port}, '127.0.0.1', () => console.log('ready'))`),
  );
  const child = new Child(process.execPath, [file], { RELAY_KEYS: JSON.stringify(keys) });
  try {
    await child.printed(/ready/);
    const url = `http://127.0.0.1:${port}/`;
    expect((await fetch(url)).status).toBe(401);
    const ticket = await (await fetch(url, { headers: { cookie: 'session=1' } })).text();
    const options = { keys: keys.keys, audience: 'relay.example', maxLifeMs: 3_600_000, now: Date.now };
    const claims = await (await TicketVerifier.create(options)).verify(ticket);
    expect(claims).toMatchObject({ sub: 'alice', destinations: ['192.0.2.1:9899'] });
  } finally {
    await Child.endAll();
  }
});

test('the dashboard and docs/relay.md name metrics that a relay has, and docs/relay.md names each of them', async () => {
  const read = (file: string) => readFileSync(join(CHECKOUT, 'docs', file), 'utf8');
  const names = new Set(
    [...(await new Metrics(promClient).text()).matchAll(/^# TYPE usrsctp_relay_(\w+)/gm)].map(([, name = '']) => name),
  );
  const shown = [...read('relay-dashboard.json').matchAll(/usrsctp_relay_(\w+)/g)].map(([, name = '']) => name);
  expect([...new Set(shown)].filter((name) => !names.has(name))).toEqual([]);
  const documented = new Set([...read('relay.md').matchAll(/`(\w+)(?:\{[^`]*\})?`/g)].map(([, name = '']) => name));
  expect([...names].filter((name) => !documented.has(name))).toEqual([]);
});

/** What is used of a dashboard of Grafana. */
interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly datasource: object;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
}

/** The rows of the table in docs/relay.md whose first column has this head, each a list of cells. */
function tableOf(head: string): string[][] {
  const [, rows = ''] =
    new RegExp(`^\\| ${head} \\|.*\n\\|[-|]+\n((?:\\|.*\n)+)`, 'm').exec(
      readFileSync(join(CHECKOUT, 'docs/relay.md'), 'utf8'),
    ) ?? [];
  return rows
    .trim()
    .split('\n')
    .map((row) => row.split('|').slice(1, -1));
}

const namesIn = (cell = ''): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);

test('docs/relay.md has each reason of a drop, and each limit with its default', () => {
  const documented = tableOf('reason of a drop').flatMap(([reasons, directions = '']) => {
    const both = directions.trim() === 'both' ? ['out', 'in'] : directions.trim().split(', ');
    return namesIn(reasons).flatMap((reason) => both.map((direction) => `${direction} ${reason}`));
  });
  const reasons = Object.entries(DROP_REASONS).flatMap(([direction, all]) => all.map((each) => `${direction} ${each}`));
  expect(documented.toSorted()).toEqual(reasons.toSorted());

  const units = { s: 1000, min: 60_000, h: 3_600_000, MB: 1e6, KiB: 1024 } as const;
  const limits = tableOf('limit \\(`limits`, `--limit NAME=N`\\)').flatMap(([names, defaults = '']) => {
    const values = defaults.split(',').map((text) => {
      const [number = '', unit] = text.trim().split(' ');
      return Number(number) * (unit === undefined ? 1 : units[unit as keyof typeof units]);
    });
    return namesIn(names).map((name, index) => [name, values[index]]);
  });
  expect(Object.fromEntries(limits)).toEqual(DEFAULT_LIMITS);
});

test('alerts of docs/relay.md name metrics, reasons and labels that a relay has', async () => {
  const [, alerts = ''] =
    /^What to be alerted of:\n(.*?)^## /ms.exec(readFileSync(join(CHECKOUT, 'docs/relay.md'), 'utf8')) ?? [];
  expect(alerts.match(/^- /gm)?.length).toBeGreaterThan(8);
  const metrics = new Set([...tableOf('metric').flatMap(([names]) => names?.match(/\w+(?=[`{])/g) ?? [])]);
  const named = [...alerts.matchAll(/`(?:usrsctp_relay_)?(\w+)(?:\{([^}]*)\})?`/g)];
  for (const [, name = ''] of named) expect(metrics).toContain(name);
  const closings: readonly string[] = [...Object.keys(CLOSE_CODES), 'path', 'pending', 'draining', 'normal'];
  const drops: readonly string[] = Object.values(DROP_REASONS).flat();
  for (const [, name = '', labels = ''] of named) {
    for (const [, label, value = ''] of labels.matchAll(/(\w+)="(\w+)"/g)) {
      if (label === 'reason') expect(name === 'closings_total' ? closings : drops).toContain(value);
      else expect([label, value]).toEqual(['direction', 'out']);
    }
  }
});

test('the dashboard is one that Grafana takes: panels that don’t overlap, queries with the labels that their metrics have', async () => {
  const dashboard = JSON.parse(readFileSync(join(CHECKOUT, 'docs/relay-dashboard.json'), 'utf8')) as Dashboard;
  const { panels } = dashboard;
  expect(dashboard).toMatchObject({ title: 'usrsctp relay', schemaVersion: expect.any(Number) });
  const variables = dashboard.templating.list.map(({ name }) => name);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
  const labels = new Map(
    tableOf('metric').flatMap(([cell = '']) =>
      [...cell.matchAll(/`(\w+)(?:\{([^}]*)\})?`/g)].map(([, name = '', of = '']) => [name, of.split(', ')] as const),
    ),
  );
  for (const { title, type, datasource, targets } of panels) {
    expect([title, type, datasource]).toEqual([
      expect.any(String),
      'timeseries',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana replaces it
      { type: 'prometheus', uid: '${datasource}' },
    ]);
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { expr } of targets) {
      for (const [, variable = ''] of expr.matchAll(/\$(\w+)/g))
        expect([...variables, '__rate_interval']).toContain(variable);
      const [, by = '', inner = expr] = /^sum by \(([^)]*)\) \((.*)\)$/.exec(expr) ?? [];
      const [, rated, name = ''] = /^(rate\()?usrsctp_relay_(\w+)\{instance=~"\$instance"\}/.exec(inner) ?? [];
      expect(inner.endsWith('[$__rate_interval])')).toBe(rated !== undefined);
      expect(name.endsWith('_total')).toBe(rated !== undefined); // counters, and only they, are read as rates
      for (const label of by === '' ? [] : by.split(', ')) expect(labels.get(name), expr).toContain(label);
    }
  }
});

test('the code block of docs/raw.md runs', async () => {
  const [block = ''] = blocksOf('raw.md');
  // … with a free port, an end and a peer
  const peer = `
import { Stack } from 'usrsctp-wasm';
usrsctp.usrsctp_set_upcall(so, () => console.log(usrsctp.usrsctp_accept(so) !== null));
const stack = await Stack.create({ transport: udp({ addresses: ['127.0.0.1'], port: 0 }) });
const at = { address: '127.0.0.1', port: 5001, encapsulationPort: PORT };
await stack.socket().connect(at, { timeoutMs: 30_000 });
process.exit();
`;
  const port = String(await freePort());
  const program = block.replace('udp({ port: 9899 })', `udp({ port: ${port} })`) + peer.replace('PORT', port);
  expect(program).toContain(`udp({ port: ${port} })`);
  const file = join(folder, 'run.mjs');
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000 });
  expect(stdout).toBe('true\n');
});

test('the code block of docs/data-channels.md runs', async () => {
  const [block = ''] = blocksOf('data-channels.md');
  // … with a free UDP port
  const port = await freePort();
  const program = block
    .replace('udp({ addresses })', `udp({ addresses, port: ${port} })`)
    .replace('.connectx(endpoints)', `.connectx(endpoints.map((each) => ({ ...each, encapsulationPort: ${port} })))`);
  const file = join(folder, 'channels.mjs');
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000 });
  expect(stdout).toBe('chat: hello\n');
});

test('the functions of ours that the documents name exist', () => {
  const read = (folder: string, ending: RegExp) =>
    readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => ending.test(file))
      .map((file) => readFileSync(join(CHECKOUT, folder, file), 'utf8'))
      .join('\n');
  const sources = new Set(read('wasm', /\.[ch]$/).match(/\w+/g));
  const named = read('docs', /\.md$/).match(/(?<=`)(?:link|fixed|bridge)_\w+/g) ?? [];
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !sources.has(name))).toEqual([]);
});

test('documents for users name no tests and no rows of a contract', () => {
  const { SECTIONS } = sidebar;
  const pages = SECTIONS.filter(({ text }) => text !== 'Architecture').flatMap(({ items }) => items);
  const files = pages.map(([, page]) => join(CHECKOUT, 'docs', `${page}.md`)).filter((file) => existsSync(file));
  expect(files.length).toBeGreaterThan(30);
  const others = ['README.md', 'CHANGELOG.md'].map((name) => join(CHECKOUT, name));
  const named = [...others, ...files].flatMap((file) =>
    [
      ...readFileSync(file, 'utf8').matchAll(
        /\.test\.ts|`test\/[^`]*`|npm run test|vitest run test|\b[ADFGLS]\d{1,2}\b/gm,
      ),
    ].map(([words]) => `${file}: ${words}`),
  );
  expect(named).toEqual([]);
});

/** Code without white space and comments, so that it doesn't matter how it is formatted. */
const condensed = (code: string) =>
  code
    .replace(/ \/\/ .*$/gm, '')
    .replace(/\s/g, '')
    .replace(/,(?=[)\]}])/g, '');

test('what the recipes quote stands in their programs, except for lines with …', () => {
  const folder = join(CHECKOUT, 'docs/recipes');
  let count = 0;
  for (const page of readdirSync(folder)) {
    const text = readFileSync(join(folder, page), 'utf8');
    const files = [...text.matchAll(/\]\((\.\.\/\.\.\/examples\/[^)]+\.mjs)\)/g)].map(([, file = '']) =>
      join(folder, file),
    );
    const programs = condensed(files.map((file) => readFileSync(file, 'utf8')).join('\n'));
    const lines = blocksOf(`recipes/${page}`).flatMap((block) => block.split('\n'));
    const quoted = lines.filter((line) => /\w/.test(condensed(line)) && !line.includes('…'));
    expect(quoted.filter((line) => !programs.includes(condensed(line)))).toEqual([]);
    count += quoted.length;
  }
  expect(count).toBeGreaterThan(30);
});
