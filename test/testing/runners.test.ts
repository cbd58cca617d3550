import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const JEST = ['build/package/node_modules/.bin/jest', '--config', 'test/runners/jest/jest.config.json'];

/** Runs a test runner on a fixture, whose last test must fail. */
function failing(...args: string[]): string {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(child.status).toBe(1);
  return child.stdout + child.stderr;
}

test.each([
  ['node:test', ['--test', 'test/runners/fixture.mjs'], /pass 3\n.*fail 1\n/s],
  ['jest', ['--experimental-vm-modules', ...JEST], /Tests: +1 failed, 3 passed, 4 total\n/],
])(
  '%s runs the helpers of the built package, and fails for what a test leaves behind',
  (_, args, verdict) => {
    const output = failing(...args);
    expect(output).toMatch(verdict);
    expect(output).toContain('client: a one-to-one socket on 10.0.1.1:');
    expect(output).toContain('server: a one-to-many socket on 10.0.1.2:5001');
  },
  60_000,
);
