import { SeededRandom } from '../../src/simulated.js';

/** How long each fuzzer runs. `npm run fuzz` sets it. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 2);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
/** The time limit of a test that fuzzes, in ms. */
export const FUZZ_LIMIT_MS = SECONDS * 1000 + 60_000;
/** Numbers at the limits of fields. */
const INTERESTING = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 63, 64, 127, 128, 192, 193, 254, 255];
const MOST_BYTES = 4096;

/** Runs a body again and again with other random numbers. The error of a failure names the seed. */
export async function repeat(name: string, body: (seed: number) => Promise<void>): Promise<number> {
  const end = performance.now() + SECONDS * 1000;
  let executions = 0;
  do {
    const seed = SEED + executions++;
    try {
      await body(seed);
    } catch (error) {
      throw new Error(`${name}: FUZZ_SEED=${seed}: ${(error as Error).stack ?? error}`);
    }
  } while (performance.now() < end);
  report(name, executions);
  return executions;
}

/**
 * Calls a body with mutations of these inputs. What it returns describes the outcome: an input with a new outcome is
 * mutated further. An error of the body ends it, and names the input.
 */
export function fuzz(name: string, inputs: readonly Uint8Array[], body: (input: Uint8Array) => string): number {
  const random = new SeededRandom(SEED);
  const corpus = [...inputs];
  const outcomes = new Set<string>();
  const end = performance.now() + SECONDS * 1000;
  let executions = 0;
  do {
    const input = executions < inputs.length ? inputs[executions]! : mutated(corpus, random);
    executions++;
    let outcome: string;
    try {
      outcome = body(input);
    } catch (error) {
      const bytes = Buffer.from(input).toString('hex');
      throw new Error(`${name}: FUZZ_SEED=${SEED}: input ${bytes}: ${(error as Error).stack ?? error}`);
    }
    if (!outcomes.has(outcome)) {
      outcomes.add(outcome);
      corpus.push(input);
    }
  } while (performance.now() < end);
  report(name, executions, outcomes.size);
  return executions;
}

/** `scripts/fuzz.mjs` reads these lines. */
function report(name: string, executions: number, outcomes?: number): void {
  console.log(`fuzz: ${name}: ${executions} executions, ${outcomes ?? '-'} outcomes (FUZZ_SEED=${SEED})`);
}

/** One of these inputs with some random changes. */
export function mutated(corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  let bytes: Uint8Array = corpus[random.below(corpus.length)]!.slice();
  for (let changes = 1 + random.below(5); changes > 0; changes--) bytes = mutatedOnce(bytes, corpus, random);
  return bytes.subarray(0, MOST_BYTES);
}

function mutatedOnce(bytes: Uint8Array, corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length + 1);
  const size = 1 + random.below(8);
  switch (random.below(8)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.below(256);
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] = INTERESTING[random.below(INTERESTING.length)]!;
      return bytes;
    case 3:
      return bytes.subarray(0, at);
    case 4: // removes some bytes
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + size)]);
    case 5: // adds random ones
      return Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(size), ...bytes.subarray(at)]);
    case 6: // repeats some
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - 4 * size))]);
    default: {
      const other = corpus[random.below(corpus.length)]!;
      return Uint8Array.from([...bytes.subarray(0, at), ...other.subarray(random.below(other.length + 1))]);
    }
  }
}
