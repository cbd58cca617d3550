// npm run fuzz -- [--minutes N] [--target NAME]...
//
// Fuzzes the C side natively (test/fuzz/native: listening, association, conn) and the JavaScript side (test/fuzz/*.test.ts:
// javascript), N minutes in all, by default 4. Prints what each has executed, covered and found. What libFuzzer has learned stays
// in build/fuzz/corpus, so that the next run goes on from there. Inputs that find a fault are written to build/fuzz/findings. Exits
// with 1 if there are any.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeSeeds } from '../test/fuzz/native/seeds.mjs';

const NATIVE = ['listening', 'association', 'conn'];
const TARGETS = [...NATIVE, 'javascript'];
/** The tests of test/fuzz that run for FUZZ_SECONDS each, one after the other. */
const JAVASCRIPT_FUZZERS = 9;
const FINDINGS = 'build/fuzz/findings';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '4' }, target: { type: 'string', multiple: true } },
});
const targets = values.target ?? TARGETS;
const seconds = Math.ceil((Number(values.minutes) * 60) / targets.length);
const unknown = targets.filter((target) => !TARGETS.includes(target));
if (unknown.length > 0 || !(seconds > 0)) {
  console.error(`npm run fuzz -- --minutes N [--target ${TARGETS.join('|')}]...`);
  process.exit(2);
}

mkdirSync(FINDINGS, { recursive: true });
const rows = [];
for (const target of targets)
  rows.push(...(target === 'javascript' ? await fuzzJavaScript() : [await fuzzNative(target)]));
console.table(rows);
process.exitCode = rows.some(({ findings }) => findings > 0) ? 1 : 0;

async function fuzzNative(target) {
  const [corpus, seeds] = [`build/fuzz/corpus/${target}`, `build/fuzz/seeds/${target}`];
  mkdirSync(corpus, { recursive: true });
  writeSeeds(target, 'usrsctp/source', seeds);
  const before = findingsOf(target);
  const end = Date.now() + seconds * 1000;
  let executions = 0;
  let edges = 0;
  for (let left = seconds; left > 0; left = Math.ceil((end - Date.now()) / 1000)) {
    const limits = [`-max_total_time=${left}`, '-max_len=2048', '-timeout=60', '-print_final_stats=1'];
    // A finding ends a run; the next one goes on with the corpus.
    const output = await run(`build/fuzz/${target}`, [
      ...limits,
      `-artifact_prefix=${FINDINGS}/${target}-`,
      corpus,
      seeds,
    ]);
    executions += Number(/number_of_executed_units: (\d+)/.exec(output)?.[1] ?? 0);
    edges = Math.max(edges, ...[...output.matchAll(/cov: (\d+)/g)].map(([, count]) => Number(count)));
    console.log(output.match(/^SUMMARY.*$/m)?.[0] ?? `${target}: ${executions} executions, ${edges} edges`);
  }
  return { target, executions, covered: `${edges} edges`, findings: findingsOf(target) - before };
}

function findingsOf(target) {
  return readdirSync(FINDINGS).filter((name) => name.startsWith(`${target}-`)).length;
}

async function fuzzJavaScript() {
  const each = Math.ceil(seconds / JAVASCRIPT_FUZZERS);
  const files = ['bytes', 'calls', 'options', 'packets', 'reports'].map((name) => `test/fuzz/${name}.test.ts`);
  const output = await run('node_modules/.bin/vitest', ['run', '--maxWorkers=1', ...files], {
    FUZZ_SECONDS: String(each),
  });
  const found = [...output.matchAll(/^fuzz: (.*): (\d+) executions, (\S+) outcomes/gm)];
  const rows = found.map(([, target, executions, outcomes]) => ({
    target,
    executions: Number(executions),
    covered: `${outcomes} outcomes`,
    findings: 0,
  }));
  const failures = [...new Set(output.match(/FUZZ_SEED=\d+: .*/g) ?? [])];
  for (const failure of failures) console.log(failure);
  const missing = JAVASCRIPT_FUZZERS - rows.length;
  if (missing > 0) {
    console.log(output.slice(-8000));
    rows.push({ target: 'javascript, failed', executions: 0, covered: '', findings: missing });
  }
  return rows;
}

/** Runs a program, and returns what it has printed. */
function run(command, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, NO_COLOR: '1', UBSAN_OPTIONS: 'print_stacktrace=1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('latin1').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}
