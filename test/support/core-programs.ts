import { expect } from 'vitest';
import type { Child } from './child.js';

/** The answer of `ordered-client.mjs` to `connect`. */
export interface Connected {
  /** How many of the new associations each worker has, by its index. */
  readonly workers: Readonly<Record<string, number>>;
  /** How many paths each of them has. */
  readonly paths: readonly number[];
  /** How many of them the server had before: the client has restarted. */
  readonly restarted: number;
}

/** The answer of `ordered-client.mjs` to `ask`. */
export interface Asked {
  /** Associations that were open before. */
  readonly open: number;
  /** Answers that weren't what was asked. */
  readonly wrong: number;
  /** Answers of another worker than before. */
  readonly moved: number;
  /** Associations that ended meanwhile. */
  readonly ended: number;
}

/** Thousands of associations take this long on a machine that does ten other things. */
const ORDER_MS = 120_000;

/** Gives an order to a program, and resolves with the next line of JSON. */
export async function order<Answer>(program: Child, text: string): Promise<Answer> {
  const answers = (output: string) => [...output.matchAll(/^(\{.*\})\n/gm)].map(([, json = '']) => json);
  const before = answers(program.output).length;
  program.write(`${text}\n`);
  const json = await program.until((output) => answers(output)[before], `it has answered '${text}'`, ORDER_MS);
  return JSON.parse(json) as Answer;
}

/** Each worker has its share of new associations, within `percent` of it. */
export function expectSpread({ workers, paths }: Connected, of: number, percent: number): void {
  const share = paths.length / of;
  for (let index = 0; index < of; index++) {
    expect(Math.abs((workers[index] ?? 0) - share), JSON.stringify(workers)).toBeLessThan((share * percent) / 100);
  }
}

/** A worker dies. All its peers are told by ABORT, so none of them is open; the others go on, and another worker takes its share. */
export async function expectOthersToLiveOn(
  server: Child,
  client: Child,
  index: number,
  { workers, paths }: Connected,
): Promise<void> {
  server.write(`kill ${index}\n`);
  await server.printed(new RegExp(`^worker ${index} has ended$`, 'm'));
  await server.printed(new RegExp(`^worker ${index} listens$`, 'm'));
  const open = paths.length - (workers[index] ?? 0);
  await expect
    .poll(() => order<Asked>(client, 'ask'), { timeout: 20_000 })
    .toEqual({ open, wrong: 0, moved: 0, ended: 0 });
  const again = await order<Connected>(client, 'connect 100');
  expect(again.workers[index]).toBeGreaterThan(0);
}
