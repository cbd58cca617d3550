// From nothing loaded to the first association: node bench/cold.mjs WORLD
import { performance } from 'node:perf_hooks';
// The bench's own files aren't what is measured: Node takes half a millisecond to load these.
import './worlds/simulated.mjs';
import './worlds/wire.mjs';

const before = performance.now();
const cpu = process.cpuUsage();
const { direct, memory } = await import(`./worlds/${process.argv[2]}.mjs`);
const world = await (direct ?? memory)();
await Promise.all([world.connect(), world.accept()]);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms: performance.now() - before, cpuMs: (user + system) / 1e3 }));
process.exit();
