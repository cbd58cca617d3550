import { expect } from 'vitest';

/** `SEEDS=1000` says how many seeds are played, `SEED=17` plays one again. */
const { SEED, SEEDS } = process.env as { SEED?: string; SEEDS?: string };

/** Plays a program for each seed: as many as are usual, or as the environment says. Tells how to play those that fail. */
export async function playSeeds(
  file: string,
  usual: number,
  play: (seed: number) => Promise<void>,
  found: readonly number[] = [],
): Promise<void> {
  const seeds = SEED === undefined ? [...Array(Number(SEEDS ?? usual)).keys(), ...found] : [Number(SEED)];
  const failures: string[] = [];
  for (const seed of seeds) {
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
