// Bundles the entries that package.json exports, and the command line programs, into dist/, with the wasm inlined, or for
// Node beside them; and the entries again into dist/workerd/, where it is imported. build/bundle.json tells which files
// each of them loads.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { forNode, needingWasm, versionOf } from './bundle/fornode.mjs';
import { imported, inlined, split } from './bundle/inline.mjs';
import { joined, smallOnes } from './bundle/join.mjs';
import { keepCode } from './bundle/kept.mjs';
import { later, writeLater } from './bundle/later.mjs';
import { named } from './bundle/named.mjs';
import { ofRaw, STRUCTS } from './bundle/ofraw.mjs';
import { structsAsText } from './bundle/structs.mjs';

const needsNode = /^src\/(udp\.ts|relay-server\.ts|testing\/udp\.ts|cli\/)/;

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const programs = readdirSync('src/cli').flatMap((name) => (name.endsWith('.ts') ? [`cli/${name.slice(0, -3)}`] : []));
const loads = {};
const USUAL = { target: 'es2022', platform: 'neutral', minify: true, lineLimit: 120 };

const entries = { ...sources([...names('dist'), ...programs]), ...STRUCTS };
const usual = [named(Object.values(entries).map((path) => path.replace(/\?.*/, ''))), structsAsText, ofRaw];
const nothing = { leading: [], all: [] };
const apart = await built('dist', entries, { plugins: [forNode(nothing), ...usual, inlined], write: false });
const { files } = closure(apart, 'dist/index.js');
const small = smallOnes(apart, files);
const all = inputsOf(apart, files).filter((path) => !small.includes(path));
const rest = await writeLater('dist', USUAL);
const version = forNode({ leading: needingWasm(apart), all });
await bundle('dist', entries, { plugins: [...usual, later(rest), joined(small), version, split, inlined] });
loads['dist/later.cjs'] = [`dist/${rest}.cjs`];
await bundle(
  'dist/workerd',
  { ...sources(names('dist/workerd')), ...STRUCTS },
  { plugins: [...usual, imported('../usrsctp.wasm')] },
);
copyFileSync('build/wasm/usrsctp.wasm', 'dist/usrsctp.wasm');
writeFileSync('dist/usrsctp.wasm.d.ts', 'declare const wasm: WebAssembly.Module;\nexport default wasm;\n');
keepCode('dist/index.node.js');
loads['dist/index.node.cache'] = ['dist/index.node.cache'];
writeFileSync('build/bundle.json', JSON.stringify(loads, null, 2));

/** The entries that package.json says are in a folder. */
function names(folder) {
  const files = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : Object.values(entry)));
  const entry = new RegExp(`^\\./${folder}/((?!workerd/).*)\\.js$`);
  return [...new Set(files.flatMap((file) => entry.exec(file)?.[1] ?? []))];
}

/** What they are made of, by name: NAME.node is the version of NAME for Node, and programs have that one only. */
function sources(entries) {
  const isForNode = /\.node$|^cli\//;
  const source = (name) => `src/${name.replace('.node', '')}.ts`;
  return Object.fromEntries(
    entries.map((name) => [name, isForNode.test(name) ? versionOf(source(name)) : source(name)]),
  );
}

async function bundle(outdir, entryPoints, options) {
  const metafile = await built(outdir, entryPoints, options);
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (!entryPoint?.startsWith('src/')) continue;
    const { files, foreign } = closure(metafile, file);
    if (foreign.length > 0 && !needsNode.test(entryPoint))
      throw new Error(`${entryPoint} must run anywhere: ${foreign}`);
    loads[file] = files;
  }
}

async function built(outdir, entryPoints, options) {
  const { metafile } = await build({
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    ...USUAL,
    packages: 'external',
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  return metafile;
}

/** The modules in some of a bundle's files. */
function inputsOf({ outputs }, files) {
  return files.flatMap((file) => Object.keys(outputs[file].inputs)).map((path) => resolve(path));
}

/** The files that loading one file loads, and the modules that it needs from outside. */
function closure(metafile, file, files = new Set(), foreign = new Set()) {
  files.add(file);
  for (const { path, external, kind } of metafile.outputs[file].imports) {
    // What is imported while the program runs is imported where it is needed only: ws where there is no WebSocket.
    if (kind === 'dynamic-import' || path.endsWith('.wasm')) continue;
    const other = external ? join(dirname(file), path) : path;
    if (!metafile.outputs[other]) foreign.add(path);
    else if (!files.has(other)) closure(metafile, other, files, foreign);
  }
  return { files: [...files], foreign: [...foreign] };
}
