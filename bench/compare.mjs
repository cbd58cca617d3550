// Compares checkouts of this project, each with its dist/: node bench/compare.mjs setups|bulk|roundtrip BYTES S DIR DIR…
//
// All are loaded into one process and take turns of 150 ms. A processor that changes its speed from one process to the
// next, as a virtual machine's does by half, affects all of them alike. Prints each one's rate and the median of its
// ratios to the first.
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { simulated } from './implementations/simulated.mjs';
import { connecting } from './implementations/stacks.mjs';
import { echo } from './traffic.mjs';

const TURN_MS = 150;
/** V8 optimizes the code meanwhile. */
const WARM_UP_ROUNDS = 8;
const MESSAGES_AT_ONCE = 200;

/** What a turn does with an implementation. Each returns a number per second; a higher one is better. */
const turns = {
  async setups(implementation) {
    return perSecond(async () => {
      const ends = await pair(implementation);
      await Promise.all(ends.map((end) => end.close()));
      return 1;
    });
  },

  /** Megabytes of messages one way. */
  async bulk(implementation, state) {
    if (!state.client) {
      [state.client, state.server] = await pair(implementation);
      state.server.receive(() => undefined);
    }
    return perSecond(async () => {
      await Promise.all(Array.from({ length: MESSAGES_AT_ONCE }, () => state.client.send(data)));
      return (MESSAGES_AT_ONCE * data.length) / 1e6;
    });
  },

  async roundtrip(implementation, state) {
    if (!state.client) {
      [state.client, state.server] = await pair(implementation);
      echo(state.server);
      state.client.receive(() => state.received());
    }
    return perSecond(async () => {
      await new Promise((resolve) => {
        state.received = resolve;
        void state.client.send(data);
      });
      return 1;
    });
  },
};

const [measure, bytes, seconds, ...folders] = process.argv.slice(2);
const data = Buffer.alloc(Number(bytes), 'usrsctp');
const compared = await Promise.all(folders.map(load));
const end = performance.now() + Number(seconds) * 1e3;
for (let round = 0; performance.now() < end; round++) {
  for (const [index] of compared.entries()) {
    const { implementation, state, rates } = compared[(index + round) % compared.length];
    const rate = turns[measure](implementation, state);
    const measured = await (implementation.run?.(rate) ?? rate);
    if (round >= WARM_UP_ROUNDS) rates.push(measured);
  }
}
const [first] = compared;
for (const { folder, rates } of compared) {
  const ratio = median(rates.map((rate, round) => rate / first.rates[round]));
  console.log(`${folder}: ${median(rates).toFixed(1)} per second, × ${ratio.toFixed(3)}`);
}
process.exit();

async function load(folder) {
  const entry = (name) => import(pathToFileURL(`${folder}/dist/${name}.js`).href);
  const [{ Stack }, { Network }] = await Promise.all([entry('index'), entry('simulated')]);
  const { clock, hosts, run } = simulated(Network);
  const stacks = await Promise.all(hosts.map(({ transport }) => Stack.create({ transport, clock })));
  const implementation = { ...connecting(...stacks, hosts[1].addresses[0]), run };
  return { folder, implementation, state: {}, rates: [] };
}

function pair(implementation) {
  return Promise.all([implementation.connect(), implementation.accept()]);
}

/** Repeats a step for the length of a turn. The step returns how much it has done. */
async function perSecond(step) {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < TURN_MS) done += await step();
  return (done * 1e3) / (performance.now() - start);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
