import { checkObject, checkType } from '../arguments.js';
import { Network, type NetworkOptions } from './network.js';

/** How a scenario runs. */
export interface ScenarioOptions extends NetworkOptions {
  /** How much virtual time it may take, in ms; 600,000 by default. */
  readonly limitMs?: number;
}

/**
 * Runs a test on a network of its own, moving its clock until the test is done. When it fails, the error tells the
 * seed, what was pending, and the last packets as a ladder diagram.
 *
 * ```ts
 * await scenario({ seed: 7 }, async (network) => {
 *   const client = network.host('client', ['10.0.1.1']);
 *   // … awaits whatever it likes; `await network.advance(1000)` waits for a virtual second
 * });
 * ```
 */
export async function scenario<Value>(
  given: ScenarioOptions,
  body: (network: Network) => Promise<Value>,
): Promise<Value> {
  checkObject(given, 'the options', 'scenario');
  const { limitMs, ...options } = given;
  return drive(new Network(options), body, limitMs);
}

/** Moves a network's clock until something is done on it, for at most `limitMs`; a failure tells the whole story. */
export function drive<Value, Net extends Network>(
  network: Net,
  body: (network: Net) => Promise<Value>,
  limitMs?: number,
): Promise<Value> {
  checkType(body, 'function', 'the body', 'scenario');
  return network.runUntil(tellingOf(network, body), limitMs);
}

async function tellingOf<Value, Net extends Network>(
  network: Net,
  body: (network: Net) => Promise<Value>,
): Promise<Value> {
  try {
    return await body(network);
  } catch (error) {
    throw withStory(error, network.story());
  }
}

/** The same error with a longer message, so that its class, code and diff stay; another one where that can't be. */
function withStory(error: unknown, story: string): unknown {
  const told = error instanceof Error ? error.message : String(error);
  if (told.includes(story)) return error;
  const message = `${told}\n\n${story}`;
  if (error instanceof Error && Reflect.set(error, 'message', message)) return error;
  return new Error(message, { cause: error });
}
