import type { RelayLimits } from '../limits.js';
import type { PoolAddress } from '../port-pool.js';
import type { SctpPort } from '../port-reservations.js';
import type { MovedSession } from '../session.js';
import type { Channel, Handlers } from './channel.js';

/** The options that must be the same in all workers. */
export interface CommonOptions {
  readonly addresses: readonly PoolAddress[];
  readonly ports: readonly [first: number, last: number];
  readonly limits: RelayLimits;
}

/** The number by which a worker refers to one of its clients. */
export type PlaceId = number;

/** A UDP port for a client: the indexes of its addresses in the options, and the port. */
export interface GivenPort {
  readonly addresses: readonly number[];
  readonly port: number;
}

/** A client that another worker goes on with. */
export interface MovedClient {
  readonly session: MovedSession;
  readonly given: GivenPort;
}

/** Values of metrics, as prom-client writes them. */
export type MetricValues = readonly object[];

/** Questions of a worker to the primary process, each with its answer. */
export interface WorkerQuestions {
  /** The worker's relay starts. Answer: how many workers there are. */
  hello(options: CommonOptions): number;
  enter(question: { readonly place: PlaceId; readonly subject: string }): null;
  /** The first port of a client, or the next one, because the last one can't be bound. `null`: there is none. */
  port(question: { readonly place: PlaceId; readonly preferred: number }): GivenPort | null;
  /** Whether an SCTP port is a client's. */
  claim(question: { readonly place: PlaceId; readonly port: SctpPort }): boolean;
  take(question: {
    readonly place: PlaceId;
    readonly token: string;
    readonly ticket: string;
    readonly subject: string | null;
  }): MovedClient | null;
}

/** What a worker tells the primary process. */
export interface WorkerNews {
  connected: { readonly place: PlaceId; readonly isConnected: boolean };
  tokens: { readonly place: PlaceId; readonly valid: readonly string[] };
  giveBack: { readonly place: PlaceId; readonly isResting: boolean };
  unclaim: { readonly place: PlaceId; readonly port: SctpPort };
  leave: { readonly place: PlaceId };
  /** The relay is closed. */
  closed: null;
}

/** Questions of the primary process to a worker. */
export interface PrimaryQuestions {
  /** Ends a session, so that another worker goes on with it. `null`: not with this ticket. */
  moveAway(question: {
    readonly place: PlaceId;
    readonly ticket: string;
    readonly subject: string | null;
  }): MovedSession | null;
  /** `null`: the worker keeps none. */
  metrics(question: null): MetricValues | null;
}

/** What the primary process tells a worker. */
export interface PrimaryNews {
  /** A client must make room. */
  evict: { readonly place: PlaceId };
  /** An SCTP port is another client's now. */
  revoked: { readonly place: PlaceId; readonly port: SctpPort };
  drain: { readonly withinMs: number };
  close: null;
}

/** The primary process's end of the channel to a worker. */
export type ChannelToWorker = Channel<PrimaryQuestions, PrimaryNews>;
/** What the primary process does with what a worker asks and tells. */
export type PrimaryHandlers = Handlers<WorkerQuestions, WorkerNews>;
/** A worker's end of the channel to the primary process. */
export type ChannelToPrimary = Channel<WorkerQuestions, WorkerNews>;
/** What a worker does with what the primary process asks and tells. */
export type WorkerHandlers = Handlers<PrimaryQuestions, PrimaryNews>;
