import type { WasmSource } from '../../src/bridge/module.js';
import type { Endpoint } from '../../src/index.js';
import type { RelayEndpoint } from '../../src/relay.js';

/** What a scenario is given: peers in other processes, and the wasm if the runtime can't compile it. */
export interface Setting {
  readonly wasm?: WasmSource;
  /** Two relays to an echo server. A certain message makes that server crash the first relay. */
  readonly relays?: { readonly endpoints: readonly RelayEndpoint[]; readonly server: Peer };
  /** An echo server in another process. */
  readonly echo?: Peer;
}

export interface Peer {
  readonly endpoints: readonly Endpoint[];
  readonly udpPort: number;
}

/**
 * A promise of the package, and a function that checks it: it rejects, or resolves to a value that all runtimes must
 * share.
 */
export interface Scenario {
  readonly name: string;
  run(setting: Setting): Promise<unknown>;
}

export type Result = { readonly name: string } & ({ readonly value: unknown } | { readonly error: string });

/**
 * Longer than any scenario takes on a busy machine. With this limit, a scenario that waits for ever fails by its name.
 * In an edge runtime only setTimeout starts a macrotask, so that each step of virtual time takes a real ms: 20 s for
 * the golden trace.
 */
const LIMIT_MS = 100_000;

/** Runs scenarios one by one, and prints each result as a line of JSON. */
export async function runAll(
  scenarios: readonly Scenario[],
  setting: Setting,
  print: (line: string) => void = console.log,
): Promise<void> {
  for (const { name, run } of scenarios) {
    let result: Result;
    try {
      result = { name, value: (await limited(run(setting))) ?? null };
    } catch (error) {
      result = { name, error: error instanceof Error ? `${error}\n${error.stack}` : String(error) };
    }
    print(JSON.stringify(result));
  }
}

async function limited<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
