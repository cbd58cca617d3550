// Bundles the package into a folder: bundle.mjs [FOLDER], by default dist. Writes build/bundle.json: which files each
// entry loads.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = process.argv[2] ?? 'dist';
const WASM = 'build/wasm/usrsctp.wasm';

/** What package.json exports, and the programs of src/cli. */
const ENTRIES = [
  'index',
  'slim',
  'udp',
  'no-udp',
  'native',
  'no-native',
  'cores',
  'no-cores',
  'raw',
  'simulated',
  'relay',
  'relay-server',
  'datachannel',
  'capture',
  'net',
  'testing',
  'testing/udp',
  'cli/relay',
  'cli/demo',
  'cli/usrsctp-wasm',
];

const common = {
  outdir,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  packages: 'external',
  // Identifiers keep their names: stack traces and inspectors show them. That is 4 % of what a page downloads.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

const { metafile } = await build({
  ...common,
  entryPoints: Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])),
  external: ['#wasm'], // `imports` in package.json chooses one of the files below, by the runtime
  splitting: true, // classes exist once, so that `instanceof SctpError` is right whatever entry the error comes from
  inject: ['src/shared-chunk.ts'],
  ignoreAnnotations: true, // `sideEffects` in package.json would make esbuild drop the imports of shared-chunk.ts
  sourcemap: 'linked', // the sources are in the maps, each of them once; src/ isn't in the package
  lineLimit: 120, // Node prints the line that an uncaught error was thrown in
  metafile: true,
});

// The WebAssembly: as text in the JavaScript, as a file that Node reads, and as a module that workerd imports. Without
// source maps: one of the text would have the text again.
await build({
  ...common,
  entryPoints: {
    wasm: 'src/wasm/default.ts',
    'wasm.node': 'src/wasm/node.ts',
    'wasm.workerd': 'src/wasm/workerd.ts',
  },
  external: ['./usrsctp.wasm'],
  define: { USRSCTP_WASM: JSON.stringify(readFileSync(WASM, 'latin1')) },
});
copyFileSync(WASM, `${outdir}/usrsctp.wasm`);
writeFileSync(
  `${outdir}/usrsctp.wasm.d.ts`,
  "import type { WasmModule } from './lib-types.js';\ndeclare const wasm: WasmModule;\nexport default wasm;\n",
);

// Files that are imported dynamically have an entry point, too.
const entryFiles = ENTRIES.map((name) => `${outdir}/${name}.js`);
const loads = Object.fromEntries(entryFiles.map((file) => [file, [...filesLoadedBy(file)]]));
writeFileSync('build/bundle.json', JSON.stringify(loads, null, 2));

/** The files that are loaded when a file is imported; the WebAssembly is taken to be the text, as in browsers. */
function filesLoadedBy(file, files = new Set()) {
  if (files.has(file)) return files;
  files.add(file);
  for (const { path, external, kind } of metafile.outputs[file].imports) {
    if (path === '#wasm') files.add(`${outdir}/wasm.js`);
    else if (!external && kind !== 'dynamic-import') filesLoadedBy(path, files);
  }
  return files;
}
