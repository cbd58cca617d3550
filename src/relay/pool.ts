import { type Address, type AddressFamily, familyOf } from '../address.js';
import { SctpError } from '../errors.js';
import type { Random } from '../random.js';
import type { UdpEndpoint } from './codec.js';
import type { Allocation } from './session.js';
import { isTaken, RelaySocket } from './udp.js';

/** An address of this machine, and the one by which the world knows it. */
export interface PoolAddress {
  /** What UDP sockets are bound to. */
  readonly bind: Address;
  /** What clients are told, where a 1:1 NAT stands before the machine; the same as `bind` otherwise. */
  readonly public: Address;
}

export interface PoolOptions {
  readonly addresses: readonly PoolAddress[];
  /** The UDP ports to give to clients, first and last. */
  readonly ports: readonly [first: number, last: number];
  readonly queueDatagrams: number;
  readonly random: Random;
}

/** What the addresses of a client tell. */
export interface AllocationEvents {
  arrived(local: number, peer: UdpEndpoint, bytes: Uint8Array): void;
  unreachable(peer: UdpEndpoint): void;
}

const MAX_ATTEMPTS = 16;

/** Gives out UDP addresses: of each family the one that fewest clients have, all on the same port. */
export class AddressPool {
  readonly #options: PoolOptions;
  readonly #used = new Map<PoolAddress, number>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** How many clients have addresses. */
  get allocations(): number {
    return Math.max(0, ...this.#used.values());
  }

  /**
   * Opens a client's sockets, on the port that it would like to have where that can be. Rejects with what the system
   * says when it can't be done at all.
   */
  async allocate(wantedPort: number): Promise<UdpAllocation> {
    const chosen = (['IPv4', 'IPv6'] as const).flatMap((family) => this.#leastUsed(family));
    const count = (change: number) => {
      for (const address of chosen) this.#used.set(address, (this.#used.get(address) ?? 0) + change);
    };
    count(1);
    try {
      const sockets = await this.#open(chosen, wantedPort);
      const port = sockets[0]?.port ?? 0;
      const locals = chosen.map((address) => ({ address: address.public, port }));
      return new UdpAllocation(locals, sockets, () => count(-1));
    } catch (error) {
      count(-1);
      throw error;
    }
  }

  async #open(chosen: readonly PoolAddress[], wantedPort: number): Promise<RelaySocket[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#openAll(chosen, this.#port(tries === 1 ? wantedPort : 0));
      } catch (error) {
        if (!isTaken(error) || tries === MAX_ATTEMPTS) throw error;
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

  /** What a client wishes, moved into the range: relays with the same range then make the same of it. */
  #port(wanted: number): number {
    const [first, last] = this.#options.ports;
    if (wanted >= first && wanted <= last) return wanted;
    const chance = new Uint32Array(1);
    this.#options.random(new Uint8Array(chance.buffer));
    return first + ((wanted || (chance[0] ?? 0)) % (last - first + 1));
  }

  #leastUsed(family: AddressFamily): PoolAddress[] {
    const kin = this.#options.addresses.filter((address) => familyOf(address.public) === family);
    const uses = (address: PoolAddress) => this.#used.get(address) ?? 0;
    return kin.sort((a, b) => uses(a) - uses(b)).slice(0, 1);
  }
}

/** Rejects with EADDRNOTAVAIL for an address that UDP sockets can't be bound to: better at the start than for each client. */
export async function checkAddresses(addresses: readonly PoolAddress[]): Promise<void> {
  for (const { bind } of addresses) {
    const socket = await RelaySocket.open(bind, 0, 1).catch((cause) => {
      throw notOurs(bind, cause);
    });
    socket.close();
  }
}

function notOurs(address: Address, cause: unknown): SctpError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `relay: no UDP socket can be bound to ${address} (${why}): name an address of this machine`;
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
