import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const TOOLS = 'build/package/node_modules/.bin';
const GREETING = 'hello over 2 paths\n';

let project: string;
let archive: string;

/** Runs a program in the project, and returns what it prints. */
async function run(command: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd: project, timeout: 60_000 })).stdout;
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`${error}${stdout}`, { cause: error });
  }
}

const node = (...args: string[]) => run(process.execPath, ...args);
const tool = (name: string, ...args: string[]) => node(resolve(TOOLS, name), ...args);

/** The size of a file, in bytes; 0 for a folder. */
const sizeOf = (path: string) => (statSync(path).isFile() ? statSync(path).size : 0);

/** A project that has installed the packed archive, and nothing else. */
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'project-'));
  const pack = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', project]);
  archive = join(project, JSON.parse(pack.stdout)[0].filename);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', archive);
  cpSync('test/package/project', project, { recursive: true });
}, 120_000);
afterAll(() => rmSync(project, { recursive: true }));

describe('the packed package', () => {
  test('brings three dependencies and runs nothing while it is installed', () => {
    const installed = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['ipaddr.js', 'jose', 'usrsctp-wasm', 'ws']);
    const { scripts } = JSON.parse(readFileSync(join(project, 'node_modules/usrsctp-wasm/package.json'), 'utf8'));
    const lifecycle = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(Object.keys(scripts).filter((name) => lifecycle.includes(name))).toEqual([]);
  });

  test('is at most 2.1 MB to download and 6.2 MB on disk, of which source maps are at most 2.5 MB', () => {
    const packed = join(project, 'node_modules/usrsctp-wasm');
    const all = readdirSync(packed, { recursive: true, encoding: 'utf8' });
    const bytes = (ending: string) =>
      all.filter((file) => file.endsWith(ending)).reduce((sum, file) => sum + sizeOf(join(packed, file)), 0);
    expect(sizeOf(archive)).toBeLessThan(2.1e6);
    expect(bytes('')).toBeLessThan(6.2e6);
    expect(bytes('.js.map')).toBeLessThan(2.5e6);
  });

  test('has no dead links in its documents', () => {
    const packed = join(project, 'node_modules/usrsctp-wasm');
    const documents = readdirSync(packed, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
    expect(documents).toContain('README.md');
    const dead = documents.flatMap((file) => {
      const links = [...readFileSync(join(packed, file), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)];
      return links.flatMap(([, path = '']) =>
        existsSync(join(packed, dirname(file), path)) ? [] : [`${file}: ${path}`],
      );
    });
    expect(dead).toEqual([]);
  });

  test('is right for publint', async () => {
    expect(await tool('publint', '--strict', archive)).toContain('All good!');
  });

  test('has types that arethetypeswrong finds right for ES modules', async () => {
    await tool('attw', archive, '--profile', 'esm-only', '--no-emoji');
  });

  test.each(['bundler', 'node16'])('type-checks with moduleResolution %s, its declarations too', async (resolution) => {
    const module = resolution === 'bundler' ? 'esnext' : 'node16';
    const options = ['--target', 'es2022', '--lib', 'es2023,esnext.disposable,dom', '--strict', '--noEmit'];
    const tsc = resolve('node_modules/.bin/tsc');
    await node(tsc, ...options, '--module', module, '--moduleResolution', resolution, 'types.ts');
  });
});

describe('its types compile', () => {
  const compilers: Readonly<Record<string, string>> = {
    '5.2': 'build/package/node_modules/typescript-5.2/bin/tsc',
    '5.4': 'build/package/node_modules/typescript-5.4/bin/tsc',
    '5.9': 'build/package/node_modules/typescript-5.9/bin/tsc',
    current: 'node_modules/.bin/tsc',
  };
  const libraries = {
    dom: ['types.ts', '--lib', 'es2023,dom'],
    '@types/node': [
      ...['types.ts', 'node.ts', '--lib', 'es2023'],
      ...['--types', 'node', '--typeRoots', resolve('node_modules/@types')],
    ],
  };
  const modes = [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const;
  const matrix = Object.entries(compilers).flatMap(([version, tsc]) =>
    Object.entries(libraries).flatMap(([library, options]) =>
      modes.flatMap(([module, resolution]) => {
        // skipLibCheck only leaves checks out, so one case for each compiler is enough.
        const skips = library === 'dom' && resolution === 'bundler' ? ['true', 'false'] : ['false'];
        return skips.map((skip) => ({ version, tsc, library, options, module, resolution, skip }));
      }),
    ),
  );

  test.each(matrix)(
    'with TypeScript $version, $library, moduleResolution $resolution, skipLibCheck $skip',
    async ({ tsc, options, module, resolution, skip }) => {
      const checks = ['--strict', '--noEmit', '--target', 'es2022', '--skipLibCheck', skip];
      await node(resolve(tsc), ...checks, '--module', module, '--moduleResolution', resolution, ...options);
    },
    60_000,
  );
});

describe('a project that has installed it', () => {
  test('can be required by CommonJS, where Node can require ES modules', async () => {
    const code =
      "const { Stack } = require('usrsctp-wasm'); console.log(typeof require('usrsctp-wasm/udp').udp, Stack.name)";
    expect(await node('--input-type=commonjs', '-e', code)).toBe('function Stack\n');
  });

  test('runs it in Node', async () => expect(await node('main.js')).toBe(GREETING));

  test('runs it over UDP', async () => expect(await node('udp.js')).toBe(GREETING));

  test('runs it in a worker', async () => expect(await node('worker.js')).toBe(GREETING));

  test('has the relay as a command', async () => {
    const keys = await run('node_modules/.bin/usrsctp-relay', 'keys');
    expect(keys).toContain('"kty"');
    writeFileSync(join(project, 'keys.json'), keys);
    const options = ['--keys', 'keys.json', '--audience', 'a', '--address', '127.0.0.1', '--allow', '127.0.0.1:*'];
    const serve = run('node_modules/.bin/usrsctp-relay', 'serve', '--listen', '0', ...options, '--metrics', '0');
    await expect(serve).rejects.toThrow('metrics need the package prom-client: run `npm install prom-client`');
  });

  for (const platform of ['browser', 'node', 'neutral'] as const) {
    test(`bundles it with esbuild for the platform ${platform} into one file that runs elsewhere`, async () => {
      const outfile = join(tmpdir(), `${basename(project)}-${platform}.mjs`);
      try {
        const entryPoints = [join(project, 'main.js')];
        await build({ entryPoints, outfile, bundle: true, minify: true, format: 'esm', platform });
        expect(await node(outfile)).toBe(GREETING);
      } finally {
        rmSync(outfile);
      }
    });
  }

  test('bundles it with Vite', async () => {
    await vite({ input: 'main.js', outDir: 'vite', base: './' });
    expect(readdirSync(join(project, 'vite'))).toEqual(['main.js']);
    expect(await node('vite/main.js')).toBe(GREETING);
  });

  test('bundles usrsctp-wasm/slim with Vite, which makes the wasm a file that is fetched', async () => {
    const folder = join(project, 'vite-slim');
    const server = createServer(({ url }, response) => response.end(readFileSync(join(folder, url ?? ''))));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await vite({ input: 'slim.js', outDir: 'vite-slim', base });
      expect(readdirSync(folder, { recursive: true })).toContainEqual(
        expect.stringMatching(/^assets.usrsctp.*\.wasm$/),
      );
      expect(readFileSync(join(folder, 'slim.js')).length).toBeLessThan(300_000);
      expect(await node('vite-slim/slim.js')).toBe(GREETING);
    } finally {
      server.close();
    }
  });
});

/** Builds a program for browsers. */
async function vite(options: { input: string; outDir: string; base: string }): Promise<void> {
  const { input, outDir, base } = options;
  const output = { entryFileNames: '[name].js' };
  const config = { base, build: { outDir, target: 'es2022', assetsInlineLimit: 0, rollupOptions: { input, output } } };
  writeFileSync(join(project, `${outDir}.config.js`), `export default ${JSON.stringify(config)};`);
  await tool('vite', 'build', '--config', `${outDir}.config.js`, '--logLevel', 'error');
}
