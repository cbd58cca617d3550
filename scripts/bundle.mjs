// Bundles the entries that package.json exports, and the command line programs, into dist/. The wasm is inlined.
// build/bundle.json tells which files each of them loads.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const needsNode = /^src\/(udp\.ts|relay-server\.ts|testing\/udp\.ts|cli\/)/;

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const library = Object.values(exports).map((entry) => entry.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'));
const programs = readdirSync('src/cli').filter((name) => name.endsWith('.ts'));

const { metafile } = await build({
  entryPoints: [...library, ...programs.map((name) => `src/cli/${name}`)],
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  packages: 'external',
  loader: { '.wasm': 'binary' },
  sourcemap: 'linked',
  metafile: true,
  logLevel: 'warning',
});

const loads = {};
for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint === undefined) continue;
  const { files, foreign } = closure(file);
  if (foreign.length > 0 && !needsNode.test(entryPoint)) throw new Error(`${entryPoint} must run anywhere: ${foreign}`);
  loads[file] = files;
}
writeFileSync('build/bundle.json', JSON.stringify(loads, null, 2));

/** The files that loading one file loads, and the modules that it needs from outside. */
function closure(file, files = new Set(), foreign = new Set()) {
  files.add(file);
  for (const { path, external, kind } of metafile.outputs[file].imports) {
    // What is imported while the program runs is imported where it is needed only: ws where there is no WebSocket.
    if (external) kind !== 'dynamic-import' && foreign.add(path);
    else if (!files.has(path)) closure(path, files, foreign);
  }
  return { files: [...files], foreign: [...foreign] };
}
