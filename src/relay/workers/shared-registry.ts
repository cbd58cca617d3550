import type { PortClaim } from '../port-pool.js';
import { keyOf, type PortOwner, PortReservations, type SctpPort } from '../port-reservations.js';
import { type LocalRegistration, LocalRegistry, type RegistryOptions } from '../registry.js';
import { Channel, type ChannelMessage } from './channel.js';
import type {
  ChannelToWorker,
  CommonOptions,
  GivenPort,
  MetricValues,
  MovedClient,
  PrimaryHandlers,
  RegistrationId,
} from './messages.js';

/** Where a shared registry gets its time and randomness from. */
export type RegistrySources = Pick<RegistryOptions, 'random' | 'clock'>;

/** The registry of all workers' clients, in the primary process. Its options are those of the worker that comes first. */
export class SharedRegistry {
  readonly #of: number;
  readonly #sources: RegistrySources;
  #options: CommonOptions | undefined;
  #registry: LocalRegistry | undefined;

  /** `of`: how many workers there are. */
  constructor(of: number, sources: RegistrySources) {
    this.#of = of;
    this.#sources = sources;
  }

  /** The clients of all workers. */
  get clients(): number {
    return this.#registry?.count ?? 0;
  }

  get restingPorts(): number {
    return this.#registry?.restingPorts ?? 0;
  }

  /** A worker that has started. `closed` is called when its relay is closed. */
  worker(send: (message: ChannelMessage) => void, events: WorkerEvents): RegistryWorker {
    return new RegistryWorker(this.#parts, send, events);
  }

  readonly #parts: SharedParts = {
    tokens: new Map(),
    ports: new PortReservations(),
    byOwner: new Map(),
    join: (options) => this.#join(options),
    registry: () => {
      if (this.#registry === undefined) throw new Error('relay: a worker has not said which options it has');
      return this.#registry;
    },
    addresses: () => this.#options?.addresses ?? [],
  };

  #join(options: CommonOptions): number {
    this.#options ??= options;
    if (JSON.stringify(options) !== JSON.stringify(this.#options)) {
      throw new TypeError('relay: `addresses`, `ports` and `limits` must be the same in all workers');
    }
    this.#registry ??= new LocalRegistry({ ...options, ...this.#sources });
    return this.#of;
  }
}

/** What the registry tells the owner of a worker. */
export interface WorkerEvents {
  /** Its relay has started. */
  started(): void;
  closed(): void;
}

interface SharedParts {
  readonly tokens: Map<string, SharedRegistration>;
  readonly ports: PortReservations;
  /** By the owners of SCTP ports. */
  readonly byOwner: Map<PortOwner | undefined, SharedRegistration>;
  join(options: CommonOptions): number;
  registry(): LocalRegistry;
  addresses(): CommonOptions['addresses'];
}

/** A client of a worker. */
interface SharedRegistration {
  worker: RegistryWorker;
  id: RegistrationId;
  readonly registration: LocalRegistration;
  /** What each SCTP port of the client is reserved for, by `keyOf`: an object that stands for its associations. */
  readonly reservations: Map<string, object>;
  valid: readonly string[];
  next: Iterator<PortClaim> | undefined;
  claim: PortClaim | undefined;
  /** Another worker is about to take it. */
  isMoving: boolean;
}

/** One worker, as the primary process sees it. */
export class RegistryWorker {
  readonly #parts: SharedParts;
  readonly #channel: ChannelToWorker;
  readonly #events: WorkerEvents;
  readonly #registrations = new Map<RegistrationId, SharedRegistration>();
  #isGone = false;

  constructor(parts: SharedParts, send: (message: ChannelMessage) => void, events: WorkerEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#channel = new Channel(send, this.#handlers);
  }

  /** Called for each message of the worker. */
  received(message: ChannelMessage): void {
    this.#channel.received(message);
  }

  drain(withinMs: number): void {
    this.#channel.notify('drain', { withinMs });
  }

  close(): void {
    this.#channel.notify('close', null);
  }

  /** Resolves with the values of its metrics; with `undefined` if it keeps none, or has gone. */
  async metrics(): Promise<MetricValues | undefined> {
    return (await this.#channel.request('metrics', null).catch(() => null)) ?? undefined;
  }

  /** The worker has ended. Its clients' peers may go on sending, so the UDP ports rest. */
  gone(): void {
    this.#isGone = true;
    this.#channel.close();
    for (const shared of [...this.#registrations.values()]) {
      this.#giveBack(shared, true);
      this.#unregister(shared);
    }
  }

  readonly #handlers: PrimaryHandlers = {
    join: (options) => {
      const of = this.#parts.join(options);
      this.#events.started();
      return of;
    },
    register: ({ registration: id, subject }) => {
      const registration = this.#parts.registry().register(subject, () => {
        shared.worker.#channel.notify('evict', { registration: shared.id });
      });
      const reservations = new Map<string, object>();
      const empty = { valid: [], next: undefined, claim: undefined, isMoving: false };
      const shared: SharedRegistration = { worker: this, id, registration, reservations, ...empty };
      this.#registrations.set(id, shared);
      this.#parts.byOwner.set(registration, shared);
      return null;
    },
    port: ({ registration, preferred }) => {
      const shared = this.#registrations.get(registration);
      if (shared === undefined) return null;
      this.#giveBack(shared, false);
      shared.next ??= shared.registration.claims(preferred)[Symbol.iterator]();
      const next = shared.next.next();
      if (next.done === true) return null;
      shared.claim = next.value;
      return this.#given(next.value);
    },
    giveBack: ({ registration, isResting }) => {
      const shared = this.#registrations.get(registration);
      if (shared !== undefined) this.#giveBack(shared, isResting);
    },
    connected: ({ registration, isConnected }) =>
      this.#registrations.get(registration)?.registration.connected(isConnected),
    tokens: ({ registration, valid }) => {
      const shared = this.#registrations.get(registration);
      if (shared !== undefined) this.#setTokens(shared, valid);
    },
    claim: ({ registration, port }) => this.#claim(registration, port),
    unclaim: ({ registration, port }) => {
      const shared = this.#registrations.get(registration);
      const reservation = shared?.reservations.get(keyOf(port.local, port.sctpPort, port.peer));
      if (shared === undefined || reservation === undefined) return;
      shared.reservations.delete(keyOf(port.local, port.sctpPort, port.peer));
      this.#parts.ports.release(reservation);
    },
    unregister: ({ registration }) => {
      const shared = this.#registrations.get(registration);
      if (shared !== undefined) this.#unregister(shared);
    },
    take: ({ registration, token, ticket, subject }) => this.#take(registration, token, ticket, subject),
    closed: () => this.#events.closed(),
  };

  /** Whether an SCTP port is a client's. If it was that of a lost client of the same subject, that one's worker is told. */
  #claim(id: RegistrationId, port: SctpPort): boolean {
    const shared = this.#registrations.get(id);
    if (shared === undefined) return false;
    const { ports } = this.#parts;
    const { local, sctpPort, peer } = port;
    const key = keyOf(local, sctpPort, peer);
    const before = ports.ownerOf(port);
    const reservation = shared.reservations.get(key) ?? {};
    if (!ports.reserve(shared.registration, local, sctpPort, peer, reservation)) return false;
    shared.reservations.set(key, reservation);
    const former = before === shared.registration ? undefined : this.#parts.byOwner.get(before);
    if (former !== undefined) former.worker.#channel.notify('revoked', { registration: former.id, port });
    return true;
  }

  async #take(id: RegistrationId, token: string, ticket: string, subject: string | null): Promise<MovedClient | null> {
    const shared = this.#parts.tokens.get(token);
    if (shared === undefined || shared.isMoving || shared.worker === this) return null;
    shared.isMoving = true;
    const { worker, id: registration } = shared;
    const session = await worker.#channel.request('moveAway', { registration, ticket, subject }).catch(() => null);
    shared.isMoving = false;
    if (session === null || shared.claim === undefined) return null;
    worker.#registrations.delete(registration);
    shared.worker = this;
    shared.id = id;
    this.#registrations.set(id, shared);
    this.#setTokens(shared, []);
    if (this.#isGone) this.gone();
    return { session, given: this.#given(shared.claim) };
  }

  #given({ addresses, port }: PortClaim): GivenPort {
    const all = this.#parts.addresses();
    return { addresses: addresses.map((address) => all.indexOf(address)), port };
  }

  #giveBack(shared: SharedRegistration, isResting: boolean): void {
    shared.claim?.giveBack(isResting);
    shared.claim = undefined;
  }

  #setTokens(shared: SharedRegistration, valid: readonly string[]): void {
    for (const token of shared.valid) this.#parts.tokens.delete(token);
    for (const token of valid) this.#parts.tokens.set(token, shared);
    shared.valid = valid;
  }

  #unregister(shared: SharedRegistration): void {
    this.#registrations.delete(shared.id);
    this.#setTokens(shared, []);
    for (const reservation of shared.reservations.values()) this.#parts.ports.release(reservation);
    shared.reservations.clear();
    this.#giveBack(shared, false);
    this.#parts.byOwner.delete(shared.registration);
    shared.registration.unregister();
  }
}
