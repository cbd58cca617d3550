// npm run bench -- [--quick] [--only NAME] [--repeats N] [--json] [--svg FILE]; bench/README.md tells more.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Results } from './results.mjs';
import { rows } from './rows.mjs';
import { svgOf } from './svg.mjs';
import { rowLines, targetLines } from './table.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    repeats: { type: 'string' },
    json: { type: 'boolean', default: false },
    svg: { type: 'string' },
  },
});
const repeats = Number(values.repeats ?? (values.quick ? 2 : 5));

if (!existsSync('dist/index.js')) throw new Error('bench: there is no dist/: run ./build.sh first');
if (!existsSync('build/bench/udp')) {
  tell('compiling the native programs');
  execFileSync('bench/native/compile.sh', ['usrsctp/source', 'build/bench'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

const chosen = rows(values.quick ? 400 : 1200).filter(({ name }) => name.startsWith(values.only));
const results = new Results();
if (!values.json) print(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${load()}`);
for (const row of chosen) {
  await measure(row);
  if (!values.json) print(...rowLines(row, results));
}
if (values.json)
  print(JSON.stringify({ date: new Date(), node: process.version, load: load(), samples: results.samples }));
else print('', ...targetLines(results), '', `load at the end ${load()}`);
if (values.svg !== undefined) writeFileSync(values.svg, svgOf(chosen, results));

/** A B A B, so that what else the machine does hits all alike. A contestant that fails is told, and passed over. */
async function measure(row) {
  for (let repeat = 0; repeat < (row.repeats ?? repeats); repeat++) {
    for (const [contestant, sample] of Object.entries(row.contestants)) {
      try {
        results.add(row, contestant, await sample(repeat));
      } catch (error) {
        tell(`${row.name}: ${error.message}`);
      }
    }
  }
}

function load() {
  return loadavg()
    .map((each) => each.toFixed(1))
    .join(' ');
}

function print(...lines) {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function tell(text) {
  process.stderr.write(`bench: ${text}\n`);
}
