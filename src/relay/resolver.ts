import { lookup as ask } from 'node:dns/promises';
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

/** The system's resolver, which is asked about a name at most once a minute. A name that isn't known has no addresses. */
export function lookup(clock: Clock, question: typeof ask = ask): Resolve {
  const answers = new LruMap<string, Answer>(MAX_ANSWERS);
  return (host) => {
    const known = answers.get(host);
    if (known !== undefined && clock.now() < known.untilMs) return known.addresses;
    const addresses = question(host, { all: true }).then(
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
