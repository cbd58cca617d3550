// wasm/upstream/redirections.mjs RELEASE PREPROCESSED… [--write]
//
// Counts, in the preprocessor's output for upstream's files, how often each name of ours occurs (see OURS), how often
// upstream's function sctp_x that it replaces is still named, and how often a function that a header declares weak is. The
// counts must equal those that redirections.txt lists for RELEASE. Otherwise a macro that no longer matches, a new call that
// isn't redirected, or a weak function that upstream has renamed would go unnoticed. --write records the counts of this
// build there.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

const TABLE = new URL('redirections.txt', import.meta.url);
const RELEASES = ['0.9.5.0', 'main'];
// Functions and constants of ours; upstream_x is the name that we give to upstream's sctp_x.
const OURS = /\b(?:link|fixed|timewait|upstream)_(\w+)|\bsha256_\w+/g;
const WEAK = /^#pragma weak (\w+)/gm;

const [release, ...rest] = process.argv.slice(2);
const files = rest.filter((argument) => argument !== '--write');
const column = RELEASES.indexOf(release);
if (column < 0) throw new Error(`no such release of usrsctp: ${release}`);

/** The lines of upstream's own .c file, without those of headers. */
function ownLines(text) {
  const lines = [];
  let isOwn = false;
  for (const line of text.split('\n')) {
    const marker = /^# \d+ "([^"]*)"/.exec(line);
    if (marker) isOwn = /usrsctplib\/.*\.c$/.test(marker[1]);
    else if (isOwn) lines.push(line);
  }
  return lines.join('\n');
}

function count(text, names) {
  const counts = new Map();
  for (const [name] of text.matchAll(/\b[A-Za-z_]\w*/g)) {
    if (names.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

const texts = new Map();
const names = new Set();
for (const file of files) {
  const whole = readFileSync(file, 'utf8');
  const own = ownLines(whole);
  for (const [name, stem] of own.matchAll(OURS)) {
    names.add(name);
    if (stem) names.add(`sctp_${stem}`);
  }
  for (const [, name] of whole.matchAll(WEAK)) names.add(name);
  texts.set(basename(file, '.i'), own);
}

/** `file name` → the counts of each release. */
const table = new Map();
for (const line of readFileSync(TABLE, 'utf8').split('\n')) {
  const [file, name, ...counts] = line.split(/\s+/);
  if (file !== '' && !line.startsWith('#')) table.set(`${file} ${name}`, counts.map(Number));
}
const before = new Map([...table].map(([row, counts]) => [row, counts[column]]));
for (const counts of table.values()) counts[column] = 0;
for (const [file, text] of texts) {
  for (const [name, times] of count(text, names)) {
    const row = `${file} ${name}`;
    if (!table.has(row)) table.set(row, [0, 0]);
    table.get(row)[column] = times;
  }
}

const differing = [...table].filter(([row, counts]) => counts[column] !== (before.get(row) ?? 0));
if (rest.includes('--write')) {
  const rows = [...table].filter(([, counts]) => counts.some((times) => times > 0)).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = rows.map(([row, counts]) => `${row.split(' ')[0].padEnd(18)}${row.split(' ')[1].padEnd(34)}${counts.map((times) => String(times).padStart(7)).join('')}`);
  const head = readFileSync(TABLE, 'utf8').split('\n').filter((line) => line.startsWith('#'));
  writeFileSync(TABLE, `${[...head, ...lines].join('\n')}\n`);
} else if (differing.length > 0) {
  for (const [row, counts] of differing) {
    console.error(`${row}: named ${counts[column]} times, but redirections.txt says ${before.get(row) ?? 0} for ${release}`);
  }
  console.error('See wasm/upstream/redirections.mjs. If these changes are intended: REDIRECTIONS=write ./build.sh');
  process.exit(1);
}
