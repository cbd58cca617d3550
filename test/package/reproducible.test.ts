import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** What write_dist() of scripts/products.sh reads, and what is packed besides dist/. */
const INPUTS = [
  'src',
  'scripts',
  'tsconfig.json',
  'build/wasm',
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'NOTICE.md',
  'SECURITY.md',
  'bench',
  'docs',
  'examples',
];

test('a build in another folder gives the same bytes, in dist/ and in the packed archive', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'a-folder-with-another-name-'));
  try {
    for (const path of INPUTS) cpSync(path, join(folder, path), { recursive: true });
    mkdirSync(join(folder, 'usrsctp/source'), { recursive: true });
    cpSync('usrsctp/source/LICENSE.md', join(folder, 'usrsctp/source/LICENSE.md'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    const build = 'set -e; . scripts/products.sh; source_dir=$pinned_source; write_dist';
    await run('bash', ['-c', build], { cwd: folder });
    expect(hashes(join(folder, 'dist'))).toEqual(hashes('dist'));
    expect(await packed(folder)).toBe(await packed('.'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);

/** By file: the hash of what is in it. */
function hashes(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length), sha256(path)]));
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** The hash of the archive that npm would make. */
async function packed(cwd: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd });
  return JSON.parse(stdout)[0].integrity;
}
