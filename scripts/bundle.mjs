// Bundles the entries that package.json exports, and the command line programs, into dist/, with the wasm inlined; and
// the entries again into dist/workerd/, where it is imported. build/bundle.json tells which files each of them loads.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { imported, inlined } from './inline.mjs';
import { joined, smallOnes } from './join.mjs';

const needsNode = /^src\/(udp\.ts|relay-server\.ts|testing\/udp\.ts|cli\/)/;

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const programs = readdirSync('src/cli').filter((name) => name.endsWith('.ts'));
const loads = {};

const entries = [...sources('dist'), ...programs.map((name) => `src/cli/${name}`)];
const apart = await built('dist', entries, { plugins: [inlined], write: false });
const small = smallOnes(apart, closure(apart, 'dist/index.js').files);
await bundle('dist', entries, { plugins: [joined(small), inlined], sourcemap: 'linked' });
await bundle('dist/workerd', sources('dist/workerd'), { plugins: [imported('../usrsctp.wasm')] });
copyFileSync('build/wasm/usrsctp.wasm', 'dist/usrsctp.wasm');
writeFileSync('dist/usrsctp.wasm.d.ts', 'declare const wasm: WebAssembly.Module;\nexport default wasm;\n');
writeFileSync('build/bundle.json', JSON.stringify(loads, null, 2));

/** The entries that package.json says are in a folder. */
function sources(folder) {
  const files = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : Object.values(entry)));
  const entry = new RegExp(`^\\./${folder}/((?!workerd/).*)\\.js$`);
  return [...new Set(files.flatMap((file) => entry.exec(file)?.[1] ?? []))].map((name) => `src/${name}.ts`);
}

async function bundle(outdir, entryPoints, options) {
  const metafile = await built(outdir, entryPoints, options);
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint === undefined) continue;
    const { files, foreign } = closure(metafile, file);
    if (foreign.length > 0 && !needsNode.test(entryPoint))
      throw new Error(`${entryPoint} must run anywhere: ${foreign}`);
    loads[file] = files;
  }
}

async function built(outdir, entryPoints, options) {
  const { metafile } = await build({
    entryPoints,
    outbase: 'src',
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    packages: 'external',
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  return metafile;
}

/** The files that loading one file loads, and the modules that it needs from outside. */
function closure(metafile, file, files = new Set(), foreign = new Set()) {
  files.add(file);
  for (const { path, external, kind } of metafile.outputs[file].imports) {
    // What is imported while the program runs is imported where it is needed only: ws where there is no WebSocket.
    if (!external) files.has(path) || closure(metafile, path, files, foreign);
    else if (kind !== 'dynamic-import' && !path.endsWith('.wasm')) foreign.add(path);
  }
  return { files: [...files], foreign: [...foreign] };
}
