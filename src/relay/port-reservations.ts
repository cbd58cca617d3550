import type { Address } from '../address.js';

/** How many claims one client has; its oldest one is given up for the next. */
const MAX_PORTS = 256;

/**
 * Who may use an SCTP port. Clients share the relay's addresses, and a peer tells associations apart by addresses and
 * SCTP ports alone, not by UDP ports (RFC 6951 §5.3): two clients with the same port towards the same peer would be
 * one to it, and one could move the other's path to itself. So the first one has it.
 */
export class PortReservations {
  readonly #owners = new Map<string, object>();
  readonly #owned = new Map<object, Set<string>>();
  /** The last one that was granted: mostly the next packet has the same. */
  #last: { owner: object; local: Address; sctpPort: number; peer: Address } | undefined;

  /** PortReservations a port of a local address towards a peer; false when another client has it. */
  claim(owner: object, local: Address, sctpPort: number, peer: Address): boolean {
    const last = this.#last;
    if (last?.owner === owner && last.sctpPort === sctpPort && last.local === local && last.peer === peer) return true;
    const isGranted = this.#grant(owner, local, sctpPort, peer);
    this.#last = isGranted ? { owner, local, sctpPort, peer } : undefined;
    return isGranted;
  }

  #grant(owner: object, local: Address, sctpPort: number, peer: Address): boolean {
    const key = `${local} ${sctpPort} ${peer}`;
    const current = this.#owners.get(key);
    if (current !== undefined) return current === owner;
    const owned = this.#owned.get(owner) ?? new Set();
    if (owned.size >= MAX_PORTS) {
      for (const oldest of owned) {
        owned.delete(oldest);
        this.#owners.delete(oldest);
        break;
      }
    }
    this.#owned.set(owner, owned.add(key));
    this.#owners.set(key, owner);
    return true;
  }

  /** Gives up all claims of a client. */
  release(owner: object): void {
    this.#last = undefined;
    for (const key of this.#owned.get(owner) ?? []) this.#owners.delete(key);
    this.#owned.delete(owner);
  }
}
