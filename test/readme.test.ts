import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Child } from './support/child.js';

const { CI } = process.env;
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
const read = (file: string) => readFileSync(join(CHECKOUT, file), 'utf8');
const blocksOf = (file: string) =>
  [...read(file).matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, code = '']) => code);

/** Documents whose programs run as they are: which blocks, counted from 0. */
const RUNNING: Readonly<Record<string, readonly number[]>> = {
  'README.md': [0],
  'docs/getting-started.md': [0],
  'docs/transports.md': [0],
  'docs/connectx.md': [2],
  'docs/testing.md': [1],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['@types', 'undici-types']) {
    symlinkSync(join(CHECKOUT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  symlinkSync(CHECKOUT, join(folder, 'node_modules', 'usrsctp-wasm'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterEach(() => Child.endAll());
afterAll(() => rmSync(folder, { recursive: true }));

/** The expected output of a block: the comments after its calls of console.log, where … stands for any text. */
function expectedOutput(code: string): RegExp {
  const lines = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output = '']) => output);
  const patterns = lines.map((line) => line.split('…').map(escaped).join('[^]*?'));
  return new RegExp(`^${patterns.map((pattern) => `${pattern}\n`).join('')}$`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

const isRoot = process.getuid?.() === 0;

/** A command with a network of its own, as the programs use fixed UDP ports and other tests do so, too. Only root can do that. */
function isolated(setUp: string, ...command: string[]): [string, string[]] {
  return ['unshare', ['--net', 'sh', '-c', `ip link set lo up && ${setUp} exec "$0" "$@"`, ...command]];
}

const commandOf = (...args: string[]): [string, string[]] =>
  isRoot ? isolated('', process.execPath, ...args) : [process.execPath, args];

function write(name: string, code: string): string {
  const file = join(folder, name);
  writeFileSync(file, code);
  return file;
}

// ./build.sh test builds it first. It may be missing if vitest is run without that.
describe.skipIf(!existsSync(join(CHECKOUT, 'dist/index.js')) && !CI)('what README and the guide show', () => {
  const programs = Object.entries(RUNNING).flatMap(([file, blocks]) => blocks.map((index) => [file, index] as const));
  test.each(programs)(
    '%s: block %d runs as written, prints the output in its comments, and ends',
    async (file, index) => {
      const code = blocksOf(file)[index] ?? '';
      const { stdout, stderr } = await run(...commandOf(write('block.mjs', code)), { timeout: 30_000 });
      expect(stderr).toBe('');
      expect(stdout).toMatch(expectedOutput(code));
    },
  );

  test('the program of README has at most 16 lines', () => {
    const lines =
      blocksOf('README.md')[0]
        ?.split('\n')
        .filter((line) => line !== '') ?? [];
    expect(lines.length).toBeLessThanOrEqual(16);
  });

  test.skipIf(!isRoot && !CI)(
    'the program of README runs on a machine without IPv6 and without a network',
    async () => {
      const [code = ''] = blocksOf('README.md');
      const noIpv6 = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1 &&';
      const command = isolated(noIpv6, process.execPath, write('no-ipv6.mjs', code));
      const { stdout } = await run(...command, { timeout: 30_000 });
      expect(stdout).toMatch(expectedOutput(code));
    },
  );

  test('the programs of README and of Getting started are strict TypeScript', { timeout: 120_000 }, async () => {
    const [readme = ''] = blocksOf('README.md');
    const [one = '', server = '', client = ''] = blocksOf('docs/getting-started.md');
    // `server.mjs` is JavaScript: its function has a parameter without a type.
    expect(server).toContain('echo(association)');
    const typed = server.replace('echo(association) {', "echo(association: import('usrsctp-wasm').Association) {");
    const files = Object.entries({ readme, one, server: typed, client }).map(([name, code]) =>
      write(`${name}.ts`, code),
    );
    const flags = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
    ];
    const target = ['--target', 'es2023', '--module', 'nodenext', '--types', 'node'];
    const checked = await run(join(CHECKOUT, 'node_modules/.bin/tsc'), [...flags, ...target, ...files], {
      cwd: folder,
    }).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(checked).toBe('');
  });

  test('the two programs of Getting started talk to each other', async () => {
    const [, server = '', client = ''] = blocksOf('docs/getting-started.md');
    const serving = new Child(...commandOf(write('server.mjs', server)));
    await serving.printed(/127\.0\.0\.1/);
    const inside = isRoot ? ['nsenter', `--net=/proc/${serving.pid}/ns/net`] : [];
    const [command = '', ...args] = [...inside, process.execPath, write('client.mjs', client), '127.0.0.1'];
    const { stdout } = await run(command, args, { timeout: 30_000 });
    expect(stdout).toMatch(/^hello$/m);
  });

  test('README links to existing files only', () => {
    const links = [...read('README.md').matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(CHECKOUT, path)))).toEqual([]);
  });
});

test.skipIf(!existsSync(join(CHECKOUT, 'dist/index.js')) && !CI)(
  'the conn() example exchanges messages between two stacks',
  async () => {
    const { stdout } = await run(process.execPath, ['examples/conn.mjs'], { cwd: CHECKOUT, timeout: 30_000 });
    expect(stdout).toBe('1000000 bytes on stream 1000\nover and out\nstream 7 is closed, the association is open\n');
  },
);

test.skipIf(!existsSync(join(CHECKOUT, 'dist/index.js')) && !CI)(
  'the client and server examples exchange messages',
  async () => {
    const [port, udpPort] = ['5001', String(20_000 + (process.pid % 10_000))];
    const server = spawn(process.execPath, ['examples/server.mjs', port, udpPort], { cwd: CHECKOUT });
    try {
      await once(server.stdout, 'data');
      const { stdout } = await run(
        process.execPath,
        ['examples/client.mjs', '127.0.0.9', '127.0.0.1', '--udp-port', udpPort],
        { cwd: CHECKOUT, timeout: 30_000 },
      );
      expect(stdout).toContain("dropped: [ '127.0.0.9' ]");
      expect(stdout).toContain('2 hello on stream 2\n');
    } finally {
      server.kill();
    }
  },
);
