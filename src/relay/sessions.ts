import type { Clock } from '../clock.js';
import { openAllocation, type UdpAllocation } from './allocation.js';
import { Destinations } from './destinations.js';
import type { Metrics } from './metrics.js';
import type { RelaySettings } from './options.js';
import { Policy, parseRule, type Rule, resolveRules } from './policy.js';
import type { PortClaim } from './port-pool.js';
import { LimitError, LocalRegistry, type Registration, type Registry } from './registry.js';
import { hex, ResumptionTokens } from './resumption-tokens.js';
import { type MovedSession, Session } from './session.js';
import { SharedRate } from './shaper.js';
import { type TicketClaims, TicketError } from './ticket.js';
import { UnansweredLimit } from './unanswered-limit.js';

/** The sessions of one relay, or of one of its workers, and what they share. */
export class Sessions {
  readonly #settings: RelaySettings;
  readonly #metrics: Metrics | undefined;
  /** The tokens that resume sessions. */
  readonly tokens: ResumptionTokens<Session>;
  readonly #registry: Registry;
  readonly #unanswered: UnansweredLimit;
  readonly #totalRate: SharedRate;
  readonly #sessions = new Map<Session, Running>();
  readonly #waiting = new Set<() => void>();
  #count = 0;

  /** `registry`: that of all workers. By default, this is the relay's only process. */
  constructor(settings: RelaySettings, metrics: Metrics | undefined, registry: Registry = new LocalRegistry(settings)) {
    const { limits, random, clock } = settings;
    this.#settings = settings;
    this.#metrics = metrics;
    this.#registry = registry;
    this.tokens = new ResumptionTokens(random, (session, valid) =>
      this.#sessions.get(session)?.registration.tokens(valid),
    );
    this.#unanswered = new UnansweredLimit(limits, clock);
    this.#totalRate = new SharedRate(limits.totalBytesPerSecond, clock);
  }

  /** The number of sessions, including those being created. */
  get count(): number {
    return this.#count;
  }

  /** UDP ports that aren't given to another subject, because peers may go on sending to them. */
  get restingPorts(): number {
    return this.#registry.restingPorts;
  }

  /**
   * Creates a session for a ticket. Rejects with LimitError if there are too many sessions or no UDP address is left,
   * and with TicketError if a destination in the ticket is malformed.
   */
  async create(
    { sub, destinations, bytesPerSecond }: TicketClaims,
    wantedPort: number,
    ticket: string,
  ): Promise<Session> {
    const { limits } = this.#settings;
    const rate = Math.min(limits.bytesPerSecond, bytesPerSecond ?? Number.POSITIVE_INFINITY);
    const eviction = new Eviction();
    const session = { subject: sub, ticket, destinations, bytesPerSecond: rate, lifeMs: limits.lifeMs };
    return this.#begin(async () => {
      const registration = await this.#registry.register(sub, eviction.evict);
      return { session, registration, claims: registration.claims(wantedPort) };
    }, eviction);
  }

  /**
   * Takes over the session of a token from another worker, with its UDP port. Resolves with `undefined` if no worker has it. Rejects with
   * LimitError if its port can't be bound here.
   */
  async take(token: Uint8Array, ticket: string, subject: string | undefined): Promise<Session | undefined> {
    if (token.length === 0) return undefined;
    const eviction = new Eviction();
    const taken = await this.#registry.take(hex(token), ticket, subject, eviction.evict);
    if (taken === undefined) return undefined;
    const { session, registration, claim } = taken;
    return this.#begin(() => ({ session, registration, claims: [claim] }), eviction);
  }

  /** Ends a session for another worker to go on with it. Returns `undefined` unless the ticket or the subject is the session's. */
  moveAway(registration: Registration, ticket: string, subject: string | undefined): MovedSession | undefined {
    for (const [session, running] of this.#sessions) {
      if (running.registration !== registration || (session.ticket !== ticket && session.subject !== subject)) continue;
      return { ...running.moved, lifeMs: session.moveAway() };
    }
    return undefined;
  }

  async #begin(enter: () => Entered | Promise<Entered>, eviction: Eviction): Promise<Session> {
    this.#counted(1);
    let registration: Registration | undefined;
    try {
      const entered = await enter();
      registration = entered.registration;
      const { session: moved, claims } = entered;
      const policy = await this.#policy(moved.destinations);
      const { openSocket, limits } = this.#settings;
      const allocation = await openAllocation(claims, openSocket, limits.queueDatagrams).catch((cause: unknown) => {
        throw new LimitError('no UDP address is left', { cause });
      });
      const session = this.#session(moved, policy, allocation, registration);
      eviction.session = session;
      return session;
    } catch (error) {
      registration?.unregister();
      this.#counted(-1);
      throw error;
    }
  }

  #session(moved: MovedSession, policy: Policy, allocation: UdpAllocation, registration: Registration): Session {
    const { mtu, clock, log } = this.#settings;
    const { subject, ticket, bytesPerSecond, lifeMs } = moved;
    const limits = { ...this.#settings.limits, lifeMs };
    const session: Session = new Session({
      subject,
      ticket,
      allocation,
      destinations: new Destinations(policy, limits, this.#unanswered),
      ports: registration.ports,
      limits,
      mtu,
      bytesPerSecond,
      totalRate: this.#totalRate,
      metrics: this.#metrics,
      clock,
      defer: setImmediate,
      refused: ({ address, port }, { reason, text }) => {
        log({ level: 'warn', event: 'destination', subject, destination: `${address} ${port}`, reason, text });
      },
      connected: (isConnected) => registration.connected(isConnected),
      ended: (reason) => {
        this.tokens.revoke(session);
        this.#sessions.delete(session);
        registration.unregister();
        this.#counted(-1);
        log({ level: 'info', event: 'ended', subject, reason });
      },
    });
    allocation.listen({
      arrived: (local, peer, bytes) => session.arrived(local, peer, bytes),
      unreachable: (peer) => session.unreachable(peer),
    });
    this.#sessions.set(session, { registration, moved });
    return session;
  }

  /** Tells all clients that the relay is shutting down. Sessions without a connection end at once. */
  drain(withinMs: number): void {
    for (const session of [...this.#sessions.keys()]) session.drain(withinMs);
  }

  endAll(text: string): void {
    for (const session of [...this.#sessions.keys()]) session.end('draining', text);
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

  #counted(change: number): void {
    this.#count += change;
    this.#metrics?.clients.set(this.#count);
    if (this.#count === 0) for (const done of [...this.#waiting]) done();
  }

  async #policy(destinations: readonly string[]): Promise<Policy> {
    const { allow, special, resolve } = this.#settings;
    const layers = [allow, destinations.map(ticketRule)];
    return new Policy(await Promise.all(layers.map((rules) => resolveRules(rules, resolve))), special);
  }
}

/** A session, and what it is made of. */
interface Running {
  readonly registration: Registration;
  readonly moved: MovedSession;
}

/** A session that begins. */
interface Entered {
  readonly session: MovedSession;
  readonly registration: Registration;
  readonly claims: Iterable<PortClaim> | AsyncIterable<PortClaim>;
}

/** Ends a session that has lost its connection, for another client. */
class Eviction {
  session: Session | undefined;

  readonly evict = (): void => this.session?.end('limit', 'another client needed the room');
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
