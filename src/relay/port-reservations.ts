import type { Address } from '../address.js';

/** How many reservations one client has at most; a further one replaces its oldest. */
const MAX_PORTS = 256;

/**
 * Which client may use an SCTP port. Clients share the relay's addresses, and a peer identifies an association by
 * addresses and SCTP ports, not by UDP ports (RFC 6951 §5.3). Two clients with the same SCTP port would be one endpoint
 * to a peer, and one of them could redirect the other's path to itself. So the port belongs to the first one.
 */
export class PortReservations {
  readonly #owners = new Map<string, object>();
  readonly #reserved = new Map<object, Set<string>>();
  /** The last one that was granted: usually the next packet needs the same. */
  #last: { owner: object; local: Address; sctpPort: number; peer: Address } | undefined;

  /** Reserves an SCTP port of a local address towards a peer; false if it is another client's. */
  reserve(owner: object, local: Address, sctpPort: number, peer: Address): boolean {
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
    const reserved = this.#reserved.get(owner) ?? new Set();
    if (reserved.size >= MAX_PORTS) {
      for (const oldest of reserved) {
        reserved.delete(oldest);
        this.#owners.delete(oldest);
        break;
      }
    }
    this.#reserved.set(owner, reserved.add(key));
    this.#owners.set(key, owner);
    return true;
  }

  /** Releases all ports of a client. */
  release(owner: object): void {
    this.#last = undefined;
    for (const key of this.#reserved.get(owner) ?? []) this.#owners.delete(key);
    this.#reserved.delete(owner);
  }
}
