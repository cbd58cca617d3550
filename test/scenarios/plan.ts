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
  const dice = new Dice(seed, 'plan');
  const families = new Dice(seed, 'families'); // separate, so that the scenarios of known seeds don't change
  const paths = dice.integer(1, 4);
  const isIpv6 = dice.chance(0.2);
  const isMixed = families.chance(0.2);
  const subnets = families.list(5, (path) =>
    (isMixed ? families.chance(0.5) : isIpv6) ? `fd00:${path}::` : `10.0.${path}.`,
  );
  return {
    preset: dice.pick(['rfc9260', 'fast-failover']),
    encapsulationPort: dice.chance(0.3) ? 9899 : undefined,
    conditions: conditions(dice),
    paths: dice.list(paths, () => (dice.chance(0.5) ? conditions(dice) : {})),
    client: end(
      dice,
      subnets.slice(0, paths).map((subnet) => `${subnet}1`),
      false,
    ),
    server: end(
      dice,
      subnets.slice(0, Math.max(1, paths + dice.integer(-1, 1))).map((subnet) => `${subnet}2`),
      true,
    ),
    faults: dice.list(dice.integer(0, 4), () => fault(dice)),
    moves: [],
    end: dice.pick(ENDS),
  };
}

function end(dice: Dice, addresses: readonly string[], isBound: boolean): PlannedEnd {
  return {
    addresses,
    isBound,
    style: dice.pick(['one-to-one', 'one-to-many']),
    sendBufferBytes: dice.pick([8192, 65_536, 262_144]),
    receiveBufferBytes: dice.pick([16_384, 65_536, 262_144]),
    noDelay: dice.chance(0.7),
    messages: dice.list(dice.integer(0, 40), () => message(dice)),
    readPauseMs: dice.chance(0.2) ? dice.integer(1, 100) : 0,
  };
}

function message(dice: Dice): PlannedMessage {
  return {
    pauseMs: dice.chance(0.3) ? dice.integer(0, 500) : 0,
    length: Math.floor(4 + 2 ** (dice.next() * 16) - 1),
    stream: dice.integer(0, STREAMS - 1),
    unordered: dice.chance(0.25),
  };
}

function fault(dice: Dice): Fault {
  return {
    kind: dice.pick(FAULTS),
    startMs: dice.integer(0, 5000),
    durationMs: dice.pick([10, 300, 2000, 20_000]) * (0.5 + dice.next()),
    address: dice.integer(0, 3),
    isServer: dice.chance(0.5),
  };
}

function conditions(dice: Dice): Conditions {
  return {
    latencyMs: dice.pick([0.125, 5, 50]) * (0.5 + dice.next()),
    jitterMs: dice.chance(0.5) ? dice.integer(1, 30) : 0,
    loss: dice.chance(0.2) ? { goodToBad: 0.01, badToGood: 0.2 } : dice.pick([0, 0.01, 0.1]),
    duplicate: dice.pick([0, 0, 0.05]),
    reorder: dice.pick([0, 0, 0.05]),
    corrupt: dice.pick([0, 0, 0.02]),
    ...(dice.chance(0.3) && { rateBps: dice.pick([2e6, 2e7]), queueBytes: 65_536 }),
  };
}

/** Random choices of a scenario, all from its seed. */
export class Dice {
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
