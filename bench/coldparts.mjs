// The parts of a cold start, each measured alone in new processes: node bench/coldparts.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

const REPEATS = 7;
const EMPTY = 'build/bench/empty';
const WASM = 'dist/usrsctp.wasm';
const EAGER = ['--single-threaded', '--liftoff-only'];
const bundles = JSON.parse(readFileSync('build/bundle.json', 'utf8'));
const files = bundles['dist/index.js'].map((file) => (file === 'dist/wasm.js' ? 'dist/wasm.node.js' : file));

/** Each is run in a process of its own, and gives its time in ms. */
const parts = {
  async files() {
    return timed(() => import(pathToFileURL(`${EMPTY}/0.mjs`).href));
  },
  parse() {
    const sources = files.map((file) => readFileSync(file, 'utf8'));
    new vm.SourceTextModule('');
    return timed(() => sources.map((source) => new vm.SourceTextModule(source)));
  },
  compile() {
    const bytes = readFileSync(WASM);
    return timed(() => new WebAssembly.Module(bytes));
  },
  async instances() {
    const module = await WebAssembly.compile(readFileSync(WASM));
    const anything = { get: () => () => 0 };
    const imports = new Proxy({}, { get: () => new Proxy({}, anything) });
    return timed(() => [new WebAssembly.Instance(module, imports), new WebAssembly.Instance(module, imports)]);
  },
  async again() {
    const { direct } = await import('./implementations/ours.mjs');
    const once = async () => {
      const { connect, accept } = await direct();
      await Promise.all([connect(), accept()]);
    };
    await once();
    return timed(once);
  },
};

async function timed(act) {
  const before = performance.now();
  await act();
  return performance.now() - before;
}

/** The median of several processes. */
function measured(part, ...flags) {
  const run = () => Number(execFileSync(process.execPath, ['--no-warnings', ...flags, 'bench/coldparts.mjs', part]));
  const all = Array.from({ length: REPEATS }, run).sort((a, b) => a - b);
  return all[REPEATS >> 1];
}

/** How many bytes the functions of the wasm have that a first association calls. */
function calledBytes() {
  const trace = execFileSync(process.execPath, ['--trace-wasm-compilation-times', 'bench/cold.mjs', 'ours'], {
    encoding: 'utf8',
  });
  return [...trace.matchAll(/Liftoff.*bodysize (\d+)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

function printAll() {
  mkdirSync(EMPTY, { recursive: true });
  for (const index of files.keys()) {
    writeFileSync(`${EMPTY}/${index}.mjs`, index + 1 < files.length ? `import './${index + 1}.mjs';` : '');
  }
  const all = readFileSync(WASM).length;
  const called = calledBytes();
  const eager = measured('compile', ...EAGER, '--no-wasm-lazy-compilation') - measured('compile', ...EAGER);
  const lines = {
    [`to load ${files.length} empty files`]: measured('files'),
    'to parse our files': measured('parse', '--experimental-vm-modules'),
    'to compile the wasm, without its functions': measured('compile'),
    'to make two instances': measured('instances'),
    [`to compile the functions that are called, ${Math.round(called / 1e3)} of ${Math.round(all / 1e3)} KB`]:
      (eager * called) / all,
    'for another association, of two new stacks in the same process': measured('again'),
  };
  for (const [what, ms] of Object.entries(lines)) console.log(`${ms.toFixed(1).padStart(6)} ms ${what}`);
}

const [part] = process.argv.slice(2);
if (part === undefined) printAll();
else {
  console.log(await parts[part]());
  process.exit();
}
