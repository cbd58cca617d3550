import type { RelayLimits } from './limits.js';
import { type PortClaim, PortPool, type PortPoolOptions } from './port-pool.js';
import { type PortOwner, PortReservations, type SctpPorts } from './port-reservations.js';
import type { MovedSession } from './session.js';

/** A limit was reached. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
}

/** A client among all clients of a relay. */
export interface Registration {
  /** The SCTP ports that the client's associations use. */
  readonly ports: SctpPorts;
  /** UDP ports that nobody else has, one after the other: the first one that can be bound is the client's. */
  claims(preferredPort: number): Iterable<PortClaim> | AsyncIterable<PortClaim>;
  /** The client has a connection, or has lost it. */
  connected(isConnected: boolean): void;
  /** The tokens that resume the client's session now. */
  tokens(valid: readonly string[]): void;
  /** The client's session has ended. */
  unregister(): void;
}

/** A session that another process has had until now. */
export interface TakenSession {
  readonly registration: Registration;
  readonly session: MovedSession;
  /** The UDP port that the session had. */
  readonly claim: PortClaim;
}

/** What the clients of a relay compete for. With several workers, it is in the primary process. */
export interface Registry {
  /** UDP ports that aren't given to another subject, because peers may go on sending to them. */
  readonly restingPorts: number;
  /** Rejects with LimitError if there are too many clients. `evict`: the client has lost its connection, and must make room. */
  register(subject: string, evict: () => void): Registration | Promise<Registration>;
  /**
   * Takes over the session of a token from another worker, if its ticket is the same, or its subject is that of a valid ticket.
   * Resolves with `undefined` if there is none.
   */
  take(
    token: string,
    ticket: string,
    subject: string | undefined,
    evict: () => void,
  ): Promise<TakenSession | undefined>;
}

export interface RegistryOptions extends Omit<PortPoolOptions, 'restMs'> {
  readonly limits: Pick<RelayLimits, 'clients' | 'clientsPerSubject' | 'restMs'>;
}

/** The registry of all clients, in this process. */
export class LocalRegistry implements Registry {
  readonly #options: RegistryOptions;
  readonly #pool: PortPool;
  readonly #ports = new PortReservations();
  readonly #registrations = new Set<LocalRegistration>();
  readonly #bySubject = new Map<string, number>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#pool = new PortPool({ ...options, restMs: options.limits.restMs });
  }

  /** The number of clients. */
  get count(): number {
    return this.#registrations.size;
  }

  get restingPorts(): number {
    return this.#pool.resting;
  }

  register(subject: string, evict: () => void): LocalRegistration {
    const { clients, clientsPerSubject } = this.#options.limits;
    if (this.#countOf(subject) >= clientsPerSubject) this.#makeRoom((registration) => registration.subject === subject);
    if (this.#countOf(subject) >= clientsPerSubject)
      throw new LimitError(`the ticket's subject already has ${clientsPerSubject} connections`);
    if (this.count >= clients) this.#makeRoom(() => true);
    if (this.count >= clients) throw new LimitError(`the relay already has ${clients} clients`);
    const registration = new LocalRegistration(subject, {
      ports: this.#ports,
      claims: (preferredPort) => this.#pool.claims(preferredPort, subject),
      nowMs: () => this.#options.clock.now(),
      evict,
      left: () => this.#left(registration),
    });
    this.#registrations.add(registration);
    this.#bySubject.set(subject, this.#countOf(subject) + 1);
    return registration;
  }

  async take(): Promise<undefined> {}

  #left(registration: LocalRegistration): void {
    if (!this.#registrations.delete(registration)) return;
    const own = this.#countOf(registration.subject);
    if (own > 1) this.#bySubject.set(registration.subject, own - 1);
    else this.#bySubject.delete(registration.subject);
  }

  #countOf(subject: string): number {
    return this.#bySubject.get(subject) ?? 0;
  }

  /** Of the candidates that have lost their connection, evicts the one that lost it first. */
  #makeRoom(isCandidate: (registration: LocalRegistration) => boolean): void {
    const lost = [...this.#registrations].filter(
      (each) => each.lostAtMs < Number.POSITIVE_INFINITY && isCandidate(each),
    );
    const [longest] = lost.sort((a, b) => a.lostAtMs - b.lostAtMs);
    longest?.evict();
  }
}

interface RegistrationParts {
  readonly ports: PortReservations;
  claims(preferredPort: number): Iterable<PortClaim>;
  nowMs(): number;
  evict(): void;
  left(): void;
}

/** A client that is registered in this process. */
export class LocalRegistration implements Registration, PortOwner {
  readonly subject: string;
  readonly ports: PortReservations;
  readonly #parts: RegistrationParts;
  #isConnected = true;
  #lostAtMs = Number.POSITIVE_INFINITY;

  constructor(subject: string, parts: RegistrationParts) {
    this.subject = subject;
    this.ports = parts.ports;
    this.#parts = parts;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** When the connection was lost; infinite before the first one, and while there is one. */
  get lostAtMs(): number {
    return this.#lostAtMs;
  }

  claims(preferredPort: number): Iterable<PortClaim> {
    return this.#parts.claims(preferredPort);
  }

  connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#lostAtMs = isConnected ? Number.POSITIVE_INFINITY : this.#parts.nowMs();
  }

  tokens(): void {}

  /** Makes room for another client. */
  evict(): void {
    this.#parts.evict();
    this.unregister();
  }

  unregister(): void {
    this.#parts.left();
  }
}
