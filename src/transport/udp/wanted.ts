import { type Address, familyOf, isLoopback } from '../../address.js';
import type { WildcardFilter } from './filter.js';
import type { LocalNetwork } from './interfaces.js';

/** An address that the program has listed, or a wildcard. */
export interface AskedAddress {
  readonly address: Address;
  /** The link that a link-local address of IPv6 belongs to (RFC 4007): the name of an interface, or its index on Windows. */
  readonly zone?: string;
}

/** As the kernel takes it: `fe80::1%eth0`. */
export function withZone({ address, zone }: AskedAddress): string {
  return zone === undefined ? address : `${address}%${zone}`;
}

/** An address to open a socket on. An explicit one must exist; one from a wildcard may have been removed meanwhile. */
export interface Wanted extends AskedAddress {
  readonly explicit: boolean;
}

/**
 * Chooses the addresses to open sockets on. An explicit address is always wanted until it has been listed once, since not all
 * usable addresses are listed: on Linux the loopback interface has 127.0.0.2, too. From then on it is wanted while it is listed.
 */
export class WantedAddresses {
  readonly #asked: readonly AskedAddress[];
  readonly #filter: WildcardFilter;
  /** Explicit addresses that have been listed, with their zones. */
  readonly #seen = new Set<string>();

  /** `asked`: explicit addresses, and wildcards, to which the filter applies. */
  constructor(asked: readonly AskedAddress[], filter: WildcardFilter) {
    this.#asked = asked;
    this.#filter = filter;
  }

  of(networks: readonly LocalNetwork[]): Wanted[] {
    const listed = new Set<string>();
    for (const { address, interfaceName } of networks)
      listed.add(address).add(withZone({ address, zone: interfaceName }));
    const wanted = expandWildcards(this.#asked, this.#filter.choose(networks));
    const explicit = wanted.filter((each) => each.explicit).map(withZone);
    for (const text of explicit) if (listed.has(text)) this.#seen.add(text);
    return wanted.filter((each) => listed.has(withZone(each)) || !this.#seen.has(withZone(each)));
  }
}

/** Replaces `0.0.0.0` and `::` by the given addresses of that family, loopback addresses last. */
function expandWildcards(addresses: readonly AskedAddress[], networks: readonly LocalNetwork[]): Wanted[] {
  const own = [...new Set(networks.map((network) => network.address))];
  own.sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
  const wanted = new Map<Address, Wanted>();
  for (const asked of addresses) {
    if (asked.address !== '0.0.0.0' && asked.address !== '::') {
      wanted.set(asked.address, { ...asked, explicit: true });
      continue;
    }
    for (const address of own.filter((each) => familyOf(each) === familyOf(asked.address))) {
      if (!wanted.has(address)) wanted.set(address, { address, explicit: false });
    }
  }
  return [...wanted.values()];
}
