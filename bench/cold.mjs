// Measures a cold start, from the import to the first association: node bench/cold.mjs ours|werift
import { performance } from 'node:perf_hooks';
// Loaded before the measurement begins: Node takes half a millisecond to load these files of the bench.
import { directStacks } from './implementations/stacks.mjs';
import './implementations/simulated.mjs';

const implementations = {
  ours: async () => directStacks((await import('usrsctp-wasm')).Stack),
  werift: async () => (await import('./implementations/werift.mjs')).memory(),
};

const before = performance.now();
const cpu = process.cpuUsage();
const { connect, accept } = await implementations[process.argv[2]]();
await Promise.all([connect(), accept()]);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms: performance.now() - before, cpuMs: (user + system) / 1e3 }));
process.exit();
