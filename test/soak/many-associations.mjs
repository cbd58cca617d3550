import assert from 'node:assert/strict';
import { SeededRandom, scenario } from '../../dist/simulated.js';
import { opened, SERVER, sealed, twoStacks } from './stacks.mjs';

const STREAMS = 10;
const MESSAGES_EACH = 200;

/** Random traffic on that many associations at once. Each message is checked, and their order on each stream. */
export function manyAssociations(count, scale) {
  const each = Math.max(5, Math.round(MESSAGES_EACH * Math.min(1, scale * 10)));
  return scenario(
    {
      seed: 3,
      conditions: { latencyMs: 10, jitterMs: 10, loss: 0.005, duplicate: 0.005 },
      limitMs: 1e9,
      traceLength: 20,
    },
    async (network) => {
      const [client, server] = await twoStacks(network);
      const listener = server.socket({ style: 'one-to-many' });
      listener.bindx(SERVER);
      listener.listen();
      const random = new SeededRandom(3);
      const before = client.memoryInUse + server.memoryInUse;
      const pairs = [];
      for (let number = 0; number < count; number++) {
        pairs.push(await Promise.all([client.socket().connectx(SERVER), listener.accept()]));
      }
      const done = pairs.flatMap(([a, b]) => [check(b, each), check(a, each)]);
      let bytes = 0;
      for (let round = 0; round < each; round++) {
        for (const ends of pairs) {
          for (const end of ends) {
            const length = random.next() < 0.02 ? random.below(50_000) : random.below(2000);
            bytes += length;
            end
              .send(sealed(length, round), { stream: round % STREAMS, unordered: random.next() < 0.1 })
              .catch(() => {});
          }
        }
        await network.advance(50);
      }
      await Promise.all(done);
      await Promise.all(pairs.map(([a, b]) => Promise.all([a.close(), b.closed])));
      await network.advance(120_000);
      const left = client.memoryInUse + server.memoryInUse - before;
      // Tables have grown for so many associations, and don't shrink.
      assert.ok(left < 1000 * count + 100_000, `${left} bytes are left`);
      await Promise.all([client.close(), server.close()]);
      const megabytes = (bytes / 1e6).toFixed(0);
      return `${count} associations, ${2 * each * count} messages, ${megabytes} MB; ${(left / 1024).toFixed(0)} KB are left`;
    },
  );
}

/** Receives that many messages: each once, whole, and those of a stream in order unless they are unordered. */
async function check(association, count) {
  const seen = new Set();
  const last = new Array(STREAMS).fill(-1);
  for (let number = 0; number < count; number++) {
    const message = await association.receive();
    const seed = opened(message.data);
    assert.ok(!seen.has(seed), `message ${seed} came twice`);
    seen.add(seed);
    if (message.unordered) continue;
    assert.ok(seed > last[message.stream], `message ${seed} came after ${last[message.stream]}`);
    last[message.stream] = seed;
  }
}
