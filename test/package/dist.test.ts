import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const loads: Record<string, string[]> = JSON.parse(readFileSync('build/bundle.json', 'utf8'));

/** Entries that need what only Node, Deno and Bun have. */
const NEEDS_NODE = /^dist\/(udp|native|cores|net|relay-server|testing\/udp|cli\/[\w-]+)\.js$/;

/** An error of src/socket/stack.ts, thrown when a stack is created without a transport. */
const MESSAGE = 'Stack.create: give a transport, such as udp()';
/** The message in a bundle, where esbuild may break a line in the middle of a string. */
const BUNDLED_MESSAGE = new RegExp(Array.from(MESSAGE, (each) => each.replace(/\W/, '\\$&')).join('(?:\\\\\n)?'));

const urlOf = (file: string) => pathToFileURL(resolve(file)).href;

/** Runs a module in a folder that has the package, and gives what it prints. */
const evaluate = (cwd: string, code: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '--input-type=module', '-e', code], { cwd, encoding: 'utf8' });

/** A copy of the package, for a test to change. */
async function withCopy(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    await test(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([
  ['node', 'wasm.node.js'],
  ['module', 'wasm.js'],
  ['deno', 'wasm.js'],
  ['bun', 'wasm.js'],
  ['workerd', 'wasm.workerd.js'],
])('with the condition %s the WebAssembly comes from %s', (condition, file) => {
  const resolved = evaluate('.', "console.log(import.meta.resolve('#wasm'))", '-C', condition);
  expect(resolved.trim()).toBe(urlOf(join('dist', file)));
});

test('the text in dist/wasm.js is usrsctp.wasm, byte for byte', async () => {
  const { packagedWasm } = await import(urlOf('dist/wasm.js'));
  expect(Buffer.from(packagedWasm()).equals(readFileSync('dist/usrsctp.wasm'))).toBe(true);
});

test.each(Object.keys(loads).filter((entry) => !NEEDS_NODE.test(entry)))('%s imports no module of Node', (entry) => {
  const imports = loads[entry]!.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/from"(node:\w+|ws)"/g)]);
  expect(imports.map(([, name]) => name)).toEqual([]);
});

test.each(['index.js', 'slim.js', 'simulated.js'])(
  'the classes of %s have the names that they are exported by',
  async (file) => {
    const exports: Record<string, unknown> = await import(urlOf(join('dist', file)));
    const classes = Object.entries(exports).filter(
      ([name, value]) => /^[A-Z][a-z]/.test(name) && typeof value === 'function',
    );
    expect(classes.map(([, value]) => (value as { name: string }).name)).toEqual(classes.map(([name]) => name));
    expect(classes.length).toBeGreaterThan(2);
  },
);

test('an error of one entry is an instance of the class that another entry exports', () => {
  const code = `import { Network } from 'usrsctp-wasm/simulated';
    import { SctpError, Stack } from 'usrsctp-wasm';
    const network = new Network({ seed: 1 });
    const { transport } = network.host('a', ['10.0.0.1']);
    const refused = await Stack.create({ transport, wasm: new Uint8Array(8) }).catch((error) => error);
    console.log(refused instanceof SctpError, refused.code);`;
  expect(evaluate('.', code)).toBe('true EINVAL\n');
});

test('two stacks compile the WebAssembly once', () => {
  const code = `import { Network } from 'usrsctp-wasm/simulated';
    let compiled = 0;
    const { compile } = WebAssembly;
    WebAssembly.compile = (bytes) => (compiled++, compile(bytes));
    const { Stack } = await import('usrsctp-wasm');
    const network = new Network({ seed: 1 });
    const hosts = ['10.0.0.1', '10.0.0.2'].map((address) => network.host(address, [address]));
    await Promise.all(hosts.map(({ transport }) => Stack.create({ transport, clock: network.clock })));
    console.log(compiled);`;
  expect(evaluate('.', code)).toBe('1\n');
});

test('where usrsctp.wasm is missing, Node says which file, and what to do', () =>
  withCopy((folder) => {
    rmSync(join(folder, 'dist/usrsctp.wasm'));
    const code = `import { usrsctp_init } from 'usrsctp-wasm/raw';
      console.log((await usrsctp_init().catch((error) => error)).message);`;
    expect(evaluate(folder, code)).toMatch(/^can't read .*usrsctp\.wasm, a file of usrsctp-wasm: a bundle needs/);
  }));

test('a change in a file of dist/ changes what runs', () =>
  withCopy((folder) => {
    expect(failure(folder).message).toBe(MESSAGE);
    for (const name of readdirSync(join(folder, 'dist')).filter((each) => each.endsWith('.js'))) {
      const file = join(folder, 'dist', name);
      writeFileSync(file, readFileSync(file, 'utf8').replace(BUNDLED_MESSAGE, 'changed'));
    }
    expect(failure(folder).message).toBe('changed');
  }));

test('a stack trace tells the function, the file of dist/, and the line in it', () => {
  const frame = /at .*Stack\w*\.(?:create|start) \((?:file:\/\/)?(\/.*\/dist\/[\w.-]+\.js):(\d+):(\d+)\)/;
  const [, path, line, column] = frame.exec(failure('.').stack)!;
  const source = readFileSync(path!, 'utf8').split('\n')[Number(line) - 1]!;
  expect(source.slice(Number(column) - 1)).toMatch(/^new TypeError\(/);
});

test('source maps tell where in the sources an error comes from', () => {
  const [, path, line] = /(src\/socket\/[\w/-]+\.ts):(\d+)/.exec(failure('.', '--enable-source-maps').stack)!;
  expect(readFileSync(path!, 'utf8').split('\n')[Number(line) - 1]).toContain('throw new TypeError(');
});

function failure(folder: string, ...flags: string[]): { message: string; stack: string } {
  const code = `import { Stack } from 'usrsctp-wasm';
    const { message, stack } = await Stack.create({}).catch((error) => error);
    console.log(JSON.stringify({ message, stack }));`;
  return JSON.parse(evaluate(folder, code, ...flags));
}
