/** How much a relay gives. Every one has a default; times are in ms. */
export interface RelayLimits {
  /** Clients at once, those that may still come back included. Default 1000. */
  readonly clients: number;
  /** Clients at once with the same subject in their tickets. Default 8. */
  readonly clientsPerSubject: number;
  /** Connections at once that haven't shown a ticket yet. Default 200. */
  readonly pending: number;
  /** The same, from one IP address. Default 50. */
  readonly pendingPerAddress: number;
  /** Bytes a second, UDP and IP headers included, per client and direction. Default 2,500,000. */
  readonly bytesPerSecond: number;
  /** The same for all clients together. Default 100,000,000. */
  readonly totalBytesPerSecond: number;
  /** Destinations per client that are remembered at once. Default 32. */
  readonly destinations: number;
  /**
   * Packets that a client may send to a destination which hasn't answered, at least 1; an INIT counts for four, answered or
   * not, until the next answer, or for all of them where they are fewer. One more each second. Default 32.
   */
  readonly unanswered: number;
  /**
   * INITs to one address, from all clients and sessions together, that may be unanswered, or four times as many other
   * packets; a tenth of them more each second. At least 1, default 100.
   */
  readonly unansweredInits: number;
  /** Bytes that may wait in one client's connection before datagrams for it are dropped. Default 262,144. */
  readonly queueBytes: number;
  /** Datagrams that may wait for one client's UDP socket. Default 256. */
  readonly queueDatagrams: number;
  /** How long a connection may take to show its ticket. Default 5000. */
  readonly handshakeMs: number;
  /** A session without datagrams ends after this. Default 300,000. */
  readonly idleMs: number;
  /** A session ends after this, whatever it does. Default 43,200,000 (12 h). */
  readonly lifeMs: number;
  /** How long the addresses of a lost connection are kept for it. Default 30,000. */
  readonly resumptionMs: number;
  /** How often clients are told to ping; one that is silent for three times as long is lost. Default 5000. */
  readonly pingMs: number;
  /** The furthest ahead that a ticket's expiry may be. Default 3,600,000 (1 h). */
  readonly ticketLifeMs: number;
}

/** The limits of a relay that is told none. */
export const DEFAULT_LIMITS: RelayLimits = {
  clients: 1000,
  clientsPerSubject: 8,
  pending: 200,
  pendingPerAddress: 50,
  bytesPerSecond: 2_500_000,
  totalBytesPerSecond: 100_000_000,
  destinations: 32,
  unanswered: 32,
  unansweredInits: 100,
  queueBytes: 262_144,
  queueDatagrams: 256,
  handshakeMs: 5000,
  idleMs: 300_000,
  lifeMs: 43_200_000,
  resumptionMs: 30_000,
  pingMs: 5000,
  ticketLifeMs: 3_600_000,
};

/** A rate lets this much out at once, however small it is: some packets of any size. */
export const MIN_BURST_BYTES = 65_536;
/** Counts of packets: with less than one nobody could connect. */
const COUNTS: readonly string[] = ['unanswered', 'unansweredInits'] satisfies (keyof RelayLimits)[];

/** Fills in the defaults. Throws TypeError naming the limit that is none. */
export function parseLimits(given: Partial<RelayLimits>): RelayLimits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!(name in DEFAULT_LIMITS)) throw new TypeError(`relay: there is no limit \`${name}\``);
    if (typeof value !== 'number' || !(value > 0) || value > 2 ** 50) {
      throw new TypeError(`relay: the limit \`${name}\` must be a positive number`);
    }
    if (COUNTS.includes(name) && value < 1) throw new TypeError(`relay: the limit \`${name}\` must be 1 or more`);
  }
  return limits;
}

/** A token bucket: so much at once, so much more each second. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #level: number;
  #atMs: number;

  constructor(capacity: number, perSecond: number, nowMs: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#level = capacity;
    this.#atMs = nowMs;
  }

  /** Takes tokens when there are enough; otherwise it takes none. */
  take(tokens: number, nowMs: number): boolean {
    const gained = (Math.max(0, nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#level = Math.min(this.#capacity, this.#level + gained);
    this.#atMs = nowMs;
    if (tokens > this.#level) return false;
    this.#level -= tokens;
    return true;
  }

  /** Gives tokens back. */
  give(tokens: number): void {
    this.#level = Math.min(this.#capacity, this.#level + tokens);
  }
}
