// sizes.mjs [BUDGET]: prints the size of the wasm, and of each entry with all files that it loads: raw, gzip and
// brotli. Fails if an entry is over its budget, or has none. BUDGET is a JSON file with kB (brotli) by name, by default
// budget.json.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const budget = readJson(process.argv[2] ?? new URL('budget.json', import.meta.url));
const rows = { 'usrsctp.wasm': ['build/wasm/usrsctp.wasm'], ...readJson('build/bundle.json') };
const measured = new Map();

const cell = (text) => text.padStart(11);
const kilobytes = (bytes) => cell(`${(bytes / 1000).toFixed(1)} kB`);

console.log(`${''.padEnd(22)}${['raw', 'gzip', 'brotli', 'at most'].map(cell).join('')}`);
for (const [path, files] of Object.entries(rows)) {
  const name = path.replace('dist/', '');
  const sizes = files.map(measure).reduce((sum, size) => sum.map((bytes, i) => bytes + size[i]));
  const most = (budget[name] ?? 0) * 1000;
  console.log(`${name.padEnd(22)}${[...sizes, most].map(kilobytes).join('')}`);
  if (sizes[2] <= most) continue;
  console.error(`${name} is over its budget: make it smaller, or raise the budget and say why in the commit message.`);
  process.exitCode = 1;
}

function measure(file) {
  if (!measured.has(file)) {
    const bytes = readFileSync(file);
    measured.set(file, [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length]);
  }
  return measured.get(file);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
