import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const { CI } = process.env;
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(CHECKOUT, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, code = '']) => code);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(CHECKOUT, join(folder, 'node_modules', 'usrsctp-wasm'));
});
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

// ./build.sh test builds it first. It may be missing if vitest is run without that.
describe.skipIf(!existsSync(join(CHECKOUT, 'dist/index.js')) && !CI)('README.md', () => {
  test('shows usage examples', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(3);
  });

  for (const [index, code] of blocks.entries()) {
    test(`block ${index + 1} runs as written, prints the output in its comments, and ends`, async () => {
      const file = join(folder, `block-${index + 1}.mjs`);
      writeFileSync(file, code);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000 });
      expect(stderr).toBe('');
      expect(stdout).toMatch(expectedOutput(code));
    });
  }

  test('links to existing files only', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(CHECKOUT, path)))).toEqual([]);
  });
});

test.skipIf(!existsSync(join(CHECKOUT, 'dist/index.js')) && !CI)(
  'the conn() example exchanges messages between two stacks',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['examples/conn.mjs'], {
      cwd: CHECKOUT,
      timeout: 30_000,
    });
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
      const { stdout } = await promisify(execFile)(
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
