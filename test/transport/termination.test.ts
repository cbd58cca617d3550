import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';

const { CI } = process.env;

// It runs the built package, which may be missing if vitest is run without ./build.sh.
test.skipIf(!existsSync('dist/udp.js') && !CI)(
  'workers that are terminated under traffic don’t end the process',
  () => {
    const program = spawnSync(process.execPath, ['test/runners/terminated.mjs'], { encoding: 'utf8', timeout: 50_000 });
    expect(program.stdout + program.stderr).toBe('12 workers terminated\n');
    expect(program.status).toBe(0);
  },
);
