import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('node:test runs the helpers of the built package, and fails for what a test leaves behind', () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawnSync(process.execPath, ['--test', 'test/runners/fixture.mjs'], { encoding: 'utf8', env });
  const output = child.stdout + child.stderr;
  expect(output).toMatch(/pass 3\n/);
  expect(output).toMatch(/fail 1\n/);
  expect(output).toContain('client: a one-to-one socket on 10.0.1.1:');
  expect(output).toContain('server: a one-to-many socket on 10.0.1.2:5001');
  expect(child.status).toBe(1);
}, 30_000);
