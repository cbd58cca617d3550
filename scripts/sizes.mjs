// Prints the size of the wasm and of every bundle with all that it loads: raw, gzip and brotli.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const bundles = JSON.parse(readFileSync('build/bundle.json', 'utf8'));
const rows = { 'usrsctp.wasm': ['build/wasm/usrsctp.wasm'], ...bundles };
const measured = new Map();

const cell = (text) => text.padStart(11);
const kilobytes = (bytes) => cell(`${(bytes / 1000).toFixed(1)} kB`);

console.log(`${''.padEnd(20)}${['raw', 'gzip', 'brotli'].map(cell).join('')}`);
for (const [name, files] of Object.entries(rows)) {
  const sizes = files.map(measure).reduce((sum, size) => sum.map((bytes, i) => bytes + size[i]));
  console.log(`${name.replace('dist/', '').padEnd(20)}${sizes.map(kilobytes).join('')}`);
}

function measure(file) {
  if (!measured.has(file)) {
    const bytes = readFileSync(file);
    measured.set(file, [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length]);
  }
  return measured.get(file);
}
