import { type Address, type AddressFamily, familyOf } from '../address.js';
import type { Clock } from '../clock.js';
import type { Random } from '../random.js';
import { UdpPorts } from './udp-ports.js';

/** An address of this machine, and its public address. */
export interface PoolAddress {
  /** The address that UDP sockets are bound to. */
  readonly bind: Address;
  /** The address that clients are told: differs from `bind` behind a 1:1 NAT. */
  readonly public: Address;
}

export interface PortPoolOptions {
  readonly addresses: readonly PoolAddress[];
  /** The UDP ports to give to clients, first and last. */
  readonly ports: readonly [first: number, last: number];
  /** How long a port isn't given to another subject if peers may go on sending to it. */
  readonly restMs: number;
  readonly random: Random;
  readonly clock: Clock;
}

/** A UDP port that is one client's, on one address of each family. */
export interface PortClaim {
  readonly addresses: readonly PoolAddress[];
  readonly port: number;
  /** `isResting`: peers may go on sending to the port, so no other subject must get it for a while. */
  giveBack(isResting: boolean): void;
}

interface Candidate {
  readonly address: PoolAddress;
  readonly ports: UdpPorts;
}

/** Which UDP ports are whose: each client gets the least used address of each family, all with the same port. */
export class PortPool {
  readonly #options: PortPoolOptions;
  readonly #candidates: readonly Candidate[];

  constructor(options: PortPoolOptions) {
    this.#options = options;
    this.#candidates = options.addresses.map((address) => ({ address, ports: new UdpPorts(options.restMs) }));
  }

  /** Ports that aren't given to other subjects, of all addresses. */
  get resting(): number {
    return this.#candidates.reduce((sum, { ports }) => sum + ports.resting(this.#options.clock.now()), 0);
  }

  /**
   * Claims one port after the other, first the preferred one, if it is free. Who can't use one gives it back, and asks for the next.
   */
  *claims(preferredPort: number, subject: string): Iterable<PortClaim> {
    const chosen = (['IPv4', 'IPv6'] as const).flatMap((family) => this.#leastUsed(family));
    for (const port of this.#order(preferredPort)) {
      const nowMs = this.#options.clock.now();
      if (!chosen.every(({ ports }) => ports.isFree(port, subject, nowMs))) continue;
      for (const { ports } of chosen) ports.take(port);
      const giveBack = (isResting: boolean) => {
        const endedAtMs = this.#options.clock.now();
        for (const { ports } of chosen) ports.giveBack(port, isResting ? subject : undefined, endedAtMs);
      };
      yield { addresses: chosen.map(({ address }) => address), port, giveBack };
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
