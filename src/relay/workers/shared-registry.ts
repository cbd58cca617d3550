import type { PortClaim } from '../port-pool.js';
import { keyOf, type PortOwner, PortReservations, type SctpPort } from '../port-reservations.js';
import { type LocalPlace, LocalRegistry, type RegistryOptions } from '../registry.js';
import { Channel, type ChannelMessage } from './channel.js';
import type {
  ChannelToWorker,
  CommonOptions,
  GivenPort,
  MetricValues,
  MovedClient,
  PlaceId,
  PrimaryHandlers,
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
    places: new Map(),
    hello: (options) => this.#hello(options),
    registry: () => {
      if (this.#registry === undefined) throw new Error('relay: a worker has not said which options it has');
      return this.#registry;
    },
    addresses: () => this.#options?.addresses ?? [],
  };

  #hello(options: CommonOptions): number {
    this.#options ??= options;
    if (JSON.stringify(options) !== JSON.stringify(this.#options)) {
      throw new TypeError('relay: `addresses`, `ports` and `limits` must be the same in all workers');
    }
    this.#registry ??= new LocalRegistry({ ...options, ...this.#sources });
    return this.#of;
  }
}

/** What the registry does when a worker tells something. */
export interface WorkerEvents {
  /** Its relay has started. */
  started(): void;
  closed(): void;
}

interface SharedParts {
  readonly tokens: Map<string, SharedPlace>;
  readonly ports: PortReservations;
  /** By the owners of SCTP ports. */
  readonly places: Map<PortOwner | undefined, SharedPlace>;
  hello(options: CommonOptions): number;
  registry(): LocalRegistry;
  addresses(): CommonOptions['addresses'];
}

/** A client of a worker. */
interface SharedPlace {
  worker: RegistryWorker;
  id: PlaceId;
  readonly place: LocalPlace;
  /** What holds each SCTP port in the reservations. */
  readonly holders: Map<string, object>;
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
  readonly #places = new Map<PlaceId, SharedPlace>();
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
    this.#channel.tell('drain', { withinMs });
  }

  close(): void {
    this.#channel.tell('close', null);
  }

  /** Resolves with the values of its metrics; with `undefined` if it keeps none, or has gone. */
  async metrics(): Promise<MetricValues | undefined> {
    return (await this.#channel.ask('metrics', null).catch(() => null)) ?? undefined;
  }

  /** The worker has ended. Its clients' peers may go on sending, so the UDP ports rest. */
  gone(): void {
    this.#isGone = true;
    this.#channel.close();
    for (const shared of [...this.#places.values()]) {
      this.#giveBack(shared, true);
      this.#leave(shared);
    }
  }

  readonly #handlers: PrimaryHandlers = {
    hello: (options) => {
      const of = this.#parts.hello(options);
      this.#events.started();
      return of;
    },
    enter: ({ place: id, subject }) => {
      const place = this.#parts.registry().enter(subject, () => {
        shared.worker.#channel.tell('evict', { place: shared.id });
      });
      const holders = new Map<string, object>();
      const empty = { valid: [], next: undefined, claim: undefined, isMoving: false };
      const shared: SharedPlace = { worker: this, id, place, holders, ...empty };
      this.#places.set(id, shared);
      this.#parts.places.set(place, shared);
      return null;
    },
    port: ({ place, preferred }) => {
      const shared = this.#places.get(place);
      if (shared === undefined) return null;
      this.#giveBack(shared, false);
      shared.next ??= shared.place.claims(preferred)[Symbol.iterator]();
      const next = shared.next.next();
      if (next.done === true) return null;
      shared.claim = next.value;
      return this.#given(next.value);
    },
    giveBack: ({ place, isResting }) => {
      const shared = this.#places.get(place);
      if (shared !== undefined) this.#giveBack(shared, isResting);
    },
    connected: ({ place, isConnected }) => this.#places.get(place)?.place.connected(isConnected),
    tokens: ({ place, valid }) => {
      const shared = this.#places.get(place);
      if (shared !== undefined) this.#setTokens(shared, valid);
    },
    claim: ({ place, port }) => this.#claim(place, port),
    unclaim: ({ place, port }) => {
      const shared = this.#places.get(place);
      const holder = shared?.holders.get(keyOf(port.local, port.sctpPort, port.peer));
      if (shared === undefined || holder === undefined) return;
      shared.holders.delete(keyOf(port.local, port.sctpPort, port.peer));
      this.#parts.ports.release(holder);
    },
    leave: ({ place }) => {
      const shared = this.#places.get(place);
      if (shared !== undefined) this.#leave(shared);
    },
    take: ({ place, token, ticket, subject }) => this.#take(place, token, ticket, subject),
    closed: () => this.#events.closed(),
  };

  /** Whether an SCTP port is a client's. If it was that of a lost client of the same subject, that one's worker is told. */
  #claim(id: PlaceId, port: SctpPort): boolean {
    const shared = this.#places.get(id);
    if (shared === undefined) return false;
    const { ports } = this.#parts;
    const { local, sctpPort, peer } = port;
    const key = keyOf(local, sctpPort, peer);
    const before = ports.ownerOf(port);
    const holder = shared.holders.get(key) ?? {};
    if (!ports.reserve(shared.place, local, sctpPort, peer, holder)) return false;
    shared.holders.set(key, holder);
    const former = before === shared.place ? undefined : this.#parts.places.get(before);
    if (former !== undefined) former.worker.#channel.tell('revoked', { place: former.id, port });
    return true;
  }

  async #take(id: PlaceId, token: string, ticket: string, subject: string | null): Promise<MovedClient | null> {
    const shared = this.#parts.tokens.get(token);
    if (shared === undefined || shared.isMoving || shared.worker === this) return null;
    shared.isMoving = true;
    const { worker, id: place } = shared;
    const session = await worker.#channel.ask('moveAway', { place, ticket, subject }).catch(() => null);
    shared.isMoving = false;
    if (session === null || shared.claim === undefined) return null;
    worker.#places.delete(place);
    shared.worker = this;
    shared.id = id;
    this.#places.set(id, shared);
    this.#setTokens(shared, []);
    if (this.#isGone) this.gone();
    return { session, given: this.#given(shared.claim) };
  }

  #given({ addresses, port }: PortClaim): GivenPort {
    const all = this.#parts.addresses();
    return { addresses: addresses.map((address) => all.indexOf(address)), port };
  }

  #giveBack(shared: SharedPlace, isResting: boolean): void {
    shared.claim?.giveBack(isResting);
    shared.claim = undefined;
  }

  #setTokens(shared: SharedPlace, valid: readonly string[]): void {
    for (const token of shared.valid) this.#parts.tokens.delete(token);
    for (const token of valid) this.#parts.tokens.set(token, shared);
    shared.valid = valid;
  }

  #leave(shared: SharedPlace): void {
    this.#places.delete(shared.id);
    this.#setTokens(shared, []);
    for (const holder of shared.holders.values()) this.#parts.ports.release(holder);
    shared.holders.clear();
    this.#giveBack(shared, false);
    this.#parts.places.delete(shared.place);
    shared.place.leave();
  }
}
