import { type Address, familyOf } from '../../address.js';
import { LruMap } from '../../relay/lru-map.js';

/** What a route needs to know about a relay. */
export interface RelayState {
  readonly isDraining: boolean;
  readonly locals: readonly { readonly address: Address }[];
}

const MAX_DESTINATIONS = 256;
const MAX_REFUSALS = 256;

/**
 * Chooses the relay, and so the local address, for each destination. A new destination prefers the relay that the fewest
 * destinations prefer, the first one among equals. So the addresses of a peer are spread over the relays, and its paths
 * have no relay in common. While the preferred relay is lost, draining, or has refused the destination, the least preferred one of
 * the others is used.
 */
export class Routes<R extends RelayState> {
  readonly #relays: readonly R[];
  readonly #preferred = new LruMap<Address, R>(MAX_DESTINATIONS);
  readonly #refusals = new LruMap<Address, Set<R>>(MAX_REFUSALS);

  /** Takes the relays in order of preference. */
  constructor(relays: readonly R[]) {
    this.#relays = relays;
  }

  /** The relay and the local address for a destination. */
  find(destination: Address): { relay: R; source: Address } | undefined {
    const usable = this.#usable(destination);
    const preferred = this.#preferred.get(destination);
    const relay = preferred !== undefined && usable.includes(preferred) ? preferred : this.#leastPreferred(usable);
    const source = relay && localOf(relay, destination);
    if (relay === undefined || source === undefined) return undefined;
    if (preferred === undefined) this.#preferred.set(destination, relay);
    return { relay, source };
  }

  /** Notes that a relay has refused a destination. Returns whether another one may still accept it. */
  refused(destination: Address, relay: R): boolean {
    const refusers = this.#refusals.get(destination) ?? new Set();
    this.#refusals.set(destination, refusers.add(relay));
    return this.#relays.some((each) => !refusers.has(each) && localOf(each, destination) !== undefined);
  }

  /** Forgets the refusals of a relay, which may decide otherwise after a new connection. */
  clearRefusals(relay: R): void {
    for (const refusers of this.#refusals.values()) refusers.delete(relay);
  }

  /** The destinations that prefer a relay. */
  preferring(relay: R): Address[] {
    return [...this.#preferred.keys()].filter((destination) => this.#preferred.get(destination) === relay);
  }

  /**
   * The relays that have an address of the family; if possible those that haven't refused the destination, and of them,
   * if possible, those that aren't draining.
   */
  #usable(destination: Address): readonly R[] {
    const refusers = this.#refusals.get(destination);
    const sameFamily = this.#relays.filter((each) => localOf(each, destination) !== undefined);
    const notRefusing = sameFamily.filter((each) => !refusers?.has(each));
    const candidates = notRefusing.length > 0 ? notRefusing : sameFamily;
    const lasting = candidates.filter((each) => !each.isDraining);
    return lasting.length > 0 ? lasting : candidates;
  }

  #leastPreferred(candidates: readonly R[]): R | undefined {
    const uses = new Map(candidates.map((each) => [each, 0]));
    for (const preferred of this.#preferred.values()) uses.set(preferred, (uses.get(preferred) ?? 0) + 1);
    let best: R | undefined;
    for (const each of candidates) {
      if (best === undefined || (uses.get(each) ?? 0) < (uses.get(best) ?? 0)) best = each;
    }
    return best;
  }
}

function localOf({ locals }: RelayState, destination: Address): Address | undefined {
  const family = familyOf(destination);
  return locals.find(({ address }) => familyOf(address) === family)?.address;
}
