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
export type RegistrationId = number;

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

/** Requests of a worker to the primary process, each with its response. */
export interface WorkerRequests {
  /** The worker's relay starts. Response: how many workers there are. */
  join(options: CommonOptions): number;
  register(request: { readonly registration: RegistrationId; readonly subject: string }): null;
  /** The first port of a client, or the next one, because the last one can't be bound. `null`: there is none. */
  port(request: { readonly registration: RegistrationId; readonly preferred: number }): GivenPort | null;
  /** Whether an SCTP port is a client's. */
  claim(request: { readonly registration: RegistrationId; readonly port: SctpPort }): boolean;
  take(request: {
    readonly registration: RegistrationId;
    readonly token: string;
    readonly ticket: string;
    readonly subject: string | null;
  }): MovedClient | null;
}

/** Notifications of a worker to the primary process. */
export interface WorkerNotifications {
  connected: { readonly registration: RegistrationId; readonly isConnected: boolean };
  tokens: { readonly registration: RegistrationId; readonly valid: readonly string[] };
  giveBack: { readonly registration: RegistrationId; readonly isResting: boolean };
  unclaim: { readonly registration: RegistrationId; readonly port: SctpPort };
  unregister: { readonly registration: RegistrationId };
  /** The relay is closed. */
  closed: null;
}

/** Requests of the primary process to a worker. */
export interface PrimaryRequests {
  /** Ends a session, so that another worker goes on with it. `null`: not with this ticket. */
  moveAway(request: {
    readonly registration: RegistrationId;
    readonly ticket: string;
    readonly subject: string | null;
  }): MovedSession | null;
  /** `null`: the worker keeps none. */
  metrics(request: null): MetricValues | null;
}

/** Notifications of the primary process to a worker. */
export interface PrimaryNotifications {
  /** A client must make room. */
  evict: { readonly registration: RegistrationId };
  /** An SCTP port is another client's now. */
  revoked: { readonly registration: RegistrationId; readonly port: SctpPort };
  drain: { readonly withinMs: number };
  close: null;
}

/** The primary process's end of the channel to a worker. */
export type ChannelToWorker = Channel<PrimaryRequests, PrimaryNotifications>;
/** What the primary process does for the messages of a worker. */
export type PrimaryHandlers = Handlers<WorkerRequests, WorkerNotifications>;
/** A worker's end of the channel to the primary process. */
export type ChannelToPrimary = Channel<WorkerRequests, WorkerNotifications>;
/** What a worker does for the messages of the primary process. */
export type WorkerHandlers = Handlers<PrimaryRequests, PrimaryNotifications>;
