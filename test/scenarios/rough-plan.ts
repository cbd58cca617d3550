import type { Reliability } from '../../src/association/messages/send-options.js';
import type { Conditions } from '../../src/simulated.js';
import { Dice } from './plan.js';

/** One message. Its number is its index in the list. */
export interface RoughMessage {
  readonly length: number;
  readonly stream: number;
  readonly unordered: boolean;
  readonly reliability: Reliability | undefined;
}

/** How an association of a client ends before the next one starts. */
export type RoughEnd = 'client closes' | 'server closes' | 'client aborts' | 'server aborts' | 'client crashes';

/** One association of a client. */
export interface Life {
  /** The messages of the client and those of the server. */
  readonly there: readonly RoughMessage[];
  readonly back: readonly RoughMessage[];
  readonly end: RoughEnd;
  /** The time of an abort or a crash after the set-up, even with messages in flight; a close waits for the sends. */
  readonly endsAfterMs: number;
}

export interface RoughClient {
  readonly addresses: readonly string[];
  readonly style: 'one-to-one' | 'one-to-many';
  readonly lives: readonly Life[];
}

export interface RoughPlan {
  readonly conditions: Conditions;
  /** I-DATA (RFC 8260) at both ends. */
  readonly interleaving: boolean;
  readonly style: 'one-to-one' | 'one-to-many';
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  /** The server's pause after each received message, in ms. */
  readonly readPauseMs: number;
  readonly clients: readonly RoughClient[];
}

export const ROUGH_STREAMS = 4;

const ENDS = ['client closes', 'server closes', 'client aborts', 'server aborts', 'client crashes'] as const;

/** Up to three clients of one server that end and restart their associations during messages of up to 1 MB. */
export function roughPlanOf(seed: number | string): RoughPlan {
  const dice = new Dice(seed, 'rough');
  return {
    conditions: {
      latencyMs: dice.pick([0.125, 5, 40]),
      jitterMs: dice.pick([0, 0, 10]),
      loss: dice.pick([0, 0.01, 0.05]),
      reorder: dice.pick([0, 0, 0.05]),
      duplicate: dice.pick([0, 0, 0.05]),
    },
    interleaving: dice.chance(0.3),
    style: dice.pick(['one-to-one', 'one-to-many', 'one-to-many']),
    sendBufferBytes: dice.pick([8192, 65_536, 262_144]),
    receiveBufferBytes: dice.pick([32_768, 131_072, 262_144]),
    readPauseMs: dice.chance(0.3) ? dice.integer(1, 50) : 0,
    clients: dice.list(dice.integer(1, 3), (index) => client(dice, index)),
  };
}

function client(dice: Dice, index: number): RoughClient {
  const paths = dice.integer(1, 2);
  return {
    addresses: Array.from({ length: paths }, (_, path) => `10.0.${path + 1}.${10 + index}`),
    style: dice.pick(['one-to-one', 'one-to-many']),
    lives: dice.list(dice.integer(1, 3), () => life(dice)),
  };
}

function life(dice: Dice): Life {
  return {
    there: dice.list(dice.integer(0, 8), () => message(dice)),
    back: dice.list(dice.integer(0, 4), () => message(dice)),
    end: dice.pick(ENDS),
    endsAfterMs: dice.integer(0, dice.pick([20, 500, 5000])),
  };
}

function message(dice: Dice): RoughMessage {
  return {
    length: Math.floor(2 ** (4 + dice.next() * 16)),
    stream: dice.integer(0, ROUGH_STREAMS - 1),
    unordered: dice.chance(0.3),
    reliability: dice.chance(0.4) ? policy(dice) : undefined,
  };
}

function policy(dice: Dice): Reliability {
  return dice.chance(0.5) ? { retransmits: dice.integer(0, 2) } : { lifetimeMs: dice.integer(1, 500) };
}
