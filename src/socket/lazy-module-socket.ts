import type { Endpoint } from '../address.js';
import type { Handle } from '../bridge/instance.js';
import { type ErrorCode, SctpError } from '../errors.js';
import { AF_CONN, AF_INET, AF_INET6, SOCK_SEQPACKET, SOCK_STREAM } from '../generated/constants.js';
import { ReappliedOptions } from '../options/reapplied.js';
import { prepare, settingsOf } from '../options/settings.js';
import type { SocketConfig } from '../options/socket-options.js';
import type { Pump } from '../stack/pump.js';
import { callError } from '../stack/socket/errors.js';
import { ModuleSocket, type ModuleSocketOwner } from '../stack/socket/module-socket.js';
import { Binding, localEndpoints } from './binding.js';

const DOMAINS = { any: AF_INET6, IPv6: AF_INET6, IPv4: AF_INET, conn: AF_CONN } as const;

/** Owns the module socket, if there is one. */
export interface LazyModuleSocketOwner extends ModuleSocketOwner {
  /** The module socket has been opened or closed. */
  inUse(isInUse: boolean): void;
}

/** What the module sockets of a stack have in common. */
export interface ModuleSocketContext {
  readonly pump: Pump;
  /** The UDP port of the transport; undefined if it sends plain SCTP. */
  readonly encapsulationPort: number | undefined;
}

/**
 * The module socket of a socket. It is opened when it is needed. After the association of a one-to-one socket has ended
 * it is replaced, on demand, by a new one with the same binding and options.
 */
export class LazyModuleSocket {
  readonly pump: Pump;
  readonly config: SocketConfig;
  readonly encapsulationPort: number | undefined;
  readonly #owner: LazyModuleSocketOwner;
  readonly #binding: Binding;
  #reapplied: ReappliedOptions | undefined;
  #current: ModuleSocket | undefined;

  /** `handle`: that of an accepted or peeled-off socket. */
  constructor(context: ModuleSocketContext, config: SocketConfig, owner: LazyModuleSocketOwner, handle?: number) {
    this.pump = context.pump;
    this.config = config;
    this.encapsulationPort = context.encapsulationPort;
    this.#owner = owner;
    this.#binding = new Binding(config.family);
    if (handle !== undefined) this.#binding.inherit(this.#use(this.#moduleSocket(handle)));
  }

  /** The options that were set, which are applied to the next module socket, too. */
  get reapplied(): ReappliedOptions {
    this.#reapplied ??= new ReappliedOptions();
    return this.#reapplied;
  }

  /** The module socket, if there is one now. */
  get current(): ModuleSocket | undefined {
    return this.#current;
  }

  /** Opens a module socket if there is none. It is bound if the one before it was bound to named addresses. */
  opened(): ModuleSocket {
    if (this.#current) return this.#current;
    const { pump, config } = this;
    const type = config.style === 'one-to-one' ? SOCK_STREAM : SOCK_SEQPACKET;
    const handle = pump.enter(() => pump.calls.socket(DOMAINS[config.family], type));
    if (handle < 0) throw callError('socket', handle);
    pump.enter(() => prepare(pump.instance, handle as Handle, config, this.encapsulationPort));
    const moduleSocket = this.#moduleSocket(handle);
    try {
      const settings = settingsOf(config);
      if (settings.length > 0) moduleSocket.setOptions(settings);
      this.#reapplied?.apply(moduleSocket);
      if (this.#binding.endpoints) this.#binding.ensure(moduleSocket);
    } catch (error) {
      moduleSocket.close();
      throw error;
    }
    return this.#use(moduleSocket);
  }

  /** Opens and binds the module socket: to all addresses and any port, unless it was bound otherwise. */
  bound(): ModuleSocket {
    if (this.#current && this.#binding.has(this.#current)) return this.#current;
    return this.pump.enter(() => {
      const moduleSocket = this.opened();
      this.#binding.ensure(moduleSocket);
      return moduleSocket;
    });
  }

  /** The endpoints that `bind` was given; undefined if it wasn't called. */
  get endpoints(): readonly Endpoint[] | undefined {
    return this.#binding.endpoints;
  }

  /** The local endpoints to which the socket is bound. */
  get localEndpoints(): readonly Endpoint[] {
    const moduleSocket = this.#current;
    return moduleSocket && this.#binding.has(moduleSocket) ? localEndpoints(moduleSocket) : [];
  }

  bind(endpoints: readonly Endpoint[], syscall: string): void {
    const moduleSocket = this.opened();
    if (this.#binding.has(moduleSocket)) throw error('EINVAL', syscall, 'the socket is bound already');
    try {
      this.#binding.bind(moduleSocket, endpoints);
    } catch (error) {
      this.unbind(); // some of the endpoints may have been bound
      throw error;
    }
  }

  /** Closes the module socket and forgets the binding. */
  unbind(): void {
    if (this.#current) this.drop(this.#current);
    this.#binding.clear();
  }

  /** Closes the module socket for good. */
  end(): void {
    this.#current?.close();
    this.#owner.inUse(false);
  }

  /** Adds local addresses while the socket is in use. */
  add(endpoints: readonly Endpoint[], syscall: string): void {
    this.#binding.add(this.#boundSocket(syscall), endpoints, syscall);
  }

  /** Removes local addresses while the socket is in use. */
  remove(endpoints: readonly Endpoint[], syscall: string): void {
    this.#binding.remove(this.#boundSocket(syscall), endpoints, syscall);
  }

  /** Closes a module socket that is no longer needed. */
  drop(moduleSocket: ModuleSocket): void {
    moduleSocket.close();
    if (this.#current !== moduleSocket) return;
    this.#current = undefined;
    this.#owner.inUse(false);
  }

  #use(moduleSocket: ModuleSocket): ModuleSocket {
    this.#current = moduleSocket;
    this.#owner.inUse(true);
    return moduleSocket;
  }

  #boundSocket(syscall: string): ModuleSocket {
    const moduleSocket = this.opened();
    if (this.#binding.has(moduleSocket)) return moduleSocket;
    throw error('EINVAL', syscall, "the socket isn't bound: use bindx");
  }

  #moduleSocket(handle: number): ModuleSocket {
    return new ModuleSocket(this.pump, handle, this.#owner, this.config.maxMessageBytes);
  }
}

function error(code: ErrorCode, syscall: string, message: string): SctpError {
  return new SctpError(code, `${syscall}: ${message}`, { syscall });
}
