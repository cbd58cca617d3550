import type { Reliability } from '../../src/association/messages/send-options.js';
import type { Conditions } from '../../src/simulated.js';
import { RandomChoices } from './plan.js';

/** One message. Its number is its index in the list. */
export interface InterruptedMessage {
  readonly length: number;
  readonly stream: number;
  readonly unordered: boolean;
  readonly reliability: Reliability | undefined;
}

/** How an association of a client ends before the next one starts. */
export type InterruptedEnd = 'client closes' | 'server closes' | 'client aborts' | 'server aborts' | 'client crashes';

/** One association of a client. */
export interface Life {
  /** The messages of the client and those of the server. */
  readonly there: readonly InterruptedMessage[];
  readonly back: readonly InterruptedMessage[];
  readonly end: InterruptedEnd;
  /** The time of an abort or a crash after the set-up, even with messages in flight; a close waits for the sends. */
  readonly endsAfterMs: number;
}

export interface InterruptedClient {
  readonly addresses: readonly string[];
  readonly style: 'one-to-one' | 'one-to-many';
  readonly lives: readonly Life[];
}

export interface InterruptedPlan {
  readonly conditions: Conditions;
  /** I-DATA (RFC 8260) at both ends. */
  readonly interleaving: boolean;
  readonly style: 'one-to-one' | 'one-to-many';
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  /** The server's pause after each received message, in ms. */
  readonly readPauseMs: number;
  readonly clients: readonly InterruptedClient[];
}

export const STREAMS = 4;

const ENDS = ['client closes', 'server closes', 'client aborts', 'server aborts', 'client crashes'] as const;

/** Up to three clients of one server that end and restart their associations during messages of up to 1 MB. */
export function interruptedPlanOf(seed: number | string): InterruptedPlan {
  const random = new RandomChoices(seed, 'rough');
  return {
    conditions: {
      latencyMs: random.pick([0.125, 5, 40]),
      jitterMs: random.pick([0, 0, 10]),
      loss: random.pick([0, 0.01, 0.05]),
      reorder: random.pick([0, 0, 0.05]),
      duplicate: random.pick([0, 0, 0.05]),
    },
    interleaving: random.chance(0.3),
    style: random.pick(['one-to-one', 'one-to-many', 'one-to-many']),
    sendBufferBytes: random.pick([8192, 65_536, 262_144]),
    receiveBufferBytes: random.pick([32_768, 131_072, 262_144]),
    readPauseMs: random.chance(0.3) ? random.integer(1, 50) : 0,
    clients: random.list(random.integer(1, 3), (index) => client(random, index)),
  };
}

function client(random: RandomChoices, index: number): InterruptedClient {
  const paths = random.integer(1, 2);
  return {
    addresses: Array.from({ length: paths }, (_, path) => `10.0.${path + 1}.${10 + index}`),
    style: random.pick(['one-to-one', 'one-to-many']),
    lives: random.list(random.integer(1, 3), () => life(random)),
  };
}

function life(random: RandomChoices): Life {
  return {
    there: random.list(random.integer(0, 8), () => message(random)),
    back: random.list(random.integer(0, 4), () => message(random)),
    end: random.pick(ENDS),
    endsAfterMs: random.integer(0, random.pick([20, 500, 5000])),
  };
}

function message(random: RandomChoices): InterruptedMessage {
  return {
    length: Math.floor(2 ** (4 + random.next() * 16)),
    stream: random.integer(0, STREAMS - 1),
    unordered: random.chance(0.3),
    reliability: random.chance(0.4) ? policy(random) : undefined,
  };
}

function policy(random: RandomChoices): Reliability {
  return random.chance(0.5) ? { retransmits: random.integer(0, 2) } : { lifetimeMs: random.integer(1, 500) };
}
