import type { TimerPreset } from '../../src/options/timers.js';
import type { Conditions } from '../../src/simulated.js';
import { SeededRandom } from '../../src/simulated.js';
import type { Move } from './moves.js';

/** One message of a scenario. Its number is its index in the list. */
export interface PlannedMessage {
  /** The pause before it is sent, in ms. */
  readonly pauseMs: number;
  readonly length: number;
  readonly stream: number;
  readonly unordered: boolean;
}

/** A temporary fault. */
export interface Fault {
  readonly kind: 'path cut' | 'all cut' | 'one way cut' | 'held' | 'very lossy';
  readonly startMs: number;
  readonly durationMs: number;
  /** The index of the client's address, or of the server's if `isServer`. */
  readonly address: number;
  readonly isServer: boolean;
}

/** The behaviour of one end. */
export interface PlannedEnd {
  readonly addresses: readonly string[];
  /** Whether it is bound to these addresses explicitly or to the wildcard address. */
  readonly isBound: boolean;
  readonly style: 'one-to-one' | 'one-to-many';
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  readonly noDelay: boolean;
  readonly messages: readonly PlannedMessage[];
  /** The pause after each received message, in ms. */
  readonly readPauseMs: number;
}

export interface Plan {
  readonly preset: TimerPreset;
  readonly encapsulationPort: number | undefined;
  readonly conditions: Conditions;
  /** The conditions of each path, in the order of the client's addresses. */
  readonly paths: readonly Conditions[];
  readonly client: PlannedEnd;
  readonly server: PlannedEnd;
  readonly faults: readonly Fault[];
  /** Addresses that are removed and added in addition; see moves.ts. */
  readonly moves: readonly Move[];
  readonly end: 'client closes' | 'server closes' | 'both close' | 'client aborts' | 'server aborts';
}

export const STREAMS = 10;

const FAULTS = ['path cut', 'all cut', 'one way cut', 'held', 'very lossy'] as const;
const ENDS = ['client closes', 'server closes', 'both close', 'client aborts', 'server aborts'] as const;

/** The scenario of a seed: a topology, its conditions, temporary faults, messages in both directions, and an end. */
export function planOf(seed: number | string): Plan {
  const random = new RandomChoices(seed, 'plan');
  const families = new RandomChoices(seed, 'families'); // separate, so that the scenarios of known seeds don't change
  const paths = random.integer(1, 4);
  const isIpv6 = random.chance(0.2);
  const isMixed = families.chance(0.2);
  const subnets = families.list(5, (path) =>
    (isMixed ? families.chance(0.5) : isIpv6) ? `fd00:${path}::` : `10.0.${path}.`,
  );
  return {
    preset: random.pick(['rfc9260', 'fast-failover']),
    encapsulationPort: random.chance(0.3) ? 9899 : undefined,
    conditions: conditions(random),
    paths: random.list(paths, () => (random.chance(0.5) ? conditions(random) : {})),
    client: end(
      random,
      subnets.slice(0, paths).map((subnet) => `${subnet}1`),
      false,
    ),
    server: end(
      random,
      subnets.slice(0, Math.max(1, paths + random.integer(-1, 1))).map((subnet) => `${subnet}2`),
      true,
    ),
    faults: random.list(random.integer(0, 4), () => fault(random)),
    moves: [],
    end: random.pick(ENDS),
  };
}

function end(random: RandomChoices, addresses: readonly string[], isBound: boolean): PlannedEnd {
  return {
    addresses,
    isBound,
    style: random.pick(['one-to-one', 'one-to-many']),
    sendBufferBytes: random.pick([8192, 65_536, 262_144]),
    receiveBufferBytes: random.pick([16_384, 65_536, 262_144]),
    noDelay: random.chance(0.7),
    messages: random.list(random.integer(0, 40), () => message(random)),
    readPauseMs: random.chance(0.2) ? random.integer(1, 100) : 0,
  };
}

function message(random: RandomChoices): PlannedMessage {
  return {
    pauseMs: random.chance(0.3) ? random.integer(0, 500) : 0,
    length: Math.floor(4 + 2 ** (random.next() * 16) - 1),
    stream: random.integer(0, STREAMS - 1),
    unordered: random.chance(0.25),
  };
}

function fault(random: RandomChoices): Fault {
  return {
    kind: random.pick(FAULTS),
    startMs: random.integer(0, 5000),
    durationMs: random.pick([10, 300, 2000, 20_000]) * (0.5 + random.next()),
    address: random.integer(0, 3),
    isServer: random.chance(0.5),
  };
}

function conditions(random: RandomChoices): Conditions {
  return {
    latencyMs: random.pick([0.125, 5, 50]) * (0.5 + random.next()),
    jitterMs: random.chance(0.5) ? random.integer(1, 30) : 0,
    loss: random.chance(0.2) ? { goodToBad: 0.01, badToGood: 0.2 } : random.pick([0, 0.01, 0.1]),
    duplicate: random.pick([0, 0, 0.05]),
    reorder: random.pick([0, 0, 0.05]),
    corrupt: random.pick([0, 0, 0.02]),
    ...(random.chance(0.3) && { rateBps: random.pick([2e6, 2e7]), queueBytes: 65_536 }),
  };
}

/** Random choices of a scenario, all from its seed. */
export class RandomChoices {
  readonly #random: SeededRandom;

  constructor(seed: number | string, what: string) {
    this.#random = new SeededRandom(seed).fork(what);
  }

  next(): number {
    return this.#random.next();
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** An integer from `least` to `most`, inclusive. */
  integer(least: number, most: number): number {
    return least + this.#random.below(most - least + 1);
  }

  /** An integer from 0 to below the given bound, which is 2³² at most. */
  below(limit: number): number {
    return this.#random.below(limit);
  }

  bytes(length: number): Uint8Array {
    return this.#random.bytes(length);
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.below(items.length)]!;
  }

  list<Item>(length: number, make: (index: number) => Item): Item[] {
    return Array.from({ length }, (_, index) => make(index));
  }
}
