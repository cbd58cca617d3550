import { type Address, type AddressFamily, CONN, canonicalEnd, type Endpoint, familyOf } from '../address.js';
import { SctpError } from '../errors.js';
import { SCTP_BINDX_ADD_ADDR, SCTP_BINDX_REM_ADDR } from '../generated/constants.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { checkFields } from './endpoint-fields.js';
import { checkPort } from './port.js';

const WILDCARDS = ['::', '0.0.0.0'];

/** The binding of a socket. It outlives the module socket: the next one is bound to the same addresses and port. */
export class Binding {
  readonly #family: AddressFamily | 'any';
  #endpoints: readonly Endpoint[] | undefined;
  #moduleSocket: ModuleSocket | undefined;

  constructor(family: AddressFamily | 'any') {
    this.#family = family;
  }

  /** The endpoints that `bind` was given, with the port that was assigned; undefined if it wasn't called. */
  get endpoints(): readonly Endpoint[] | undefined {
    return this.#endpoints;
  }

  /** Is the module socket bound? */
  has(moduleSocket: ModuleSocket | undefined): boolean {
    return moduleSocket !== undefined && this.#moduleSocket === moduleSocket;
  }

  /** Binds a module socket. If it throws, some endpoints may be bound, and the socket must be closed. */
  bind(moduleSocket: ModuleSocket, endpoints: readonly Endpoint[]): void {
    this.#endpoints = bind(moduleSocket, endpoints, this.#family);
    this.#moduleSocket = moduleSocket;
  }

  /** Binds a module socket that isn't bound: like the one before it, or to all addresses and any port. */
  ensure(moduleSocket: ModuleSocket): void {
    if (this.has(moduleSocket)) return;
    if (this.#endpoints) bind(moduleSocket, this.#endpoints, this.#family);
    else bindAll(moduleSocket, { address: allOf(this.#family), port: 0 });
    this.#moduleSocket = moduleSocket;
  }

  /** The module socket, an accepted one, is bound already. */
  inherit(moduleSocket: ModuleSocket): void {
    this.#moduleSocket = moduleSocket;
  }

  /** Forgets the binding. */
  clear(): void {
    this.#endpoints = undefined;
    this.#moduleSocket = undefined;
  }

  /** Adds addresses to a bound module socket: all or none. Its associations tell their peers (RFC 5061). */
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

  /** Removes addresses from a bound module socket: all or none. Its associations tell their peers (RFC 5061). */
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

  /** usrsctp removes one address after the other and tells the peers of each, so all are checked before. */
  #checkRemovable(moduleSocket: ModuleSocket, addresses: readonly Address[], syscall: string): void {
    const local = localEndpoints(moduleSocket).map(({ address }) => address);
    // usrsctp doesn't list an address that was added again while its deletion is under way.
    const bound = new Set([...local, ...(this.#endpoints ?? []).map(({ address }) => address)]);
    for (const address of addresses) {
      this.#checkSpecific(address, syscall);
      if (!bound.has(address)) {
        throw new SctpError('EADDRNOTAVAIL', `${syscall}: the socket isn't bound to ${address}`, { syscall, address });
      }
    }
    if ([...bound].some((address) => !addresses.includes(address))) return;
    throw new SctpError('EINVAL', `${syscall}: a socket must keep at least one address`, { syscall });
  }

  #checkSpecific(address: string, syscall: string): void {
    if (WILDCARDS.includes(address)) {
      throw new SctpError('EINVAL', `${syscall}: ${address} stands for all addresses: give single ones`, {
        syscall,
        address,
      });
    }
    const bound = this.#endpoints?.map((each) => each.address) ?? ['::'];
    if (!bound.some((each) => WILDCARDS.includes(each))) return;
    throw new SctpError('EINVAL', `${syscall}: the socket is bound to whatever addresses the stack has`, {
      syscall,
      address,
    });
  }
}

/** The local addresses of a bound socket, or of one of its associations. */
export function localEndpoints(moduleSocket: ModuleSocket, associationId = 0): Endpoint[] {
  return moduleSocket.endpoints('getladdrs', (calls, handle) => calls.getladdrs(handle, associationId));
}

export function portOf(moduleSocket: ModuleSocket): number {
  return moduleSocket.call('getsockname', (calls, handle) => calls.localPort(handle));
}

/** Checks local endpoints that a caller gave. Returns them with canonical addresses. */
export function checkEndpoints(list: unknown, family: AddressFamily | 'any', syscall: string): Endpoint[] {
  if (!Array.isArray(list)) throw new TypeError(`${syscall}: the endpoints must be an array of { address, port }`);
  const endpoints = (list as unknown[]).map((item) => {
    checkFields(item, 'an endpoint', syscall);
    const { address, port } = item as Partial<Endpoint>;
    return { address: canonicalEnd(address, syscall), port: checkPort(port, 0, syscall) };
  });
  if (endpoints.length === 0) throw new SctpError('EINVAL', `${syscall}: give at least one address`, { syscall });
  const ports = new Set(endpoints.map(({ port }) => port));
  if (ports.size > 1) {
    throw new SctpError(
      'EINVAL',
      `${syscall}: all addresses must have the same port, not ${[...ports].join(' and ')}`,
      {
        syscall,
      },
    );
  }
  for (const endpoint of endpoints) checkFamily(endpoint, family, syscall);
  return endpoints;
}

/** Binds to endpoints, which have one port. Returns them with the port that was assigned. */
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

/** usrsctp's error is EADDRINUSE even if it should choose a port and none is free (sctp_pcb.c, sctp_inpcb_bind). */
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
