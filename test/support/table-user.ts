import { parentPort, workerData } from 'node:worker_threads';
import { SeededRandom } from '../../src/simulated/seeded-random.js';
import { type PathKey, PathTable } from '../../src/steering/path-table.js';

/** What a thread that uses a table of paths is told. */
export interface TableUse {
  readonly buffer: SharedArrayBuffer;
  readonly index: number;
  readonly rounds: number;
  /** How many paths the thread has at most. */
  readonly paths: number;
}

/*
 * Adds, finds and removes paths of its own while other threads do the same. Posts how often a path wasn't found, or was found
 * after its removal. In the end it has removed all of its paths.
 */
const { buffer, index, rounds, paths } = workerData as TableUse;
const table = new PathTable(buffer);
const random = new SeededRandom(index);
const own = new Map<number, { readonly path: PathKey; readonly entry: number }>();
let wrong = 0;
for (let round = 0; round < rounds; round++) {
  const number = random.below(paths);
  const path = { address: `10.${index}.${number >> 8}.${number & 0xff}`, port: 2905, localPort: 5001 };
  const known = own.get(number);
  if (known !== undefined) {
    if (table.owner(path) !== index) wrong++;
    table.remove(known.entry, index);
    own.delete(number);
    if (table.owner(path) !== undefined) wrong++;
  } else {
    const entry = table.add(path, index);
    if (entry === undefined) continue; // there is no room
    own.set(number, { path, entry });
    if (table.owner(path) !== index) wrong++;
  }
}
for (const { path, entry } of own.values()) {
  if (table.owner(path) !== index) wrong++;
  table.remove(entry, index);
}
parentPort?.postMessage({ wrong });
