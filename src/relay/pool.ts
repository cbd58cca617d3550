import { type Address, type AddressFamily, familyOf } from '../address.js';
import { SctpError } from '../errors.js';
import type { Random } from '../random.js';
import type { UdpEndpoint } from './codec.js';
import type { Allocation } from './session.js';
import { isPortInUse, RelaySocket } from './udp.js';

/** An address of this machine, and its public address. */
export interface PoolAddress {
  /** The address that UDP sockets are bound to. */
  readonly bind: Address;
  /** The address that clients are told: differs from `bind` behind a 1:1 NAT. */
  readonly public: Address;
}

export interface PoolOptions {
  readonly addresses: readonly PoolAddress[];
  /** The UDP ports to give to clients, first and last. */
  readonly ports: readonly [first: number, last: number];
  readonly queueDatagrams: number;
  readonly random: Random;
}

/** Events of the addresses of a client. */
export interface AllocationEvents {
  arrived(local: number, peer: UdpEndpoint, bytes: Uint8Array): void;
  unreachable(peer: UdpEndpoint): void;
}

const MAX_ATTEMPTS = 16;

/** Allocates UDP addresses: for each client the least used one of each family, all with the same port. */
export class AddressPool {
  readonly #options: PoolOptions;
  readonly #used = new Map<PoolAddress, number>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** The number of clients that have addresses. */
  get allocations(): number {
    return Math.max(0, ...this.#used.values());
  }

  /**
   * Opens the sockets of a client, on the preferred port if it is free. Rejects with the system's error if no sockets
   * can be opened.
   */
  async allocate(preferredPort: number): Promise<UdpAllocation> {
    const chosen = (['IPv4', 'IPv6'] as const).flatMap((family) => this.#leastUsed(family));
    const count = (change: number) => {
      for (const address of chosen) this.#used.set(address, (this.#used.get(address) ?? 0) + change);
    };
    count(1);
    try {
      const sockets = await this.#open(chosen, preferredPort);
      const port = sockets[0]?.port ?? 0;
      const locals = chosen.map((address) => ({ address: address.public, port }));
      return new UdpAllocation(locals, sockets, () => count(-1));
    } catch (error) {
      count(-1);
      throw error;
    }
  }

  async #open(chosen: readonly PoolAddress[], preferredPort: number): Promise<RelaySocket[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#openAll(chosen, this.#port(attempt === 1 ? preferredPort : 0));
      } catch (error) {
        if (!isPortInUse(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #openAll(chosen: readonly PoolAddress[], port: number): Promise<RelaySocket[]> {
    const sockets: RelaySocket[] = [];
    try {
      for (const { bind } of chosen) sockets.push(await RelaySocket.open(bind, port, this.#options.queueDatagrams));
      return sockets;
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
  }

  /** Maps the preferred port into the range. Relays with the same range map it to the same port. */
  #port(preferred: number): number {
    const [first, last] = this.#options.ports;
    if (preferred >= first && preferred <= last) return preferred;
    const random = new Uint32Array(1);
    this.#options.random(new Uint8Array(random.buffer));
    return first + ((preferred || (random[0] ?? 0)) % (last - first + 1));
  }

  #leastUsed(family: AddressFamily): PoolAddress[] {
    const candidates = this.#options.addresses.filter((address) => familyOf(address.public) === family);
    const uses = (address: PoolAddress) => this.#used.get(address) ?? 0;
    return candidates.sort((a, b) => uses(a) - uses(b)).slice(0, 1);
  }
}

/** Rejects with EADDRNOTAVAIL if UDP sockets can't be bound to one of the addresses: better at the start than for each client. */
export async function checkAddresses(addresses: readonly PoolAddress[]): Promise<void> {
  for (const { bind } of addresses) {
    const socket = await RelaySocket.open(bind, 0, 1).catch((cause) => {
      throw unavailable(bind, cause);
    });
    socket.close();
  }
}

function unavailable(address: Address, cause: unknown): SctpError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `relay: no UDP socket can be bound to ${address} (${why}): give an address of this machine`;
  return new SctpError('EADDRNOTAVAIL', message, { syscall: 'bind', address, cause });
}

/** The sockets of one client. */
export class UdpAllocation implements Allocation {
  readonly locals: readonly UdpEndpoint[];
  readonly #sockets: readonly RelaySocket[];
  readonly #closed: () => void;
  #isOpen = true;

  constructor(locals: readonly UdpEndpoint[], sockets: readonly RelaySocket[], closed: () => void) {
    this.locals = locals;
    this.#sockets = sockets;
    this.#closed = closed;
  }

  listen(events: AllocationEvents): void {
    for (const [local, socket] of this.#sockets.entries()) {
      socket.listen({
        arrived: (peer, bytes) => events.arrived(local, peer, bytes),
        unreachable: (peer) => events.unreachable(peer),
      });
    }
  }

  send(local: number, peer: UdpEndpoint, bytes: Uint8Array): boolean {
    return this.#sockets[local]?.send(peer, bytes) ?? false;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.close();
    this.#closed();
  }
}
