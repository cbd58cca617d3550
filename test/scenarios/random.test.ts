import { test } from 'vitest';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { interruptedPlanOf } from './interrupted-plan.js';
import { playInterrupted } from './interrupted-play.js';
import { movingPlanOf } from './moves.js';
import { planOf } from './plan.js';
import { type Played, play } from './play.js';

const FILE = 'test/scenarios/random.test.ts';
/**
 * Seeds beyond the first thousand that found faults fixed in wasm/fixes/, as did 219; 9701: SCTP_FRAGMENT_INTERLEAVE; 31002218: no
 * probe of a closed window, because the path MTU had become smaller than the chunk that waited; 31002675: each COOKIE ACK was lost
 * for longer than the cookie was valid.
 */
const FOUND = [1589, 2439, 2993, 6879, 9701, 21_710, 31_002_218, 31_002_675];
/**
 * Seeds that found faults fixed in wasm/fixes/readded_addresses.c, as did 33, 42, 73, 216, 218, 398 and 429; 2692: T3-rtx
 * after a long round trip; 5496: an ASCONF ACK to a removed address; 103013: SHUTDOWN ACK after an ASCONF that deletes an
 * address; 110859: a restored address that the peer was never asked to add.
 */
const FOUND_MOVING = [750, 1236, 1273, 1430, 2692, 4827, 5496, 23_453, 100_529, 103_013, 110_859, 110_896, 111_066];
/**
 * 68: an abandoned message removed others, with I-DATA; 77: I-DATA filled the window; 262: a FORWARD TSN was lost; 100529:
 * messages of other associations left no buffer space to report an abandoned one; 100728, 102474: the rest of an abandoned
 * message waited for buffer space; 30019628: with I-DATA, a message in partial delivery overtook another one; 30025833: the
 * failures of two messages were reported as one; 31007479: a COOKIE ECHO arrived again after the end of its association;
 * 32034365: a FORWARD TSN for one path was discarded when a HEARTBEAT left on the other one.
 */
const FOUND_INTERRUPTED = [68, 77, 262, 100_529, 100_728, 102_474, 30_019_628, 30_025_833, 31_007_479, 32_034_365];

const OUTCOME = 'each message arrives once and in order, both ends report the end, no memory leaks';

test(`random scenarios: ${OUTCOME}`, () => playAll(1000, (seed) => play(seed, planOf(seed)), FOUND), SEEDS_LIMIT_MS);

test(
  `random scenarios that remove and add addresses: ${OUTCOME}`,
  () => playAll(500, (seed) => play(seed, movingPlanOf(seed)), FOUND_MOVING),
  SEEDS_LIMIT_MS,
);

test(
  'random scenarios with messages of up to 1 MB, policies, aborts, closes and restarts: each message arrives once, complete and in order, and each loss is reported',
  () => playAll(100, (seed) => playInterrupted(seed, interruptedPlanOf(seed)), FOUND_INTERRUPTED),
  SEEDS_LIMIT_MS,
);

async function playAll(
  usual: number,
  scenario: (seed: number) => Promise<Played>,
  found: readonly number[],
): Promise<void> {
  const startedMs = performance.now();
  const all: Played[] = [];
  try {
    await playSeeds(FILE, usual, async (seed) => void all.push(await scenario(seed)), found);
  } finally {
    const sum = (what: keyof Played) => all.reduce((total, played) => total + played[what], 0);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(
      `${all.length} seeds in ${seconds} s: ${sum('messages')} messages, ${sum('packets')} packets, ` +
        `${(sum('virtualMs') / 3_600_000).toFixed(1)} virtual hours`,
    );
  }
}
