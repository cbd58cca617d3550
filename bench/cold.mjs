// From nothing loaded to the first association: node bench/cold.mjs WORLD
import { performance } from 'node:perf_hooks';

const before = performance.now();
const world = await (await import(`./worlds/${process.argv[2]}.mjs`)).direct();
await Promise.all([world.connect(), world.accept()]);
console.log(JSON.stringify({ ms: performance.now() - before }));
process.exit();
