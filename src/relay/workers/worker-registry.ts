import type { PoolAddress, PortClaim } from '../port-pool.js';
import { LimitError, type Registration, type Registry, type TakenSession } from '../registry.js';
import type { MovedSession } from '../session.js';
import { Channel, type ChannelMessage } from './channel.js';
import type {
  ChannelToPrimary,
  CommonOptions,
  GivenPort,
  MetricValues,
  RegistrationId,
  WorkerHandlers,
  WorkerNotifications,
} from './messages.js';
import { SharedPorts } from './shared-ports.js';

/** The relay of a worker, as the primary process needs it. */
export interface WorkerRelay {
  /** Ends the session of a registration for another worker, if its ticket is the same, or its subject. */
  moveAway(registration: Registration, ticket: string, subject: string | undefined): MovedSession | undefined;
  /** The values of its metrics; `undefined` if it keeps none. */
  metrics(): Promise<MetricValues | undefined>;
  drain(withinMs: number): void;
  close(): void;
}

/** The registry as a worker sees it: it sends requests to the primary process. */
export class WorkerRegistry implements Registry {
  /** The primary process counts them. */
  readonly restingPorts = 0;
  readonly #channel: ChannelToPrimary;
  readonly #ports: SharedPorts;
  readonly #registrations = new Map<RegistrationId, WorkerRegistration>();
  #addresses: readonly PoolAddress[] = [];
  #relay: WorkerRelay | undefined;
  #lastId = 0;

  constructor(send: (message: ChannelMessage) => void) {
    this.#channel = new Channel(send, this.#handlers);
    this.#ports = new SharedPorts({
      claim: (registration, port) => this.#channel.request('claim', { registration, port }),
      unclaim: (registration, port) => this.#notify(registration, 'unclaim', { registration, port }),
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
      return await this.#channel.request('join', { addresses, ports, limits });
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
    this.#channel.notify('closed', null);
  }

  async register(subject: string, evict: () => void): Promise<Registration> {
    const registration = ++this.#lastId;
    try {
      await this.#channel.request('register', { registration, subject });
    } catch (error) {
      if (error instanceof Error && error.name === 'LimitError') throw new LimitError(error.message);
      throw error;
    }
    return this.#registration(registration, evict);
  }

  async take(
    token: string,
    ticket: string,
    subject: string | undefined,
    evict: () => void,
  ): Promise<TakenSession | undefined> {
    const registration = ++this.#lastId;
    const taken = await this.#channel.request('take', { registration, token, ticket, subject: subject ?? null });
    if (taken === null) return undefined;
    return {
      session: taken.session,
      registration: this.#registration(registration, evict),
      claim: this.#portClaim(registration, taken.given),
    };
  }

  #registration(id: RegistrationId, evict: () => void): WorkerRegistration {
    const registration: WorkerRegistration = {
      evict,
      ports: this.#ports.of(id),
      claims: (preferred) => this.#claims(id, preferred),
      connected: (isConnected) => this.#notify(id, 'connected', { registration: id, isConnected }),
      tokens: (valid) => this.#notify(id, 'tokens', { registration: id, valid }),
      unregister: () => {
        this.#notify(id, 'unregister', { registration: id });
        this.#registrations.delete(id);
      },
    };
    this.#registrations.set(id, registration);
    return registration;
  }

  async *#claims(registration: RegistrationId, preferred: number): AsyncIterable<PortClaim> {
    for (;;) {
      const given = await this.#channel.request('port', { registration, preferred });
      if (given === null) return;
      yield this.#portClaim(registration, given);
    }
  }

  #portClaim(registration: RegistrationId, { addresses, port }: GivenPort): PortClaim {
    return {
      addresses: addresses.flatMap((index) => this.#addresses[index] ?? []),
      port,
      giveBack: (isResting) => this.#notify(registration, 'giveBack', { registration, isResting }),
    };
  }

  /** Notifies the primary process about a client, unless the client is another worker's by now. */
  #notify<Name extends keyof WorkerNotifications>(
    registration: RegistrationId,
    name: Name,
    value: WorkerNotifications[Name],
  ): void {
    if (this.#registrations.has(registration)) this.#channel.notify(name, value);
  }

  readonly #handlers: WorkerHandlers = {
    moveAway: ({ registration: id, ticket, subject }) => {
      const registration = this.#registrations.get(id);
      if (registration === undefined) return null;
      this.#registrations.delete(id); // Its session ends now, which must not change the registration: that is the next worker's.
      const moved = this.#relay?.moveAway(registration, ticket, subject ?? undefined);
      if (moved === undefined) this.#registrations.set(id, registration);
      return moved ?? null;
    },
    metrics: async () => (await this.#relay?.metrics()) ?? null,
    evict: ({ registration }) => this.#registrations.get(registration)?.evict(),
    revoked: ({ registration, port }) => this.#ports.revoked(registration, port),
    drain: ({ withinMs }) => this.#relay?.drain(withinMs),
    close: () => this.#relay?.close(),
  };
}

/** A client of this worker. */
interface WorkerRegistration extends Registration {
  /** Its session must make room. */
  evict(): void;
}
