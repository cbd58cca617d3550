// Measures a world in memory: node bench/memory.mjs WORLD[.VARIANT] bulk|roundtrip|setups|first|burst|idle BYTES MS
import { performance } from 'node:perf_hooks';
import { echo, flood, pingPong, Window } from './traffic.mjs';

const BURST = 100;
const IDLE_PAIRS = 500;
const FIRST = 1000;
/** Set-ups are warm when five samples of so long in a row have been no better than those before them. */
const LOOK_MS = 200;
const LOOKS = 5;
const BETTER = 1.05;

const measures = {
  async bulk(world, bytes, ms) {
    const [client, server] = await pair(world);
    const window = new Window(ms);
    server.receive((data) => window.add(data.length));
    await Promise.race([flood(client, bytes, () => window.isOver), window.result]);
    return window.result;
  },

  async roundtrip(world, bytes, ms) {
    const [client, server] = await pair(world);
    echo(server);
    return pingPong(client, bytes, ms);
  },

  async setups(world, _bytes, ms) {
    const repeat = async (cpuMs) => {
      const until = cpuMsUsed() + cpuMs;
      let count = 0;
      for (; cpuMsUsed() < until; count++) await closed(await pair(world));
      return count;
    };
    let best = 0;
    for (let looks = 0; looks < LOOKS; looks++) {
      const count = await repeat(LOOK_MS);
      if (count > BETTER * best) looks = -1;
      best = Math.max(best, count);
    }
    const start = performance.now();
    const cpu = cpuMsUsed();
    const count = await repeat(ms);
    return { perS: (count * 1e3) / (performance.now() - start), perCpuS: (count * 1e3) / (cpuMsUsed() - cpu) };
  },

  async first(world) {
    const before = cpuMsUsed();
    for (let i = 0; i < FIRST; i++) await closed(await pair(world));
    return { cpuMs: cpuMsUsed() - before };
  },

  async burst(world) {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      const before = performance.now();
      const pairs = await Promise.all(Array.from({ length: BURST }, () => pair(world)));
      best = Math.min(best, performance.now() - before);
      await Promise.all(pairs.map(closed));
    }
    return { ms: best };
  },

  async idle(world) {
    const kept = [];
    const keep = async () => {
      for (let i = 0; i < IDLE_PAIRS; i++) kept.push(await pair(world));
    };
    await keep(); // else what is compiled meanwhile counts, too
    const before = bytesInUse(world);
    await keep();
    const kb = (bytesInUse(world) - before) / 1e3 / IDLE_PAIRS;
    return { kb, pairs: kept.length };
  },
};

/** By processor time: on a busy machine nothing would be compiled yet. */
function cpuMsUsed() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

async function pair(world) {
  const connecting = world.connect();
  const ends = await Promise.all([connecting, world.accept()]);
  return ends;
}

const closed = (ends) => Promise.all(ends.map((end) => end.close()));

/** JavaScript's heap and, in the module's memory, what usrsctp holds. */
function bytesInUse(world) {
  globalThis.gc();
  return process.memoryUsage().heapUsed + (world.wasmBytes?.() ?? 0);
}

const [name, measure, bytes, ms] = process.argv.slice(2);
const [file, variant = 'memory'] = name.split('.');
const world = await (await import(`./worlds/${file}.mjs`))[variant]();
const result = measures[measure](world, Number(bytes), Number(ms));
console.log(JSON.stringify(await (world.run?.(result) ?? result)));
process.exit();
