import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const sizes = (...args: string[]) => spawnSync(process.execPath, ['scripts/sizes.mjs', ...args], { encoding: 'utf8' });

test('the build fails if an entry is over its budget, or has none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'budget-'));
  try {
    const { 'udp.js': _, ...rest } = JSON.parse(readFileSync('scripts/budget.json', 'utf8'));
    writeFileSync(join(folder, 'budget.json'), JSON.stringify({ ...rest, 'relay.js': 1 }));
    const { stderr, status } = sizes(join(folder, 'budget.json'));
    expect(stderr.match(/^\S+ is over its budget/gm)?.sort()).toEqual([
      'relay.js is over its budget',
      'udp.js is over its budget',
    ]);
    expect(status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the default entry is six files: itself, four that it shares with other entries, and the WebAssembly', () => {
  const loads: Record<string, string[]> = JSON.parse(readFileSync('build/bundle.json', 'utf8'));
  expect(loads['dist/index.js']).toHaveLength(6);
});
