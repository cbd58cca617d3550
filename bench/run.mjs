// npm run bench -- [--quick] [--only NAME…] [--repeats N] [--json] [--svg FILE] [--check]; see bench/README.md.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { check } from './check.mjs';
import { log, measure } from './measure.mjs';
import { Results } from './results.mjs';
import { rows } from './rows.mjs';
import { svgOf } from './svg.mjs';
import { rowLines, targetLines } from './table.mjs';
import { targets } from './targets.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [''] },
    repeats: { type: 'string' },
    json: { type: 'boolean', default: false },
    svg: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});

prepare();
if (values.check) process.exitCode = (await check(isChosen, print)) ? 0 : 1;
else await run();

async function run() {
  const repeats = Number(values.repeats ?? (values.quick ? 2 : 5));
  const chosen = rows(values.quick ? 400 : 1200).filter(({ name }) => isChosen(name));
  const results = new Results();
  const about = { date: new Date(), cpus: cpus().length, cpu: cpus()[0]?.model, node: process.version, load: load() };
  const title = `${about.cpus} × ${about.cpu}, Node ${about.node}, load ${about.load}`;
  if (!values.json) print(title);
  for (const row of chosen) {
    await measure(row, results, repeats);
    if (!values.json) print(...rowLines(row, results));
  }
  if (values.json) print(JSON.stringify({ ...about, samples: results.samples }));
  else print('', ...targetLines(targets, results), '', `load at the end ${load()}`);
  if (values.svg !== undefined) {
    writeFileSync(values.svg, svgOf(chosen, results, `${about.date.toISOString().slice(0, 10)}, ${title}`));
  }
}

function isChosen(name) {
  return values.only.some((beginning) => name.startsWith(beginning));
}

/** Compiles the native programs, again if the C side has changed. */
function prepare() {
  if (!existsSync('dist/index.js')) throw new Error('bench: dist/ is missing: run ./build.sh first');
  if (madeAtMs('build/bench/udp') > Math.max(madeAtMs('build/wasm/usrsctp.wasm'), newest('bench/native'))) return;
  log('compiling the native programs');
  execFileSync('bench/native/compile.sh', ['usrsctp/source', 'build/bench'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function newest(directory) {
  return Math.max(...readdirSync(directory).map((file) => madeAtMs(`${directory}/${file}`)));
}

function madeAtMs(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function load() {
  return loadavg()
    .map((each) => each.toFixed(1))
    .join(' ');
}

function print(...lines) {
  process.stdout.write(`${lines.join('\n')}\n`);
}
