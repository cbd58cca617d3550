import type { Reliability } from '../../src/association/messages/send-options.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import type { Conditions } from '../../src/simulated.js';
import { RandomChoices } from './plan.js';

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
  const random = new RandomChoices(seed, 'program');
  const interleaving = random.chance(0.25);
  return {
    conditions: {
      latencyMs: random.pick([0.1, 5, 40]),
      jitterMs: random.pick([0, 0, 10]),
      loss: random.pick([0, 0, 0.02]),
      duplicate: random.pick([0, 0, 0.02]),
    },
    interleaving,
    client: end(random),
    server: end(random),
    end: random.pick(ENDS),
  };
}

function end(random: RandomChoices): ProgramEnd {
  return {
    options: {
      style: random.pick(['one-to-one', 'one-to-many']),
      streams: { outbound: STREAMS },
      ...(random.chance(0.6) && { sendBufferBytes: random.pick([4096, 16_384, 65_536]) }),
      ...(random.chance(0.6) && { receiveBufferBytes: random.pick([8192, 32_768, 100_000]) }),
      ...(random.chance(0.5) && { readAheadBytes: random.pick([1, 2000, 20_000]) }),
      ...(random.chance(0.3) && { sendQueueBytes: random.pick([20_000, 100_000]) }),
    },
    steps: random.list(random.integer(0, 30), () => step(random)),
    reactions: random.list(random.pick([0, 0, 1, 2]), () => ({
      event: random.pick(EVENTS),
      step: random.chance(0.7) ? send(random) : other(random),
    })),
  };
}

function step(random: RandomChoices): Step {
  const pauseMs = random.chance(0.5) ? 0 : random.integer(1, 200);
  const what = random.next();
  return { pauseMs, ...(what < 0.55 ? send(random) : what < 0.92 ? receive(random) : other(random)) };
}

function send(random: RandomChoices): SendStep {
  const way = random.pick([
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
    length: random.chance(0.7) ? random.pick(LENGTHS) : Math.floor(4 + 2 ** (random.next() * 17) - 1),
    stream: isWritable ? BY_WRITABLE[way] : random.integer(0, 5),
    unordered: random.chance(0.2),
    reliability: random.chance(0.2) ? reliability(random) : undefined,
  };
}

function reliability(random: RandomChoices): Reliability {
  const which = random.next();
  if (which < 0.4) return { lifetimeMs: random.pick([1, 50, 1000]) };
  return which < 0.7 ? { retransmits: random.pick([0, 2]) } : { priority: random.pick([1, 2, 7]) };
}

function receive(random: RandomChoices): ReceiveStep {
  const way = random.pick(['receive', 'receive', 'iterator', 'readable'] as const);
  return {
    kind: 'receive',
    way,
    stream: random.chance(0.3) ? random.integer(0, STREAMS - 1) : undefined,
    givesUp:
      way === 'receive'
        ? random.pick(['never', 'by time', 'by signal'])
        : way === 'readable'
          ? random.pick(['never', 'by cancel', 'by release'])
          : random.pick(['never', 'by cancel']),
    afterMs: random.pick([0, 1, 40, 300]),
  };
}

function other(random: RandomChoices): OtherStep {
  const what = random.next();
  const kind =
    what < 0.45 ? 'reset' : what < 0.75 ? 'abort a stream’s writable' : what < 0.9 ? 'close' : ('abort' as const);
  return { kind, stream: kind === 'reset' ? random.integer(0, 5) : 7 };
}
