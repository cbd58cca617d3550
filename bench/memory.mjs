// Measures an implementation with both ends in one thread:
//   node bench/memory.mjs IMPLEMENTATION[.VARIANT] bulk|roundtrip|setups|first|burst|idle BYTES MS
import { performance } from 'node:perf_hooks';
import { echo, flood, pingPong, Window } from './traffic.mjs';

const BURST = 100;
const IDLE_PAIRS = 500;
const FIRST = 1000;
/**
 * Set-ups are warm when this many samples in a row, each of this length, have been no better than the best before them.
 */
const WARM_SAMPLES = 5;
const WARM_SAMPLE_MS = 200;
const BETTER = 1.05;

const measures = {
  async bulk(implementation, bytes, ms) {
    const [client, server] = await pair(implementation);
    const window = new Window(ms);
    server.receive((data) => window.add(data.length));
    await Promise.race([flood(client, bytes, () => window.isOver), window.result]);
    return window.result;
  },

  async roundtrip(implementation, bytes, ms) {
    const [client, server] = await pair(implementation);
    echo(server);
    return pingPong(client, bytes, ms);
  },

  async setups(implementation, _bytes, ms) {
    const repeat = async (cpuMs) => {
      const until = cpuMsUsed() + cpuMs;
      let count = 0;
      for (; cpuMsUsed() < until; count++) await closed(await pair(implementation));
      return count;
    };
    let best = 0;
    for (let samples = 0; samples < WARM_SAMPLES; samples++) {
      const count = await repeat(WARM_SAMPLE_MS);
      if (count > BETTER * best) samples = -1;
      best = Math.max(best, count);
    }
    const start = performance.now();
    const cpu = cpuMsUsed();
    const count = await repeat(ms);
    return { perS: (count * 1e3) / (performance.now() - start), perCpuS: (count * 1e3) / (cpuMsUsed() - cpu) };
  },

  async first(implementation) {
    const before = cpuMsUsed();
    for (let i = 0; i < FIRST; i++) await closed(await pair(implementation));
    return { cpuMs: cpuMsUsed() - before };
  },

  async burst(implementation) {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      const before = performance.now();
      const pairs = await Promise.all(Array.from({ length: BURST }, () => pair(implementation)));
      best = Math.min(best, performance.now() - before);
      await Promise.all(pairs.map(closed));
    }
    return { ms: best };
  },

  async idle(implementation) {
    const kept = [];
    const keep = async () => {
      for (let i = 0; i < IDLE_PAIRS; i++) kept.push(await pair(implementation));
    };
    await keep(); // the code that V8 compiles meanwhile must not count
    const before = bytesInUse(implementation);
    await keep();
    const kb = (bytesInUse(implementation) - before) / 1e3 / IDLE_PAIRS;
    return { kb, pairs: kept.length };
  },
};

/** Warming up goes by processor time: on a busy machine V8 would have compiled nothing after the same real time. */
function cpuMsUsed() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

async function pair(implementation) {
  const connecting = implementation.connect();
  const ends = await Promise.all([connecting, implementation.accept()]);
  return ends;
}

const closed = (ends) => Promise.all(ends.map((end) => end.close()));

/** The JavaScript heap in use, and the bytes that usrsctp holds in the module's memory. */
function bytesInUse(implementation) {
  globalThis.gc();
  return process.memoryUsage().heapUsed + (implementation.wasmBytes?.() ?? 0);
}

const [name, measure, bytes, ms] = process.argv.slice(2);
const [file, variant = 'memory'] = name.split('.');
const implementation = await (await import(`./implementations/${file}.mjs`))[variant]();
const result = measures[measure](implementation, Number(bytes), Number(ms));
console.log(JSON.stringify(await (implementation.run?.(result) ?? result)));
process.exit();
