import { expect, test } from 'vitest';
import { scenario } from '../../src/simulated.js';
import { RandomChoices } from '../scenarios/plan.js';
import { IS_SINGLE_SEED, playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { ALL_KINDS, newTally, play, summaryOf, type Tally } from './scenario.js';
import { StackHosts } from './stack-target.js';

const FILE = 'test/isolation/two-peers.test.ts';

function playInWebAssembly(seed: number, tally: Tally): Promise<void> {
  const conditions = { latencyMs: new RandomChoices(seed, 'network').pick([0.125, 1, 10]) };
  return scenario({ seed, conditions }, async (network) => play(await StackHosts.create(network), seed, tally));
}

test('a hostile peer on the same socket does no harm to another peer’s messages', {
  timeout: SEEDS_LIMIT_MS,
}, async () => {
  const tally = newTally();
  // 300114: an ASCONF with the lookup address 0.0.0.0 took a reference from the listener (late_packets.c).
  await playSeeds(FILE, 30, (seed) => playInWebAssembly(seed, tally), [300114]);
  console.log(summaryOf(tally));
  for (const kind of IS_SINGLE_SEED ? [] : ALL_KINDS) expect(tally.packets.get(kind), kind).toBeGreaterThan(0);
});
