import type { Endpoint } from '../address.js';
import type { Handle } from '../bridge/instance.js';
import { type ErrorCode, SctpError } from '../errors.js';
import { AF_CONN, AF_INET, AF_INET6, SOCK_SEQPACKET, SOCK_STREAM } from '../generated/constants.js';
import { ReappliedOptions } from '../options/reapplied.js';
import { prepare, settingsOf } from '../options/settings.js';
import type { SocketConfig } from '../options/socket-options.js';
import type { Pump } from '../stack/pump.js';
import { callError } from '../stack/socket/errors.js';
import { ModuleSocket, type Owner } from '../stack/socket/module-socket.js';
import { Binding, localEndpoints } from './binding.js';
import type { StackContext } from './stack-context.js';

const DOMAINS = { any: AF_INET6, IPv6: AF_INET6, IPv4: AF_INET, conn: AF_CONN } as const;

/** Who must be there as long as a socket of the module is. */
export interface Holder {
  /** There is a socket of the module now, or none any more. */
  used(isUsed: boolean): void;
}

/** What a socket stands on: a socket of the module, which is made when it is needed, and where that is bound. */
export class LazyModuleSocket {
  readonly pump: Pump;
  readonly config: SocketConfig;
  readonly encapsulationPort: number | undefined;
  #kept: ReappliedOptions | undefined;
  readonly #owner: Owner;
  readonly #holder: Holder;
  readonly #binding: Binding;
  #moduleSocket: ModuleSocket | undefined;

  /** `handle`: of an accepted socket. */
  constructor(
    { pump, encapsulationPort }: Pick<StackContext, 'pump' | 'encapsulationPort'>,
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

  /** What was set since, for the next module socket too. */
  get kept(): ReappliedOptions {
    this.#kept ??= new ReappliedOptions();
    return this.#kept;
  }

  /** The module socket, if there is one now. */
  get moduleSocket(): ModuleSocket | undefined {
    return this.#moduleSocket;
  }

  /** The module socket, made when there is none: bound as the one before it, if that was bound by name. */
  opened(): ModuleSocket {
    if (this.#moduleSocket) return this.#moduleSocket;
    const { pump, config } = this;
    const type = config.style === 'one-to-one' ? SOCK_STREAM : SOCK_SEQPACKET;
    const handle = pump.enter(() => pump.calls.socket(DOMAINS[config.family], type));
    if (handle < 0) throw callError('socket', handle);
    pump.enter(() => prepare(pump.instance, handle as Handle, config, this.encapsulationPort));
    const moduleSocket = this.#describe(handle);
    try {
      const settings = settingsOf(config);
      if (settings.length > 0) moduleSocket.setOptions(settings);
      this.#kept?.apply(moduleSocket);
      if (this.#binding.endpoints) this.#binding.ensure(moduleSocket);
    } catch (error) {
      moduleSocket.close();
      throw error;
    }
    return this.#use(moduleSocket);
  }

  /** The module socket, bound: to all addresses and any port, where nothing else was said. */
  bound(): ModuleSocket {
    if (this.#moduleSocket && this.#binding.has(this.#moduleSocket)) return this.#moduleSocket;
    return this.pump.enter(() => {
      const moduleSocket = this.opened();
      this.#binding.ensure(moduleSocket);
      return moduleSocket;
    });
  }

  /** Where it was asked to be bound; undefined: nothing was said. */
  get endpoints(): readonly Endpoint[] | undefined {
    return this.#binding.endpoints;
  }

  /** Where it is bound. */
  get localEndpoints(): readonly Endpoint[] {
    const moduleSocket = this.#moduleSocket;
    return moduleSocket && this.#binding.has(moduleSocket) ? localEndpoints(moduleSocket) : [];
  }

  bind(endpoints: readonly Endpoint[], syscall: string): void {
    const moduleSocket = this.opened();
    if (this.#binding.has(moduleSocket)) throw error('EINVAL', syscall, 'the socket is bound already');
    try {
      this.#binding.bind(moduleSocket, endpoints);
    } catch (error) {
      this.unbind(); // it may be bound in part
      throw error;
    }
  }

  /** As if it had never been bound. */
  unbind(): void {
    if (this.#moduleSocket) this.drop(this.#moduleSocket);
    this.#binding.clear();
  }

  /** Nothing more comes. */
  end(): void {
    this.#moduleSocket?.close();
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

  /** A module socket is of no use any more. */
  drop(moduleSocket: ModuleSocket): void {
    moduleSocket.close();
    if (this.#moduleSocket !== moduleSocket) return;
    this.#moduleSocket = undefined;
    this.#holder.used(false);
  }

  #use(moduleSocket: ModuleSocket): ModuleSocket {
    this.#moduleSocket = moduleSocket;
    this.#holder.used(true);
    return moduleSocket;
  }

  #inUse(syscall: string): ModuleSocket {
    const moduleSocket = this.opened();
    if (this.#binding.has(moduleSocket)) return moduleSocket;
    throw error('EINVAL', syscall, "the socket isn't bound: use bindx");
  }

  #describe(handle: number): ModuleSocket {
    return new ModuleSocket(this.pump, handle, this.#owner, this.config.maxMessageBytes);
  }
}

function error(code: ErrorCode, syscall: string, message: string): SctpError {
  return new SctpError(code, `${syscall}: ${message}`, { syscall });
}
