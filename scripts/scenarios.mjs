// npm run scenarios -- [--seeds N] [--from SEED] [--kind NAME]... [--jobs N]
//
// Plays random scenarios of each kind, N seeds each, by default 1,000 and from 1,000,000 on, beyond those of the tests: in as many
// processes at a time as there are cores, or as --jobs says. Prints after each batch how many were played and how many have
// failed. Exits with 1 if any has failed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** The names of the tests that play a kind, and their files. */
const KINDS = {
  paths: ['test/scenarios/random.test.ts', 'random scenarios:'],
  addresses: ['test/scenarios/random.test.ts', 'random scenarios that remove and add addresses'],
  rough: ['test/scenarios/random.test.ts', 'random scenarios with messages of up to 1 MB'],
  programs: ['test/scenarios/programs.test.ts', ''],
  'two-peers': ['test/isolation/two-peers.test.ts', ''],
};
const BATCH = 1000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1000000' },
    kind: { type: 'string', multiple: true },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
const [seeds, from, jobs] = [Number(values.seeds), Number(values.from), Number(values.jobs)];
const kinds = values.kind ?? Object.keys(KINDS);
if (!(seeds > 0) || !(from >= 0) || !(jobs > 0) || kinds.some((kind) => !(kind in KINDS))) {
  console.error(`npm run scenarios -- --seeds N [--from SEED] [--kind ${Object.keys(KINDS).join('|')}]... [--jobs N]`);
  process.exit(2);
}

const startedMs = performance.now();
const counts = Object.fromEntries(kinds.map((kind) => [kind, { played: 0, failed: 0 }]));
const batches = batchesOf(kinds, from, seeds);
await Promise.all(Array.from({ length: jobs }, playBatches));
process.exitCode = Object.values(counts).some(({ failed }) => failed > 0) ? 1 : 0;

function* batchesOf(kinds, from, seeds) {
  for (let first = from; first < from + seeds; first += BATCH) {
    for (const kind of kinds) yield [kind, first, Math.min(first + BATCH, from + seeds) - 1];
  }
}

async function playBatches() {
  for (const batch of batches) {
    await playBatch(...batch);
    const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
    const text = Object.entries(counts).map(
      ([kind, { played, failed }]) => `${kind} ${played} played, ${failed} failed`,
    );
    console.log(`${minutes} minutes: ${text.join('; ')}`);
  }
}

async function playBatch(kind, first, last) {
  const [file, name] = KINDS[kind];
  const args = ['run', file, '--maxWorkers=1', ...(name === '' ? [] : ['-t', name])];
  const { code, output } = await run('node_modules/.bin/vitest', args, { SEEDS: `${first}-${last}` });
  const failures = [...new Set([...output.matchAll(/^.*?\bseed (\d+) \(/gm)].map(([, seed]) => seed))];
  counts[kind].played += last - first + 1;
  counts[kind].failed += code === 0 ? 0 : Math.max(1, failures.length);
  if (code !== 0) console.log(`${kind}: failed: ${failures.join(' ')}\n${output.slice(0, 4000)}`);
}

function run(command, args, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, NO_COLOR: '1', ...environment } });
    let output = '';
    const add = (text) => {
      output += text;
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', add);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
