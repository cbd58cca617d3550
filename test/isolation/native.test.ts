import { afterEach, describe, expect, test } from 'vitest';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { Lines } from './lines.js';
import { NativeHosts } from './native-target.js';
import { ALL_KINDS, newTally, play, told } from './scenario.js';

const FILE = 'test/isolation/native.test.ts';
/** Beyond the first 20: a refused probe of a closed window was overtaken, and its message given up. */
const FOUND = [20_232, 21_536, 24_539];
/** Built by scripts/tests.sh from the same C sources as the module. */
const BUILDS = { asan: 'the address sanitizer', invariants: 'INVARIANTS and the sanitizer for undefined behaviour' };

afterEach(() => Lines.endAll());

describe.each(Object.entries(BUILDS))('the C side under %s', (build, watcher) => {
  test(`a hostile peer on the same socket does no harm to the messages of another one, nor to memory, as ${watcher} confirms`, {
    timeout: SEEDS_LIMIT_MS,
  }, async () => {
    const tally = newTally();
    await playSeeds(FILE, 20, (seed) => play(new NativeHosts(build, seed), seed, tally), FOUND);
    console.log(told(tally));
    for (const kind of ALL_KINDS) expect(tally.packets.get(kind), kind).toBeGreaterThan(0);
  });
});
