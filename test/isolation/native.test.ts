import { afterEach, describe, expect, test } from 'vitest';
import { IS_SINGLE_SEED, playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { Lines } from './lines.js';
import { NativeHosts } from './native-target.js';
import { ALL_KINDS, newTally, play, summaryOf } from './scenario.js';

const FILE = 'test/isolation/native.test.ts';
/** Seeds beyond the first 20: a refused probe of a closed window was overtaken, and its message was abandoned. */
const FOUND = [20_232, 21_536, 24_539];
/** scripts/tests.sh builds both from the same C sources as the module. */
const BUILDS = { asan: 'the address sanitizer', invariants: 'INVARIANTS and the sanitizer for undefined behaviour' };

afterEach(() => Lines.endAll());

describe.each(Object.entries(BUILDS))('the C side under %s', (build, watcher) => {
  test(`a hostile peer on the same socket does no harm to another peer’s messages or to memory, as ${watcher} confirms`, {
    timeout: SEEDS_LIMIT_MS,
  }, async () => {
    const tally = newTally();
    await playSeeds(FILE, 20, (seed) => play(new NativeHosts(build, seed), seed, tally), FOUND);
    console.log(summaryOf(tally));
    for (const kind of IS_SINGLE_SEED ? [] : ALL_KINDS) expect(tally.packets.get(kind), kind).toBeGreaterThan(0);
  });
});
