import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';

const { CI } = process.env;
const PROGRAM = `
import { conn, Stack } from 'usrsctp-wasm';
const { code, name, message } = await Stack.create({ transport: conn({ onConnOutput: () => {} }) }).catch((e) => e);
console.log(name, code, message);
`;

// They run the built package, which may be missing if vitest is run without ./build.sh.
const here = test.skipIf(!existsSync('dist/index.js') && !CI);

/** What the program prints to the standard output. */
function printed(command: string, ...args: string[]): string {
  const all = [...args, '--input-type=module', '-e', PROGRAM];
  return spawnSync(command, all, { encoding: 'utf8', timeout: 30_000 }).stdout;
}

here('without WebAssembly, Stack.create rejects with EPERM, and names the option of Node', () => {
  expect(printed(process.execPath, '--jitless')).toMatch(
    /^SctpError EPERM EPERM: Stack.create: this runtime has no WebAssembly: .* --jitless\n/,
  );
});

test.skipIf(process.platform !== 'linux' || (!existsSync('dist/index.js') && !CI))(
  'without address space, Stack.create rejects with ENOBUFS',
  () => {
    expect(printed('prlimit', '--as=3000000000', process.execPath)).toMatch(
      /^SctpError ENOBUFS ENOBUFS: Stack.create: no address space for another stack/,
    );
  },
);
