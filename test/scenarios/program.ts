import type { Reliability } from '../../src/association/messages/send-options.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import type { Conditions } from '../../src/simulated.js';
import { Dice } from './plan.js';

/** How a message is sent: by the association, by its stream, or by the WritableStream of either. */
export type Way = 'association' | 'stream' | 'writable' | 'stream writable';

export interface SendStep {
  readonly kind: 'send';
  readonly way: Way;
  readonly length: number;
  readonly stream: number;
  readonly unordered: boolean;
  readonly reliability: Reliability | undefined;
}

/** A receive call, for one stream (`stream`) or for any, which may be given up after a while. */
export interface ReceiveStep {
  readonly kind: 'receive';
  readonly way: 'receive' | 'iterator' | 'readable';
  readonly stream: number | undefined;
  readonly givesUp: 'never' | 'by time' | 'by signal' | 'by cancel' | 'by release';
  readonly afterMs: number;
}

export interface OtherStep {
  readonly kind: 'reset' | 'abort a stream’s writable' | 'close' | 'abort';
  readonly stream: number;
}

export type Step = { readonly pauseMs: number } & (SendStep | ReceiveStep | OtherStep);

/** What a listener does when it is called first. */
export interface Reaction {
  readonly event: 'sendFailed' | 'streamReset' | 'shutdown' | 'path' | 'senderDry' | 'close';
  readonly step: SendStep | OtherStep;
}

export interface ProgramEnd {
  readonly options: SocketOptions;
  readonly steps: readonly Step[];
  readonly reactions: readonly Reaction[];
}

/** What both ends of an association do. */
export interface Program {
  readonly conditions: Conditions;
  readonly interleaving: boolean;
  readonly client: ProgramEnd;
  readonly server: ProgramEnd;
  readonly end: 'client closes' | 'server closes' | 'both close' | 'client aborts' | 'server aborts';
}

export const STREAMS = 8;
/** Streams that only a writable writes to, because it sends in its own order. */
const BY_WRITABLE = { writable: 6, 'stream writable': 7 } as const;

const LENGTHS = [
  4, 60, 100, 1000, 1412, 1416, 1428, 1432, 1452, 2900, 4096, 8191, 8192, 16_385, 65_535, 65_536, 65_537,
];
const EVENTS = ['sendFailed', 'streamReset', 'shutdown', 'path', 'senderDry', 'close'] as const;
const ENDS = ['client closes', 'server closes', 'both close', 'client aborts', 'server aborts'] as const;

/** The program of a seed. */
export function programOf(seed: number | string): Program {
  const dice = new Dice(seed, 'program');
  const interleaving = dice.chance(0.25);
  return {
    conditions: {
      latencyMs: dice.pick([0.1, 5, 40]),
      jitterMs: dice.pick([0, 0, 10]),
      loss: dice.pick([0, 0, 0.02]),
      duplicate: dice.pick([0, 0, 0.02]),
    },
    interleaving,
    client: end(dice),
    server: end(dice),
    end: dice.pick(ENDS),
  };
}

function end(dice: Dice): ProgramEnd {
  return {
    options: {
      style: dice.pick(['one-to-one', 'one-to-many']),
      streams: { outbound: STREAMS },
      ...(dice.chance(0.6) && { sendBufferBytes: dice.pick([4096, 16_384, 65_536]) }),
      ...(dice.chance(0.6) && { receiveBufferBytes: dice.pick([8192, 32_768, 100_000]) }),
      ...(dice.chance(0.5) && { readAheadBytes: dice.pick([1, 2000, 20_000]) }),
      ...(dice.chance(0.3) && { sendQueueBytes: dice.pick([20_000, 100_000]) }),
    },
    steps: dice.list(dice.integer(0, 30), () => step(dice)),
    reactions: dice.list(dice.pick([0, 0, 1, 2]), () => ({
      event: dice.pick(EVENTS),
      step: dice.chance(0.7) ? send(dice) : other(dice),
    })),
  };
}

function step(dice: Dice): Step {
  const pauseMs = dice.chance(0.5) ? 0 : dice.integer(1, 200);
  const what = dice.next();
  return { pauseMs, ...(what < 0.55 ? send(dice) : what < 0.92 ? receive(dice) : other(dice)) };
}

function send(dice: Dice): SendStep {
  const way = dice.pick([
    'association',
    'association',
    'association',
    'stream',
    'writable',
    'stream writable',
  ] as const);
  const isWritable = way === 'writable' || way === 'stream writable';
  return {
    kind: 'send',
    way,
    length: dice.chance(0.7) ? dice.pick(LENGTHS) : Math.floor(4 + 2 ** (dice.next() * 17) - 1),
    stream: isWritable ? BY_WRITABLE[way] : dice.integer(0, 5),
    unordered: dice.chance(0.2),
    reliability: dice.chance(0.2) ? reliability(dice) : undefined,
  };
}

function reliability(dice: Dice): Reliability {
  const which = dice.next();
  if (which < 0.4) return { lifetimeMs: dice.pick([1, 50, 1000]) };
  return which < 0.7 ? { retransmits: dice.pick([0, 2]) } : { priority: dice.pick([1, 2, 7]) };
}

function receive(dice: Dice): ReceiveStep {
  const way = dice.pick(['receive', 'receive', 'iterator', 'readable'] as const);
  return {
    kind: 'receive',
    way,
    stream: dice.chance(0.3) ? dice.integer(0, STREAMS - 1) : undefined,
    givesUp:
      way === 'receive'
        ? dice.pick(['never', 'by time', 'by signal'])
        : way === 'readable'
          ? dice.pick(['never', 'by cancel', 'by release'])
          : dice.pick(['never', 'by cancel']),
    afterMs: dice.pick([0, 1, 40, 300]),
  };
}

function other(dice: Dice): OtherStep {
  const what = dice.next();
  const kind =
    what < 0.45 ? 'reset' : what < 0.75 ? 'abort a stream’s writable' : what < 0.9 ? 'close' : ('abort' as const);
  return { kind, stream: kind === 'reset' ? dice.integer(0, 5) : 7 };
}
