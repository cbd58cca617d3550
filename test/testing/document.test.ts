import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** The package refers to itself by name from within its own folder only. */
const FOLDER = 'build/docs';

function node(...args: string[]) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawnSync(process.execPath, args, { encoding: 'utf8', env });
}

test('the example of docs/testing.md has 20 lines and runs as written', () => {
  const [, example = ''] = /```js\n(import assert[\s\S]*?)```/.exec(readFileSync('docs/testing.md', 'utf8')) ?? [];
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(20);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/testing.mjs`, example);
  const { stdout, stderr, status } = node('--test', `${FOLDER}/testing.mjs`);
  expect(stdout + stderr).toMatch(/pass 1\n/);
  expect(status).toBe(0);
}, 30_000);

test('the demo of a bad network delivers every message', () => {
  const { stdout, stderr, status } = node('examples/bad-network.mjs');
  expect(stderr).toBe('');
  expect(stdout.match(/message \d+/g)).toEqual(Array.from({ length: 20 }, (_, index) => `message ${index + 1}`));
  expect(status).toBe(0);
}, 30_000);
