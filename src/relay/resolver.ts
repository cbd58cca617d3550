import { lookup as systemLookup } from 'node:dns/promises';
import { type Address, addressBytes, formatAddress } from '../address.js';
import type { Clock } from '../clock.js';
import { LruMap } from './lru-map.js';
import type { Resolve } from './policy.js';

const ANSWER_LIFE_MS = 60_000;
const MAX_ANSWERS = 1024;

interface Answer {
  readonly addresses: Promise<readonly Address[]>;
  readonly untilMs: number;
}

/**
 * Resolves host names by the system's resolver, at most once a minute for each name. Unknown names have no addresses.
 */
export function cachingResolver(clock: Clock, lookup: typeof systemLookup = systemLookup): Resolve {
  const answers = new LruMap<string, Answer>(MAX_ANSWERS);
  return (host) => {
    const known = answers.get(host);
    if (known !== undefined && clock.now() < known.untilMs) return known.addresses;
    const addresses = lookup(host, { all: true }).then(
      (found) => found.flatMap(({ address }) => canonical(address)),
      () => [],
    );
    answers.set(host, { addresses, untilMs: clock.now() + ANSWER_LIFE_MS });
    return addresses;
  };
}

function canonical(address: string): Address[] {
  const bytes = addressBytes(address);
  return bytes ? [formatAddress(bytes)] : [];
}
