import type { Endpoint } from '../address.js';
import type { Handle } from '../bridge/instance.js';
import { type ErrorCode, SctpError } from '../errors.js';
import { AF_CONN, AF_INET, AF_INET6, SOCK_SEQPACKET, SOCK_STREAM } from '../generated/constants.js';
import type { Pump } from '../stack/pump.js';
import { Binding, localEndpoints } from './binding.js';
import { Descriptor, type Owner } from './descriptor.js';
import type { SocketConfig } from './options/config.js';
import { KeptOptions } from './options/kept.js';
import { prepare, settingsOf } from './options/settings.js';
import { callError } from './setup/failure.js';
import type { World } from './world.js';

const DOMAINS = { any: AF_INET6, IPv6: AF_INET6, IPv4: AF_INET, conn: AF_CONN } as const;

/** Who must be there as long as a socket of the module is. */
export interface Holder {
  /** There is a socket of the module now, or none any more. */
  used(isUsed: boolean): void;
}

/** What a socket stands on: a socket of the module, which is made when it is needed, and where that is bound. */
export class Ground {
  readonly pump: Pump;
  readonly config: SocketConfig;
  readonly encapsulationPort: number | undefined;
  #kept: KeptOptions | undefined;
  readonly #owner: Owner;
  readonly #holder: Holder;
  readonly #binding: Binding;
  #descriptor: Descriptor | undefined;

  /** `handle`: of an accepted socket. */
  constructor(
    { pump, encapsulationPort }: Pick<World, 'pump' | 'encapsulationPort'>,
    config: SocketConfig,
    owner: Owner,
    holder: Holder,
    handle: number | undefined,
  ) {
    this.pump = pump;
    this.config = config;
    this.encapsulationPort = encapsulationPort;
    this.#owner = owner;
    this.#holder = holder;
    this.#binding = new Binding(config.family);
    if (handle !== undefined) this.#binding.inherit(this.#use(this.#describe(handle)));
  }

  /** What was set since, for the next descriptor too. */
  get kept(): KeptOptions {
    this.#kept ??= new KeptOptions();
    return this.#kept;
  }

  /** The descriptor, if there is one now. */
  get descriptor(): Descriptor | undefined {
    return this.#descriptor;
  }

  /** The descriptor, made when there is none: bound as the one before it, if that was bound by name. */
  opened(): Descriptor {
    if (this.#descriptor) return this.#descriptor;
    const { pump, config } = this;
    const type = config.style === 'one-to-one' ? SOCK_STREAM : SOCK_SEQPACKET;
    const handle = pump.enter(() => pump.calls.socket(DOMAINS[config.family], type));
    if (handle < 0) throw callError('socket', handle);
    pump.enter(() => prepare(pump.instance, handle as Handle, config, this.encapsulationPort));
    const descriptor = this.#describe(handle);
    try {
      const settings = settingsOf(config);
      if (settings.length > 0) descriptor.setOptions(settings);
      this.#kept?.apply(descriptor);
      if (this.#binding.endpoints) this.#binding.ensure(descriptor);
    } catch (error) {
      descriptor.close();
      throw error;
    }
    return this.#use(descriptor);
  }

  /** The descriptor, bound: to all addresses and any port, where nothing else was said. */
  bound(): Descriptor {
    if (this.#descriptor && this.#binding.has(this.#descriptor)) return this.#descriptor;
    return this.pump.enter(() => {
      const descriptor = this.opened();
      this.#binding.ensure(descriptor);
      return descriptor;
    });
  }

  /** Where it was asked to be bound; undefined: nothing was said. */
  get endpoints(): readonly Endpoint[] | undefined {
    return this.#binding.endpoints;
  }

  /** Where it is bound. */
  get localEndpoints(): readonly Endpoint[] {
    const descriptor = this.#descriptor;
    return descriptor && this.#binding.has(descriptor) ? localEndpoints(descriptor) : [];
  }

  bind(endpoints: readonly Endpoint[], syscall: string): void {
    const descriptor = this.opened();
    if (this.#binding.has(descriptor)) throw error('EINVAL', syscall, 'the socket is bound already');
    try {
      this.#binding.bind(descriptor, endpoints);
    } catch (error) {
      this.unbind(); // it may be bound in part
      throw error;
    }
  }

  /** As if it had never been bound. */
  unbind(): void {
    if (this.#descriptor) this.drop(this.#descriptor);
    this.#binding.clear();
  }

  /** Nothing more comes. */
  end(): void {
    this.#descriptor?.close();
    this.#holder.used(false);
  }

  /** Adds local addresses to it while it is in use. */
  add(endpoints: readonly Endpoint[], syscall: string): void {
    this.#binding.add(this.#inUse(syscall), endpoints, syscall);
  }

  /** Takes local addresses away while it is in use. */
  remove(endpoints: readonly Endpoint[], syscall: string): void {
    this.#binding.remove(this.#inUse(syscall), endpoints, syscall);
  }

  /** A descriptor is of no use any more. */
  drop(descriptor: Descriptor): void {
    descriptor.close();
    if (this.#descriptor !== descriptor) return;
    this.#descriptor = undefined;
    this.#holder.used(false);
  }

  #use(descriptor: Descriptor): Descriptor {
    this.#descriptor = descriptor;
    this.#holder.used(true);
    return descriptor;
  }

  #inUse(syscall: string): Descriptor {
    const descriptor = this.opened();
    if (this.#binding.has(descriptor)) return descriptor;
    throw error('EINVAL', syscall, "the socket isn't bound: use bindx");
  }

  #describe(handle: number): Descriptor {
    return new Descriptor(this.pump, handle, this.#owner, this.config.maxMessageBytes);
  }
}

function error(code: ErrorCode, syscall: string, message: string): SctpError {
  return new SctpError(code, `${syscall}: ${message}`, { syscall });
}
