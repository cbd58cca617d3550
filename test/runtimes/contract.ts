import type { WasmSource } from '../../src/bridge/module.js';
import type { Endpoint } from '../../src/index.js';
import type { RelayEndpoint } from '../../src/relay.js';

/** What a runtime is given from outside: it may not compile, and the peers are elsewhere. */
export interface Place {
  readonly wasm?: WasmSource;
  /** Two relays to an echo server, which crashes the first of them when it is told so. */
  readonly relays?: { readonly endpoints: readonly RelayEndpoint[]; readonly server: Peer };
  /** An echo server of another process. */
  readonly echo?: Peer;
}

export interface Peer {
  readonly endpoints: readonly Endpoint[];
  readonly udpPort: number;
}

/** One promise of the package: a sentence, and a function that rejects or tells what every runtime must tell alike. */
export interface Scenario {
  readonly name: string;
  run(place: Place): Promise<unknown>;
}

export type Result = { readonly name: string } & ({ readonly value: unknown } | { readonly error: string });

/**
 * Longer than any scenario takes on a busy machine; who waits for ever should be named, not the whole suite. Where nothing
 * but setTimeout starts a macrotask, as on the edge, each step of virtual time takes a real ms: 20 s for the golden trace.
 */
const LIMIT_MS = 100_000;

/** Plays scenarios one by one, each time telling what came of it as a line of JSON. */
export async function play(
  scenarios: readonly Scenario[],
  place: Place,
  print: (line: string) => void = console.log,
): Promise<void> {
  for (const { name, run } of scenarios) {
    let result: Result;
    try {
      result = { name, value: (await limited(run(place))) ?? null };
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
