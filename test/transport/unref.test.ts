import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';

const { CI } = process.env;

// It runs the built package, which may be missing if vitest is run without ./build.sh.
test.skipIf(!existsSync('dist/udp.js') && !CI)(
  'a process ends with open stacks if all are unref’d, and not if one is ref’d again',
  () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['test/runners/unref.mjs', ...args], { encoding: 'utf8', timeout: 50_000 });
    expect(run()).toMatchObject({ stdout: 'true\n', stderr: '', status: 0 });
    expect(run('ref')).toMatchObject({ stdout: 'true\nheld\n', stderr: '', status: 0 });
  },
);
