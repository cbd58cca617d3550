import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** scripts/tests.sh builds the targets. `npm run fuzz` runs them longer. */
const TARGETS = ['listening', 'association', 'conn'];
const SECONDS = 4;
const RUNS_OF_FINDING = 300;
const ENVIRONMENT = { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' };

interface Finding {
  readonly target: string;
  readonly hex: string;
  readonly fault: string;
}

const FINDINGS = readFileSync('test/fuzz/native/findings.txt', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => /^(?<target>\S+) (?<hex>\S+) (?<fault>.*)$/.exec(line)!.groups as unknown as Finding);

/** Runs a fuzz target in a folder of its own. Returns what it printed and how it ended. */
function run(target: string, prepare: (folder: string) => string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  try {
    const args = [...prepare(folder), `-artifact_prefix=${folder}/`];
    const { status, stderr } = spawnSync(`build/fuzz/${target}`, args, { encoding: 'utf8', env: ENVIRONMENT });
    return { status, output: stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each(TARGETS)('the fuzz target "%s" finds nothing in a few seconds', (target) => {
  const seed = Date.now() % 1_000_000;
  const { status, output } = run(target, (folder) => {
    const [corpus, seeds] = [join(folder, 'corpus'), join(folder, 'seeds')];
    mkdirSync(corpus);
    execFileSync(process.execPath, ['test/fuzz/native/write-seeds.mjs', target, seeds]);
    return [`-seed=${seed}`, `-max_total_time=${SECONDS}`, '-max_len=2048', '-print_final_stats=1', corpus, seeds];
  });
  const covered = [...output.matchAll(/cov: (\d+)/g)].at(-1)?.[1];
  const executions = /number_of_executed_units: (\d+)/.exec(output)?.[1];
  console.log(`seed ${seed}: ${executions} executions, ${covered} edges covered`);
  expect(status, `seed ${seed}: ${output.slice(-4000)}`).toBe(0);
  expect(Number(executions)).toBeGreaterThan(500);
  expect(Number(covered)).toBeGreaterThan(2000);
});

test.each(FINDINGS)('the input that has found this fault finds none: $fault', ({ target, hex }) => {
  const { status, output } = run(target, (folder) => {
    const file = join(folder, 'input');
    writeFileSync(file, Buffer.from(hex, 'hex'));
    return [`-runs=${RUNS_OF_FINDING}`, file];
  });
  expect(status, output.slice(-4000)).toBe(0);
});
