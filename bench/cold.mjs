// From nothing loaded to the first association: node bench/cold.mjs WORLD
import { performance } from 'node:perf_hooks';
// The bench's own files aren't what is measured: Node takes half a millisecond to load these.
import { directly } from './worlds/between.mjs';
import './worlds/simulated.mjs';

const worlds = {
  ours: async () => directly((await import('usrsctp-wasm')).Stack),
  werift: async () => (await import('./worlds/werift.mjs')).memory(),
};

const before = performance.now();
const cpu = process.cpuUsage();
const world = await worlds[process.argv[2]]();
await Promise.all([world.connect(), world.accept()]);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms: performance.now() - before, cpuMs: (user + system) / 1e3 }));
process.exit();
