// From nothing loaded to the first association: node bench/cold.mjs WORLD
import { performance } from 'node:perf_hooks';

const before = performance.now();
const cpu = process.cpuUsage();
const { direct, memory } = await import(`./worlds/${process.argv[2]}.mjs`);
const world = await (direct ?? memory)();
await Promise.all([world.connect(), world.accept()]);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms: performance.now() - before, cpuMs: (user + system) / 1e3 }));
process.exit();
