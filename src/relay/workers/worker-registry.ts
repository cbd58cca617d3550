import type { PoolAddress, PortClaim } from '../port-pool.js';
import { LimitError, type Place, type Registry, type TakenSession } from '../registry.js';
import type { MovedSession } from '../session.js';
import { Channel, type ChannelMessage } from './channel.js';
import type {
  ChannelToPrimary,
  CommonOptions,
  GivenPort,
  MetricValues,
  PlaceId,
  WorkerHandlers,
  WorkerNews,
} from './messages.js';
import { SharedPorts } from './shared-ports.js';

/** The relay of a worker, as the primary process needs it. */
export interface WorkerRelay {
  /** Ends the session of a place for another worker, if its ticket is the same, or its subject. */
  moveAway(place: Place, ticket: string, subject: string | undefined): MovedSession | undefined;
  /** The values of its metrics; `undefined` if it keeps none. */
  metrics(): Promise<MetricValues | undefined>;
  drain(withinMs: number): void;
  close(): void;
}

/** The registry as a worker sees it: it asks the primary process. */
export class WorkerRegistry implements Registry {
  /** The primary process counts them. */
  readonly restingPorts = 0;
  readonly #channel: ChannelToPrimary;
  readonly #ports: SharedPorts;
  readonly #places = new Map<PlaceId, WorkerPlace>();
  #addresses: readonly PoolAddress[] = [];
  #relay: WorkerRelay | undefined;
  #lastPlace = 0;

  constructor(send: (message: ChannelMessage) => void) {
    this.#channel = new Channel(send, this.#handlers);
    this.#ports = new SharedPorts({
      claim: (place, port) => this.#channel.ask('claim', { place, port }),
      unclaim: (place, port) => this.#tell(place, 'unclaim', { place, port }),
    });
  }

  /** Called for each message of the primary process. */
  received(message: ChannelMessage): void {
    this.#channel.received(message);
  }

  /** The primary process has gone. */
  gone(): void {
    this.#channel.close();
  }

  /** The relay of this worker starts. Resolves with the number of workers. Rejects with TypeError if others have other options. */
  async start({ addresses, ports, limits }: CommonOptions): Promise<number> {
    this.#addresses = addresses;
    try {
      return await this.#channel.ask('hello', { addresses, ports, limits });
    } catch (error) {
      if (error instanceof Error && error.name === 'TypeError') throw new TypeError(error.message);
      throw error;
    }
  }

  /** From now on, the primary process can use the relay. */
  serve(relay: WorkerRelay): void {
    this.#relay = relay;
  }

  /** The relay is closed. */
  closed(): void {
    this.#channel.tell('closed', null);
  }

  async enter(subject: string, evict: () => void): Promise<Place> {
    const place = ++this.#lastPlace;
    try {
      await this.#channel.ask('enter', { place, subject });
    } catch (error) {
      if (error instanceof Error && error.name === 'LimitError') throw new LimitError(error.message);
      throw error;
    }
    return this.#place(place, evict);
  }

  async take(
    token: string,
    ticket: string,
    subject: string | undefined,
    evict: () => void,
  ): Promise<TakenSession | undefined> {
    const place = ++this.#lastPlace;
    const taken = await this.#channel.ask('take', { place, token, ticket, subject: subject ?? null });
    if (taken === null) return undefined;
    return { session: taken.session, place: this.#place(place, evict), claim: this.#portClaim(place, taken.given) };
  }

  #place(id: PlaceId, evict: () => void): WorkerPlace {
    const place: WorkerPlace = {
      evict,
      ports: this.#ports.of(id),
      claims: (preferred) => this.#claims(id, preferred),
      connected: (isConnected) => this.#tell(id, 'connected', { place: id, isConnected }),
      tokens: (valid) => this.#tell(id, 'tokens', { place: id, valid }),
      leave: () => {
        this.#tell(id, 'leave', { place: id });
        this.#places.delete(id);
      },
    };
    this.#places.set(id, place);
    return place;
  }

  async *#claims(place: PlaceId, preferred: number): AsyncIterable<PortClaim> {
    for (;;) {
      const given = await this.#channel.ask('port', { place, preferred });
      if (given === null) return;
      yield this.#portClaim(place, given);
    }
  }

  #portClaim(place: PlaceId, { addresses, port }: GivenPort): PortClaim {
    return {
      addresses: addresses.flatMap((index) => this.#addresses[index] ?? []),
      port,
      giveBack: (isResting) => this.#tell(place, 'giveBack', { place, isResting }),
    };
  }

  /** Tells something of a client, unless it is another worker's by now. */
  #tell<Name extends keyof WorkerNews>(place: PlaceId, name: Name, news: WorkerNews[Name]): void {
    if (this.#places.has(place)) this.#channel.tell(name, news);
  }

  readonly #handlers: WorkerHandlers = {
    moveAway: ({ place: id, ticket, subject }) => {
      const place = this.#places.get(id);
      if (place === undefined) return null;
      this.#places.delete(id); // What its session tells while it ends is about its next worker's place.
      const moved = this.#relay?.moveAway(place, ticket, subject ?? undefined);
      if (moved === undefined) this.#places.set(id, place);
      return moved ?? null;
    },
    metrics: async () => (await this.#relay?.metrics()) ?? null,
    evict: ({ place }) => this.#places.get(place)?.evict(),
    revoked: ({ place, port }) => this.#ports.revoked(place, port),
    drain: ({ withinMs }) => this.#relay?.drain(withinMs),
    close: () => this.#relay?.close(),
  };
}

/** A client of this worker. */
interface WorkerPlace extends Place {
  /** Its session must make room. */
  evict(): void;
}
