import { type Address, familyOf, isLoopback } from '../../address.js';
import type { WildcardFilter } from './filter.js';
import type { LocalNetwork } from './interfaces.js';

/** An address to open a socket on. An explicit one must exist; one from a wildcard may have been removed meanwhile. */
export interface Wanted {
  readonly address: Address;
  readonly explicit: boolean;
}

/**
 * Chooses the addresses to open sockets on. An explicit address is always wanted until it has been listed once, since not all
 * usable addresses are listed: on Linux the loopback interface has 127.0.0.2, too. From then on it is wanted while it is listed.
 */
export class WantedAddresses {
  readonly #asked: readonly Address[];
  readonly #filter: WildcardFilter;
  /** Explicit addresses that have been listed. */
  readonly #seen = new Set<Address>();

  /** `asked`: explicit addresses, and wildcards, to which the filter applies. */
  constructor(asked: readonly Address[], filter: WildcardFilter) {
    this.#asked = asked;
    this.#filter = filter;
  }

  of(networks: readonly LocalNetwork[]): Wanted[] {
    const listed = new Set(networks.map(({ address }) => address));
    const wanted = expandWildcards(this.#asked, this.#filter.choose(networks));
    for (const { address, explicit } of wanted) if (explicit && listed.has(address)) this.#seen.add(address);
    return wanted.filter(({ address }) => listed.has(address) || !this.#seen.has(address));
  }
}

/** Replaces `0.0.0.0` and `::` by the given addresses of that family, loopback addresses last. */
function expandWildcards(addresses: readonly Address[], networks: readonly LocalNetwork[]): Wanted[] {
  const own = [...new Set(networks.map((network) => network.address))];
  own.sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
  const wanted = new Map<Address, Wanted>();
  for (const asked of addresses) {
    const wildcard = asked === '0.0.0.0' || asked === '::';
    const found = wildcard ? own.filter((address) => familyOf(address) === familyOf(asked)) : [asked];
    for (const address of found) {
      wanted.set(address, { address, explicit: !wildcard || wanted.get(address)?.explicit === true });
    }
  }
  return [...wanted.values()];
}
