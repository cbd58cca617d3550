import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { type BundleOptions, bundleSuite } from './bundle.js';
import type { Setting } from './contract.js';

/** Where ./build.sh test installs the runtimes of `tools/package.json`. */
const INSTALLED = 'build/runtimes/node_modules';
const OUT = 'build/runtimes/suite';

/** A runtime that the suite is run in. */
export interface Runtime {
  readonly name: string;
  readonly hasUdp: boolean;
  /** Bundles the suite; returns the command that runs it with these settings. */
  prepare(setting: Setting): Promise<readonly string[]>;
}

const NODE_VERSIONS = [20, 22, 24, 26];
const DENO_MAY = ['--allow-net', '--allow-read', '--allow-env', '--allow-sys=networkInterfaces', '--no-prompt'];

export const RUNTIMES: readonly Runtime[] = [
  ...NODE_VERSIONS.map((version) => program(`Node ${version}`, ['node'], [`${INSTALLED}/node${version}/bin/node`])),
  program('Deno', ['deno', 'node'], [`${INSTALLED}/@deno/linux-x64-glibc/deno`, 'run', ...DENO_MAY]),
  program('Bun', ['bun', 'node'], [`${INSTALLED}/@oven/bun-linux-x64/bin/bun`, 'run']),
  {
    name: 'workerd',
    hasUdp: false,
    async prepare(setting) {
      await suite('workerd', 'workerd.mjs', { conditions: ['workerd', 'worker', 'browser'] });
      writeFileSync(`${OUT}/workerd.capnp`, workerdConfig(setting));
      return [`${INSTALLED}/@cloudflare/workerd-linux-64/bin/workerd`, 'test', `${OUT}/workerd.capnp`];
    },
  },
  {
    name: '@edge-runtime/vm without code generation',
    hasUdp: false,
    async prepare(setting) {
      const conditions = ['edge-light', 'worker', 'browser'];
      const bundle = await suite('edge', 'edge.js', { conditions, format: 'iife', slim: true });
      return [process.execPath, 'test/runtimes/entry/edge.mjs', bundle, 'dist/usrsctp.wasm', JSON.stringify(setting)];
    },
  },
];

function program(name: string, conditions: readonly string[], command: readonly string[]): Runtime {
  return {
    name,
    hasUdp: true,
    async prepare(setting) {
      return [...command, await suite('process', `${conditions[0]}.mjs`, { conditions }), JSON.stringify(setting)];
    },
  };
}

/** The bundle, with the WebAssembly beside it: Node reads it, and workerd is given it. */
function suite(entry: string, file: string, options: BundleOptions): Promise<string> {
  mkdirSync(OUT, { recursive: true });
  copyFileSync('dist/usrsctp.wasm', `${OUT}/usrsctp.wasm`);
  return bundleSuite(entry, `${OUT}/${file}`, options);
}

/** usrsctp.wasm is a module of the worker, and the worker may connect to this machine. */
function workerdConfig(setting: Setting): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (
    modules = [
      (name = "workerd.mjs", esModule = embed "workerd.mjs"),
      (name = "usrsctp.wasm", wasm = embed "usrsctp.wasm"),
    ],
    bindings = [(name = "setting", json = ${JSON.stringify(JSON.stringify(setting))})],
    compatibilityDate = "2026-01-01",
    globalOutbound = "network",
  )),
  (name = "network", network = (allow = ["local"])),
]);
`;
}
