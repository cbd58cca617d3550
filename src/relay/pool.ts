import { type Address, type AddressFamily, familyOf } from '../address.js';
import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import type { Random } from '../random.js';
import type { UdpEndpoint } from './codec.js';
import type { Allocation } from './outbound.js';
import { isPortInUse, type OpenRelaySocket, type RelaySocket } from './udp.js';
import { UdpPorts } from './udp-ports.js';

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
  /** How long a port isn't given to another subject if peers may go on sending to it. */
  readonly restMs: number;
  readonly queueDatagrams: number;
  readonly openSocket: OpenRelaySocket;
  readonly random: Random;
  readonly clock: Clock;
}

/** Events of the addresses of a client. */
export interface AllocationEvents {
  arrived(local: number, peer: UdpEndpoint, bytes: Uint8Array): void;
  unreachable(peer: UdpEndpoint): void;
}

interface Candidate {
  readonly address: PoolAddress;
  readonly ports: UdpPorts;
}

/** Allocates UDP addresses: for each client the least used one of each family, all with the same port. */
export class AddressPool {
  readonly #options: PoolOptions;
  readonly #candidates: readonly Candidate[];

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#candidates = options.addresses.map((address) => ({ address, ports: new UdpPorts(options.restMs) }));
  }

  /** Ports that aren't given to other subjects, of all addresses. */
  get resting(): number {
    return this.#candidates.reduce((sum, { ports }) => sum + ports.resting(this.#options.clock.now()), 0);
  }

  /**
   * Opens the sockets of a client, on the preferred port if it is free, or else on any that is. Rejects with the
   * system's error if no sockets can be opened.
   */
  async allocate(preferredPort: number, subject: string): Promise<UdpAllocation> {
    const chosen = (['IPv4', 'IPv6'] as const).flatMap((family) => this.#leastUsed(family));
    let failure: unknown = new Error('each port is used, or peers of another client may go on sending to it');
    for (const port of this.#order(preferredPort)) {
      const nowMs = this.#options.clock.now();
      if (!chosen.every(({ ports }) => ports.isFree(port, subject, nowMs))) continue;
      for (const { ports } of chosen) ports.take(port);
      const release = (isResting: boolean) => {
        const endedAtMs = this.#options.clock.now();
        for (const { ports } of chosen) ports.giveBack(port, isResting ? subject : undefined, endedAtMs);
      };
      try {
        const sockets = await this.#openAll(chosen, port);
        const locals = chosen.map(({ address }) => ({ address: address.public, port }));
        return new UdpAllocation(locals, sockets, release);
      } catch (error) {
        release(false);
        if (!isPortInUse(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #openAll(chosen: readonly Candidate[], port: number): Promise<RelaySocket[]> {
    const sockets: RelaySocket[] = [];
    try {
      for (const { address } of chosen) {
        sockets.push(await this.#options.openSocket(address.bind, port, this.#options.queueDatagrams));
      }
      return sockets;
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
  }

  /**
   * All ports: the preferred one, mapped into the range as other relays with the same range do, and those after a
   * random one.
   */
  *#order(preferred: number): Iterable<number> {
    const [first, last] = this.#options.ports;
    const count = last - first + 1;
    if (preferred !== 0) yield preferred >= first && preferred <= last ? preferred : first + (preferred % count);
    const random = new Uint32Array(1);
    this.#options.random(new Uint8Array(random.buffer));
    for (let index = 0; index < count; index++) yield first + (((random[0] ?? 0) + index) % count);
  }

  #leastUsed(family: AddressFamily): Candidate[] {
    const candidates = this.#candidates.filter(({ address }) => familyOf(address.public) === family);
    return candidates.sort((a, b) => a.ports.used - b.ports.used).slice(0, 1);
  }
}

/**
 * Rejects with EADDRNOTAVAIL if UDP sockets can't be bound to one of the addresses: better at the start than for each
 * client.
 */
export async function checkAddresses(addresses: readonly PoolAddress[], openSocket: OpenRelaySocket): Promise<void> {
  for (const { bind } of addresses) {
    const socket = await openSocket(bind, 0, 1).catch((cause) => {
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
  readonly #closed: (isResting: boolean) => void;
  #isOpen = true;

  constructor(locals: readonly UdpEndpoint[], sockets: readonly RelaySocket[], closed: (isResting: boolean) => void) {
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

  send(local: number, peer: UdpEndpoint, bytes: Uint8Array, done: (isSent: boolean) => void): boolean {
    return this.#sockets[local]?.send(peer, bytes, done) ?? false;
  }

  close(isResting: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.close();
    this.#closed(isResting);
  }
}
