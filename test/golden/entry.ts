// Prints the hashes of the golden traces. Bundled into one file, it runs in any runtime with JavaScript and WebAssembly.
import { Stack } from '../../src/index.js';
import * as simulated from '../../src/simulated.js';
import { networkTrace, sha256 } from './golden.js';
import { stacksTrace } from './stacks.js';

const hashes = {
  network: await sha256(await networkTrace(simulated)),
  stacks: await sha256(await stacksTrace(simulated, Stack)),
};
console.log(JSON.stringify(hashes));
