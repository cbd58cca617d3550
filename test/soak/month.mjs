import assert from 'node:assert/strict';
import { SeededRandom, scenario } from '../../dist/simulated.js';
import { ADDRESSES, checkFlat, opened, SERVER, sealed, twoStacks } from './stacks.mjs';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const READINGS_PER_RUN = 10;
/** HEARTBEATs of both ends on both paths each half minute, their answers, delayed SACKs, and retransmissions. */
const WAKE_UPS_PER_MINUTE = 60;

/** One association for that many virtual days, with loss and paths that flap: a message a minute in each direction. */
export function month(days) {
  return scenario(
    { seed: 2, conditions: { latencyMs: 20, jitterMs: 5, loss: 0.01 }, limitMs: (days + 1) * DAY_MS, traceLength: 20 },
    async (network) => {
      const [client, server] = await twoStacks(network);
      const listener = server.socket();
      listener.bindx(SERVER);
      listener.listen();
      const [a, b] = await Promise.all([client.socket().connectx(SERVER), listener.accept()]);
      const received = [collect(a), collect(b)];
      const random = new SeededRandom(2);
      const minutes = Math.round(days * 1440);
      const readings = [];
      const sent = [0, 0];
      const counted = countWakeUps(network.clock);
      let outages = 0;
      for (let minute = 0; minute < minutes; minute++) {
        if (minute % Math.max(1, Math.floor(minutes / READINGS_PER_RUN)) === 0) {
          readings.push(client.memoryInUse + server.memoryInUse);
        }
        if (random.next() < 0.02) {
          outages++;
          const heal = network.partition(ADDRESSES.server[random.below(2)]);
          network.clock.schedule(1000 + random.below(50_000), heal);
        }
        for (const [end, association] of [a, b].entries()) {
          await association.send(sealed(1 + random.below(5000), sent[end]++), { stream: random.below(10) });
        }
        await network.advance(MINUTE_MS);
      }
      await network.advance(10 * MINUTE_MS);
      readings.push(client.memoryInUse + server.memoryInUse);
      for (const [end, count] of sent.entries()) assert.deepEqual(await missing(received[1 - end], count), []);
      const perMinute = counted() / minutes;
      assert.ok(perMinute < WAKE_UPS_PER_MINUTE, `${perMinute} timers a minute`);
      await Promise.all([a.close(), b.closed]);
      await Promise.all([client.close(), server.close()]);
      const memory = checkFlat('memory', readings);
      return `${days} days, ${sent[0] + sent[1]} messages, ${outages} outages, ${perMinute.toFixed(1)} timers a minute; ${memory}`;
    },
  );
}

/** Reads messages of an association until it ends. */
function collect(association) {
  const seen = new Set();
  (async () => {
    for await (const { data } of association) {
      const seed = opened(data);
      assert.ok(!seen.has(seed), `message ${seed} came twice`);
      seen.add(seed);
    }
  })().catch((error) => seen.add(error));
  return seen;
}

async function missing(seen, count) {
  return Array.from({ length: count }, (_, seed) => seed).filter((seed) => !seen.has(seed));
}

/** Counts the callbacks that the clock has made since. */
function countWakeUps(clock) {
  let count = 0;
  const { schedule } = clock;
  clock.schedule = (delayMs, callback, unref) =>
    schedule.call(
      clock,
      delayMs,
      () => {
        count++;
        callback();
      },
      unref,
    );
  return () => count;
}
