import { expect } from 'vitest';

/** Which seeds are run: `SEEDS=1000` means 0 to 999, `SEEDS=5000-5999` that range, `SEED=17` that one. */
const { SEED, SEEDS } = process.env as { SEED?: string; SEEDS?: string };

/** Whether a single seed is played, which can't be expected to have everything that may happen. */
export const IS_SINGLE_SEED = SEED !== undefined;

/** So many of the usual seeds are played once more with seeds that no run has played before. */
const FRESH_SHARE = 1 / 20;

/** The time limit of a test that runs seeds, in ms: four hours if SEEDS is set. */
export const SEEDS_LIMIT_MS = SEEDS === undefined ? 600_000 : 4 * 3_600_000;

/**
 * Runs a test for each seed: the first `usual` ones, those that have `found` a fault before, and some that are different in each
 * run; or those that the environment names. The error says how to run failed seeds again. It stops after three failures.
 */
export async function playSeeds(
  file: string,
  usual: number,
  play: (seed: number) => Promise<void>,
  found: readonly number[] = [],
): Promise<void> {
  const failures: string[] = [];
  for (const seed of seedsToPlay(usual, found)) {
    try {
      await play(seed);
    } catch (error) {
      const again = `SEED=${seed} node_modules/.bin/vitest run ${file}`;
      failures.push(`seed ${seed} (${again}): ${(error as Error).stack ?? error}`);
      if (failures.length === 3) break;
    }
  }
  expect(failures.join('\n\n')).toBe('');
}

function seedsToPlay(usual: number, found: readonly number[]): number[] {
  if (SEED !== undefined) return [Number(SEED)];
  if (SEEDS === undefined) return [...range(0, usual - 1), ...found, ...freshSeeds(usual)];
  const [first, last] = SEEDS.split('-').map(Number) as [number, number?];
  const seeds = last === undefined ? range(0, first - 1) : range(first, last);
  if (seeds.length === 0) throw new Error(`SEEDS=${SEEDS} names no seeds`);
  return seeds;
}

function freshSeeds(usual: number): number[] {
  const first = 1_000_000_000 + (Date.now() % 1_000_000_000);
  const seeds = range(first, first + Math.ceil(usual * FRESH_SHARE) - 1);
  console.log(`fresh seeds: ${seeds[0]} to ${seeds.at(-1)}`);
  return seeds;
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);
