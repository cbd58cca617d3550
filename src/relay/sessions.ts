import type { Clock } from '../clock.js';
import { Destinations } from './destinations.js';
import type { Metrics } from './metrics.js';
import type { RelaySettings } from './options.js';
import { Policy, parseRule, type Rule, resolveRules } from './policy.js';
import { AddressPool } from './pool.js';
import { PortReservations } from './port-reservations.js';
import { ResumptionTokens } from './resumption-tokens.js';
import { Session } from './session.js';
import { SharedRate } from './shaper.js';
import { type TicketClaims, TicketError } from './ticket.js';
import { UnansweredLimit } from './unanswered-limit.js';

/** A limit was reached. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
}

/** The sessions of one relay, and what they share. */
export class Sessions {
  readonly #settings: RelaySettings;
  readonly #metrics: Metrics | undefined;
  /** The tokens that resume sessions. */
  readonly tokens: ResumptionTokens<Session>;
  readonly #pool: AddressPool;
  readonly #ports = new PortReservations();
  readonly #unanswered: UnansweredLimit;
  readonly #totalRate: SharedRate;
  readonly #sessions = new Set<Session>();
  readonly #bySubject = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(settings: RelaySettings, metrics: Metrics | undefined) {
    const { limits, addresses, ports, openSocket, random, clock } = settings;
    this.#settings = settings;
    this.#metrics = metrics;
    const { queueDatagrams, restMs } = limits;
    this.#pool = new AddressPool({ addresses, ports, restMs, queueDatagrams, openSocket, random, clock });
    this.tokens = new ResumptionTokens(random);
    this.#unanswered = new UnansweredLimit(limits, clock);
    this.#totalRate = new SharedRate(limits.totalBytesPerSecond, clock);
  }

  /** The number of sessions, including those being created. */
  get count(): number {
    return this.#count;
  }

  /** UDP ports that aren't given to another subject, because peers may go on sending to them. */
  get restingPorts(): number {
    return this.#pool.resting;
  }

  /**
   * Creates a session for a ticket. Rejects with LimitError if there are too many sessions or no UDP address is left,
   * and with TicketError if a destination in the ticket is malformed.
   */
  async create(claims: TicketClaims, wantedPort: number, ticket: string): Promise<Session> {
    this.#reserve(claims.sub);
    try {
      const policy = await this.#policy(claims);
      const allocation = await this.#pool.allocate(wantedPort, claims.sub).catch((cause: unknown) => {
        throw new LimitError('no UDP address is left', { cause });
      });
      const { limits, mtu, clock } = this.#settings;
      const session: Session = new Session({
        subject: claims.sub,
        ticket,
        allocation,
        destinations: new Destinations(policy, limits, this.#unanswered),
        ports: this.#ports,
        limits,
        mtu,
        bytesPerSecond: Math.min(limits.bytesPerSecond, claims.bytesPerSecond ?? Number.POSITIVE_INFINITY),
        totalRate: this.#totalRate,
        metrics: this.#metrics,
        clock,
        defer: setImmediate,
        refused: ({ address, port }, { reason, text }) => {
          const destination = `${address} ${port}`;
          const { sub: subject } = claims;
          this.#settings.log({ level: 'warn', event: 'destination', subject, destination, reason, text });
        },
        ended: (reason) => {
          this.tokens.revoke(session);
          this.#sessions.delete(session);
          this.#release(claims.sub);
          this.#settings.log({ level: 'info', event: 'ended', subject: claims.sub, reason });
        },
      });
      allocation.listen({
        arrived: (local, peer, bytes) => session.arrived(local, peer, bytes),
        unreachable: (peer) => session.unreachable(peer),
      });
      this.#sessions.add(session);
      return session;
    } catch (error) {
      this.#release(claims.sub);
      throw error;
    }
  }

  /** Tells all clients that the relay is shutting down. Sessions without a connection end at once. */
  drain(withinMs: number): void {
    for (const session of [...this.#sessions]) session.drain(withinMs);
  }

  endAll(text: string): void {
    for (const session of [...this.#sessions]) session.end('draining', text);
  }

  /** Resolves when there are no sessions, or after the given time. */
  async whenEmpty(withinMs: number, clock: Clock): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = clock.schedule(withinMs, done);
      this.#waiting.add(done);
    });
  }

  #reserve(subject: string): void {
    const { clients, clientsPerSubject } = this.#settings.limits;
    if (this.#countOf(subject) >= clientsPerSubject) this.#makeRoom((session) => session.subject === subject);
    if (this.#countOf(subject) >= clientsPerSubject)
      throw new LimitError(`the ticket's subject already has ${clientsPerSubject} connections`);
    if (this.#count >= clients) this.#makeRoom(() => true);
    if (this.#count >= clients) throw new LimitError(`the relay already has ${clients} clients`);
    this.#bySubject.set(subject, this.#countOf(subject) + 1);
    this.#count++;
    this.#metrics?.clients.set(this.#count);
  }

  #countOf(subject: string): number {
    return this.#bySubject.get(subject) ?? 0;
  }

  /** Ends the session that has waited for the longest time to be resumed, of some. */
  #makeRoom(isCandidate: (session: Session) => boolean): void {
    const lost = [...this.#sessions].filter((each) => each.lostAtMs < Number.POSITIVE_INFINITY && isCandidate(each));
    const [longest] = lost.sort((a, b) => a.lostAtMs - b.lostAtMs);
    longest?.end('limit', 'another client needed the room');
  }

  #release(subject: string): void {
    const own = this.#countOf(subject);
    if (own > 1) this.#bySubject.set(subject, own - 1);
    else this.#bySubject.delete(subject);
    this.#count--;
    this.#metrics?.clients.set(this.#count);
    if (this.#count === 0) for (const done of [...this.#waiting]) done();
  }

  async #policy({ destinations }: TicketClaims): Promise<Policy> {
    const { allow, special, resolve } = this.#settings;
    const layers = [allow, destinations.map(ticketRule)];
    return new Policy(await Promise.all(layers.map((rules) => resolveRules(rules, resolve))), special);
  }
}

function ticketRule(text: string): Rule {
  try {
    return parseRule(text);
  } catch (cause) {
    throw new TicketError(`the ticket's destination ${JSON.stringify(text.slice(0, 64))} is malformed`, {
      cause,
    });
  }
}
