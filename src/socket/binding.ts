import { type Address, type AddressFamily, CONN, canonicalEnd, type Endpoint, familyOf } from '../address.js';
import { shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import { SCTP_BINDX_ADD_ADDR, SCTP_BINDX_REM_ADDR } from '../generated/constants.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { checkPort } from './connect/peers.js';

const WILDCARDS = ['::', '0.0.0.0'];

/**
 * Where a socket is bound. It outlives the socket of the module: a new one in its place is bound to the same addresses
 * and the same port.
 */
export class Binding {
  readonly #family: AddressFamily | 'any';
  #endpoints: readonly Endpoint[] | undefined;
  #moduleSocket: ModuleSocket | undefined;

  constructor(family: AddressFamily | 'any') {
    this.#family = family;
  }

  /** What was asked for, with the port that it got; undefined: nothing was. */
  get endpoints(): readonly Endpoint[] | undefined {
    return this.#endpoints;
  }

  /** Is the module socket bound, be it to whatever there is? */
  has(moduleSocket: ModuleSocket | undefined): boolean {
    return moduleSocket !== undefined && this.#moduleSocket === moduleSocket;
  }

  /** Binds a module socket that isn't bound yet. When that fails it may be bound in part, and must be closed. */
  bind(moduleSocket: ModuleSocket, endpoints: readonly Endpoint[]): void {
    this.#endpoints = bind(moduleSocket, endpoints, this.#family);
    this.#moduleSocket = moduleSocket;
  }

  /** Sees that a module socket is bound: as the one before it, or to all addresses and any port. */
  ensure(moduleSocket: ModuleSocket): void {
    if (this.has(moduleSocket)) return;
    if (this.#endpoints) bind(moduleSocket, this.#endpoints, this.#family);
    else bindAll(moduleSocket, { address: allOf(this.#family), port: 0 });
    this.#moduleSocket = moduleSocket;
  }

  /** The module socket came bound. */
  inherit(moduleSocket: ModuleSocket): void {
    this.#moduleSocket = moduleSocket;
  }

  /** The next module socket won't be bound. */
  clear(): void {
    this.#endpoints = undefined;
    this.#moduleSocket = undefined;
  }

  /** Adds addresses to a bound module socket; its associations tell their peers (RFC 5061). All of them or none. */
  add(moduleSocket: ModuleSocket, endpoints: readonly Endpoint[], syscall: string): void {
    const own = portOf(moduleSocket);
    const added: Endpoint[] = [];
    try {
      for (const { address, port } of endpoints) {
        this.#checkSpecific(address, syscall);
        const endpoint = { address, port: port === 0 ? own : port };
        moduleSocket.call(syscall, (calls, handle) => calls.bindx(handle, [endpoint], SCTP_BINDX_ADD_ADDR), endpoint);
        added.push(endpoint);
      }
    } catch (error) {
      if (added.length > 0) this.remove(moduleSocket, added, syscall);
      throw error;
    }
    if (this.#endpoints) this.#endpoints = [...this.#endpoints, ...added];
  }

  /** Takes addresses from a bound module socket; its associations tell their peers (RFC 5061). All of them or none. */
  remove(moduleSocket: ModuleSocket, endpoints: readonly Endpoint[], syscall: string): void {
    const port = portOf(moduleSocket);
    const addresses = [...new Set(endpoints.map(({ address }) => address))];
    this.#checkRemovable(moduleSocket, addresses, syscall);
    for (const address of addresses) {
      const endpoint = { address, port };
      moduleSocket.call(syscall, (calls, handle) => calls.bindx(handle, [endpoint], SCTP_BINDX_REM_ADDR), endpoint);
      this.#endpoints = this.#endpoints?.filter((each) => each.address !== address);
    }
  }

  /** usrsctp takes one address after the other, and tells peers of each: what it would refuse is refused before. */
  #checkRemovable(moduleSocket: ModuleSocket, addresses: readonly Address[], syscall: string): void {
    const local = localEndpoints(moduleSocket).map(({ address }) => address);
    // usrsctp doesn't list an address that came back while its deletion is still under way.
    const bound = new Set([...local, ...(this.#endpoints ?? []).map(({ address }) => address)]);
    for (const address of addresses) {
      this.#checkSpecific(address, syscall);
      if (!bound.has(address)) {
        throw new SctpError('EADDRNOTAVAIL', `${syscall}: the socket isn't bound to ${address}`, { syscall, address });
      }
    }
    if ([...bound].some((address) => !addresses.includes(address))) return;
    throw new SctpError('EINVAL', `${syscall}: a socket keeps one address at least`, { syscall });
  }

  #checkSpecific(address: string, syscall: string): void {
    if (WILDCARDS.includes(address)) {
      throw new SctpError('EINVAL', `${syscall}: ${address} is no single address`, { syscall, address });
    }
    const bound = this.#endpoints?.map((each) => each.address) ?? ['::'];
    if (!bound.some((each) => WILDCARDS.includes(each))) return;
    throw new SctpError('EINVAL', `${syscall}: the socket is bound to whatever addresses the stack has`, {
      syscall,
      address,
    });
  }
}

/** The addresses that a bound socket has. */
export function localEndpoints(moduleSocket: ModuleSocket, associationId = 0): Endpoint[] {
  return moduleSocket.endpoints('getladdrs', (calls, handle) => calls.getladdrs(handle, associationId));
}

export function portOf(moduleSocket: ModuleSocket): number {
  return moduleSocket.call('getsockname', (calls, handle) => calls.localPort(handle));
}

/** Local endpoints as a caller gave them, checked: canonical, with one port. */
export function checkEndpoints(list: unknown, family: AddressFamily | 'any', syscall: string): Endpoint[] {
  if (!Array.isArray(list)) throw new TypeError(`${syscall}: the endpoints must be an array of { address, port }`);
  const endpoints = (list as unknown[]).map((item) => {
    if (typeof item !== 'object' || item === null) {
      throw new TypeError(`${syscall}: an endpoint is { address, port }, not ${shown(item)}`);
    }
    const { address, port } = item as Partial<Endpoint>;
    return { address: canonicalEnd(address, syscall), port: checkPort(port, 0, syscall) };
  });
  if (endpoints.length === 0) throw new SctpError('EINVAL', `${syscall}: give at least one address`, { syscall });
  const ports = new Set(endpoints.map(({ port }) => port));
  if (ports.size > 1) {
    throw new SctpError('EINVAL', `${syscall}: all addresses have one port, not ${[...ports].join(' and ')}`, {
      syscall,
    });
  }
  for (const endpoint of endpoints) checkFamily(endpoint, family, syscall);
  return endpoints;
}

/** Binds to endpoints with one port; returns them with the port it has got. */
export function bind(
  moduleSocket: ModuleSocket,
  list: readonly Endpoint[],
  family: AddressFamily | 'any',
): readonly Endpoint[] {
  const endpoints = checkEndpoints(list, family, 'bindx');
  const [first, ...others] = endpoints.sort((a, b) => Number(isWildcard(b)) - Number(isWildcard(a)));
  if (!first) return [];
  if (isWildcard(first) || family === 'conn') {
    bindAll(moduleSocket, { address: allOf(family), port: first.port });
    return [{ ...first, port: portOf(moduleSocket) }];
  }
  const add = (endpoint: Endpoint) =>
    moduleSocket.call('bindx', (calls, handle) => calls.bindx(handle, [endpoint], SCTP_BINDX_ADD_ADDR), endpoint);
  withFreePort(first, add);
  const port = portOf(moduleSocket);
  const rest = others.map(({ address }) => ({ address, port }));
  for (const endpoint of rest) add(endpoint);
  return [{ address: first.address, port }, ...rest];
}

function bindAll(moduleSocket: ModuleSocket, any: Endpoint): void {
  withFreePort(any, () => moduleSocket.call('bind', (calls, handle) => calls.bind(handle, any), any));
}

function allOf(family: AddressFamily | 'any'): Address {
  if (family === 'conn') return CONN;
  return family === 'IPv4' ? '0.0.0.0' : '::';
}

/** usrsctp says EADDRINUSE also when any port would do and there is none (sctp_pcb.c, sctp_inpcb_bind). */
function withFreePort(first: Endpoint, bind: (endpoint: Endpoint) => unknown): void {
  try {
    bind(first);
  } catch (error) {
    if (!(error instanceof SctpError) || error.code !== 'EADDRINUSE' || first.port !== 0) throw error;
    throw new SctpError('EAGAIN', 'bindx: no port is free: close sockets that are no longer used', {
      syscall: 'bindx',
      address: first.address,
    });
  }
}

function isWildcard({ address }: Endpoint): boolean {
  return WILDCARDS.includes(address);
}

function checkFamily({ address, port }: Endpoint, family: AddressFamily | 'any', syscall: string): void {
  if (family === 'any' || familyOf(address) === family) return;
  throw new SctpError('EAFNOSUPPORT', `${syscall}: ${address} can't be used with a socket for ${family} only`, {
    syscall,
    address,
    port,
  });
}
