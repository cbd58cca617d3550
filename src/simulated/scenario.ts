import { checkObject, checkType } from '../arguments.js';
import { Network, type NetworkOptions } from './network.js';

/** Options of a scenario. */
export interface ScenarioOptions extends NetworkOptions {
  /** The most virtual time that it may take, in ms; 600,000 by default. */
  readonly limitMs?: number;
}

/**
 * Runs a test on a new network, and moves the network's clock until the test is done. If the test fails, the error includes
 * the seed, what was pending, and the last packets as a ladder diagram.
 *
 * ```ts
 * await scenario({ seed: 7 }, async (network) => {
 *   const client = network.host('client', ['10.0.1.1']);
 *   // … await anything here; `await network.advance(1000)` waits for one virtual second
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

/** Runs a body on a network and moves its clock until the body is done, for at most `limitMs`. Errors include the network's description. */
export function drive<Value, Net extends Network>(
  network: Net,
  body: (network: Net) => Promise<Value>,
  limitMs?: number,
): Promise<Value> {
  checkType(body, 'function', 'the body', 'scenario');
  return network.runUntil(bodyWithDescription(network, body), limitMs);
}

async function bodyWithDescription<Value, Net extends Network>(
  network: Net,
  body: (network: Net) => Promise<Value>,
): Promise<Value> {
  try {
    return await body(network);
  } catch (error) {
    throw withDescription(error, network.describe());
  }
}

/** The same error with a longer message, so that it keeps its class, code and diff; a new one if the message can't be set. */
function withDescription(error: unknown, description: string): unknown {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes(description)) return error;
  const message = `${text}\n\n${description}`;
  if (error instanceof Error && Reflect.set(error, 'message', message)) return error;
  return new Error(message, { cause: error });
}
