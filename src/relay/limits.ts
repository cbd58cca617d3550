import { checkOptions } from '../arguments.js';

/** Limits of a relay. Each has a default; times are in ms. */
export interface RelayLimits {
  /** Clients at once, including those that have lost their connection and may resume. Default 1000. */
  readonly clients: number;
  /** Clients at once with the same subject in their tickets. Default 8. */
  readonly clientsPerSubject: number;
  /** Connections at once that haven't presented a ticket yet. Default 200. */
  readonly pending: number;
  /** The same, from one IP address. Default 50. */
  readonly pendingPerAddress: number;
  /** Bytes per second, including UDP and IP headers, per client and direction. Default 2,500,000. */
  readonly bytesPerSecond: number;
  /** The same for all clients together. Default 100,000,000. */
  readonly totalBytesPerSecond: number;
  /** Destinations per client at once. Default 32. */
  readonly destinations: number;
  /** Associations per client at once that the relay remembers. Default 256. */
  readonly associations: number;
  /**
   * Packets that a client may send to a destination that hasn't answered, at least 1, plus one per second. An INIT
   * counts as four packets (or as all of a limit below four), even if the destination has answered before; an answer
   * resets the count. Default 32.
   */
  readonly unanswered: number;
  /**
   * INITs to one address that may be unanswered, from all clients and sessions together, or four times as many other
   * packets; plus a tenth of that per second. At least 1, default 100.
   */
  readonly unansweredInits: number;
  /** Bytes that may be queued in a client's connection before datagrams to it are dropped. Default 262,144. */
  readonly queueBytes: number;
  /** Datagrams that may be queued in a client's UDP socket. Default 256. */
  readonly queueDatagrams: number;
  /** How long a connection may take to present its ticket. Default 5000. */
  readonly handshakeMs: number;
  /** A session ends after this time without datagrams. Default 300,000. */
  readonly idleMs: number;
  /** A session ends after this time in any case. Default 43,200,000 (12 h). */
  readonly lifeMs: number;
  /** How long a client that has lost its connection may take to resume its session. Default 30,000. */
  readonly resumptionMs: number;
  /**
   * How long the UDP port of a client that has gone isn't given to another subject, if its associations were not ended:
   * their peers go on sending to it. Default 900,000 (15 min).
   */
  readonly restMs: number;
  /**
   * The interval of the relay's WebSocket pings, and of the pings that clients are told to send. A client that sends and
   * answers nothing for three intervals is lost. Default 5000.
   */
  readonly pingMs: number;
  /** How far in the future the expiry of a ticket may be. Default 3,600,000 (1 h). */
  readonly ticketLifeMs: number;
}

/** The default limits. */
export const DEFAULT_LIMITS: RelayLimits = {
  clients: 1000,
  clientsPerSubject: 8,
  pending: 200,
  pendingPerAddress: 50,
  bytesPerSecond: 2_500_000,
  totalBytesPerSecond: 100_000_000,
  destinations: 32,
  associations: 256,
  unanswered: 32,
  unansweredInits: 100,
  queueBytes: 262_144,
  queueDatagrams: 256,
  handshakeMs: 5000,
  idleMs: 300_000,
  lifeMs: 43_200_000,
  resumptionMs: 30_000,
  restMs: 900_000,
  pingMs: 5000,
  ticketLifeMs: 3_600_000,
};

/** Numbers of packets: with less than one, no client could connect. */
const COUNTS: readonly string[] = ['associations', 'unanswered', 'unansweredInits'] satisfies (keyof RelayLimits)[];

/**
 * The limits of one of several workers. Those that the primary process keeps for all of them stay; those that each worker keeps for
 * itself are divided.
 */
export function dividedLimits(limits: RelayLimits, workers: number): RelayLimits {
  const part = (name: 'pending' | 'pendingPerAddress') => Math.ceil(limits[name] / workers);
  return {
    ...limits,
    pending: part('pending'),
    pendingPerAddress: part('pendingPerAddress'),
    totalBytesPerSecond: limits.totalBytesPerSecond / workers,
    unansweredInits: Math.max(1, limits.unansweredInits / workers),
  };
}

/** Adds the defaults. Throws TypeError that names the limit if one is unknown or invalid. */
export function parseLimits(given: Partial<RelayLimits>): RelayLimits {
  checkOptions(given, DEFAULT_LIMITS, 'relayServer: limits');
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || !(value > 0) || value > 2 ** 50) {
      throw new TypeError(`relay: the limit \`${name}\` must be a positive number`);
    }
    if (COUNTS.includes(name) && value < 1) throw new TypeError(`relay: the limit \`${name}\` must be at least 1`);
  }
  return limits;
}
