import { type Address, familyOf } from '../../address.js';
import { LruMap } from '../../relay/lru-map.js';

/** A relay, as far as routes are concerned. */
export interface Way {
  readonly isDraining: boolean;
  readonly locals: readonly { readonly address: Address }[];
}

const MAX_DESTINATIONS = 256;
const MAX_REFUSALS = 256;

/**
 * Which relay, and so which of our addresses, talks to a destination. The first time that one is asked about, it gets
 * a home: the relay which is home to the fewest destinations, the first of equals. So the addresses of one peer are
 * spread over the relays, and are paths that have nothing in common. It stays with its home, but while that is lost,
 * draining, or has refused the destination: then it goes through the one with the fewest among the others.
 */
export class Routes<W extends Way> {
  readonly #ways: readonly W[];
  readonly #homes = new LruMap<Address, W>(MAX_DESTINATIONS);
  readonly #refusals = new LruMap<Address, Set<W>>(MAX_REFUSALS);

  /** In the order of preference. */
  constructor(ways: readonly W[]) {
    this.#ways = ways;
  }

  /** The way to a destination and the local address there. */
  find(destination: Address): { way: W; source: Address } | undefined {
    const usable = this.#usable(destination);
    const home = this.#homes.get(destination);
    const way = home !== undefined && usable.includes(home) ? home : this.#leastUsed(usable);
    const source = way && localOf(way, destination);
    if (way === undefined || source === undefined) return undefined;
    if (home === undefined) this.#homes.set(destination, way);
    return { way, source };
  }

  /** A relay doesn't carry packets to a destination. Whether another one still may. */
  refused(destination: Address, way: W): boolean {
    const refusers = this.#refusals.get(destination) ?? new Set();
    this.#refusals.set(destination, refusers.add(way));
    return this.#ways.some((each) => !refusers.has(each) && localOf(each, destination) !== undefined);
  }

  /** A relay has been connected to anew: it may think differently now. */
  forgive(way: W): void {
    for (const refusers of this.#refusals.values()) refusers.delete(way);
  }

  /** Destinations that have been asked about and are talked to through this relay by preference. */
  homesOf(way: W): Address[] {
    return [...this.#homes.keys()].filter((destination) => this.#homes.get(destination) === way);
  }

  /** Those that have an address of the family; without those that are worse when there are better ones. */
  #usable(destination: Address): readonly W[] {
    const refusers = this.#refusals.get(destination);
    const kin = this.#ways.filter((way) => localOf(way, destination) !== undefined);
    const willing = kin.filter((way) => !refusers?.has(way));
    const candidates = willing.length > 0 ? willing : kin;
    const lasting = candidates.filter((way) => !way.isDraining);
    return lasting.length > 0 ? lasting : candidates;
  }

  #leastUsed(ways: readonly W[]): W | undefined {
    const uses = new Map(ways.map((way) => [way, 0]));
    for (const home of this.#homes.values()) uses.set(home, (uses.get(home) ?? 0) + 1);
    let best: W | undefined;
    for (const way of ways) if (best === undefined || (uses.get(way) ?? 0) < (uses.get(best) ?? 0)) best = way;
    return best;
  }
}

function localOf(way: Way, destination: Address): Address | undefined {
  const family = familyOf(destination);
  return way.locals.find(({ address }) => familyOf(address) === family)?.address;
}
