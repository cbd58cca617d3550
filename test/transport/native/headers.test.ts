import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the constants and structures of the system are those of its headers', () => {
  const printed = execFileSync(process.execPath, ['scripts/system.mjs'], { encoding: 'utf8' });
  expect(printed).toBe(readFileSync('src/transport/native/linux.ts', 'utf8'));
});
