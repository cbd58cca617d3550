import type { Address } from '../address.js';

/** How many reservations an association has at most; a further one replaces its oldest. */
const MAX_PORTS = 256;

/** A client that uses SCTP ports. */
export interface PortOwner {
  /** The subject of its ticket. */
  readonly subject?: string;
  readonly isConnected?: boolean;
}

/** The SCTP ports of a relay's clients, as their sessions use them. */
export interface SctpPorts {
  /** Whether it is known here whose a port is. If not, `claim` comes before `reserve`. */
  isKnown(owner: PortOwner, local: Address, sctpPort: number, peer: Address): boolean;
  /** Calls `settle` when it is known whether the port is this client's. Returns false if too many packets wait for that. */
  claim(owner: PortOwner, port: SctpPort, settle: (isOwn: boolean) => void): boolean;
  /** Reserves an SCTP port of a local address towards a peer, for an association; false if it is another client's. */
  reserve(owner: PortOwner, local: Address, sctpPort: number, peer: Address, association: object): boolean;
  /** Whether a client may use an SCTP port: it isn't another client's, as far as that is known. */
  isFree(owner: PortOwner, local: Address, sctpPort: number, peer: Address): boolean;
  /** Releases what an association holds. */
  release(association: object): void;
}

/** An SCTP port of a local address, towards a peer. */
export interface SctpPort {
  readonly local: Address;
  readonly sctpPort: number;
  readonly peer: Address;
}

interface Reservation {
  readonly owner: PortOwner;
  readonly associations: Set<object>;
}

/**
 * Which client may use an SCTP port. Clients share the relay's addresses, and a peer identifies an association by
 * addresses and SCTP ports, not by UDP ports (RFC 6951 §5.3). Two clients with the same SCTP port would be one endpoint
 * to a peer, and one of them could redirect the other's path to itself. So the port belongs to the first one, while it
 * is held: each of its associations with that peer holds it. If the owner has lost its connection, another client of
 * the same subject takes the port over: it is usually the same program, which has restarted.
 */
export class PortReservations implements SctpPorts {
  readonly #reservations = new Map<string, Reservation>();
  readonly #keys = new Map<object, Set<string>>();
  /** The last one that was granted: usually the next packet needs the same. */
  #last: { association: object; local: Address; sctpPort: number; peer: Address } | undefined;

  readonly #dropped: ((key: string) => void) | undefined;

  /** `dropped` is called when nobody holds a port any more, with its {@link keyOf}. */
  constructor(dropped?: (key: string) => void) {
    this.#dropped = dropped;
  }

  isKnown(): boolean {
    return true;
  }

  claim(owner: PortOwner, { local, sctpPort, peer }: SctpPort, settle: (isOwn: boolean) => void): boolean {
    settle(this.isFree(owner, local, sctpPort, peer));
    return true;
  }

  /** Whose a port is; `undefined` if it is nobody's. */
  ownerOf({ local, sctpPort, peer }: SctpPort): PortOwner | undefined {
    return this.#reservations.get(keyOf(local, sctpPort, peer))?.owner;
  }

  reserve(owner: PortOwner, local: Address, sctpPort: number, peer: Address, association: object = owner): boolean {
    const last = this.#last;
    if (last?.association === association && last.sctpPort === sctpPort && last.local === local && last.peer === peer)
      return true;
    const key = keyOf(local, sctpPort, peer);
    if (!this.#isFree(owner, key)) return false;
    this.#add(owner, key, association);
    this.#last = { association, local, sctpPort, peer };
    return true;
  }

  isFree(owner: PortOwner, local: Address, sctpPort: number, peer: Address): boolean {
    return this.#isFree(owner, keyOf(local, sctpPort, peer));
  }

  release(association: object): void {
    this.#last = undefined;
    for (const key of this.#keys.get(association) ?? []) this.#drop(key, association);
    this.#keys.delete(association);
  }

  #isFree(owner: PortOwner, key: string): boolean {
    const current = this.#reservations.get(key)?.owner;
    if (current === undefined || current === owner) return true;
    const { subject, isConnected = true } = current;
    return subject !== undefined && subject === owner.subject && !isConnected;
  }

  #add(owner: PortOwner, key: string, association: object): void {
    const keys = this.#keys.get(association) ?? new Set();
    this.#keys.set(association, keys);
    if (keys.size >= MAX_PORTS && !keys.has(key)) {
      const [oldest = ''] = keys;
      keys.delete(oldest);
      this.#drop(oldest, association);
    }
    keys.add(key);
    const current = this.#reservations.get(key);
    if (current?.owner === owner) current.associations.add(association);
    else this.#reservations.set(key, { owner, associations: new Set([association]) });
  }

  #drop(key: string, association: object): void {
    const reservation = this.#reservations.get(key);
    if (!reservation?.associations.delete(association) || reservation.associations.size > 0) return;
    this.#reservations.delete(key);
    this.#dropped?.(key);
  }
}

/** A text that stands for an SCTP port of a local address, towards a peer. */
export function keyOf(local: Address, sctpPort: number, peer: Address): string {
  return `${local} ${sctpPort} ${peer}`;
}
