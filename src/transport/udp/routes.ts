import type { Address } from '../../address.js';
import type { Clock } from '../../clock.js';
import type { ErrorCode } from '../../errors.js';
import type { LocalNetwork } from './interfaces.js';
import type { askKernel, KernelAnswer } from './kernel.js';
import { knownSource, usableSources } from './source.js';
import { unreachableCode } from './unreachable.js';

/** What routes are chosen from. */
export interface RouteSources {
  /** The local addresses of now, in order of preference. */
  readonly addresses: readonly Address[];
  /** Reads the machine's networks. */
  networks(): readonly LocalNetwork[];
  readonly askKernel: typeof askKernel;
  readonly clock: Clock;
  /** A route that was returned before is no longer right. */
  changed(): void;
  unreachable(destination: Address, code: ErrorCode): void;
}

/** How long an answer is kept. Afterwards the route is determined again, so that it follows changes of the machine. */
const ANSWER_LIFE_MS = 10_000;
/** How long it is remembered that a destination has no route. */
const NO_ROUTE_LIFE_MS = 1000;
const NETWORKS_LIFE_MS = 1000;
const MOST_ANSWERS = 1024;
const MOST_LEARNED = 4096;
const MOST_QUESTIONS = 64;

interface Answer {
  readonly source: Address | undefined;
  readonly untilMs: number;
}

/**
 * Chooses the local address for a destination. In this order: the destination itself if it is local, the local address in the
 * smallest common network, the address at which the peer's packets arrive, the kernel's choice, the first suitable address.
 */
export class Routes {
  readonly #from: RouteSources;
  readonly #answers = new Map<Address, Answer>();
  readonly #learned = new Map<Address, Address>();
  readonly #asking = new Set<Address>();
  #networks: readonly LocalNetwork[] = [];
  #networksUntilMs = Number.NEGATIVE_INFINITY;

  constructor(from: RouteSources) {
    this.#from = from;
  }

  /** The local address for a destination; `undefined` if there is no route. */
  source(destination: Address): Address | undefined {
    const known = this.#answers.get(destination);
    if (known !== undefined && this.#from.clock.now() < known.untilMs) return known.source;
    const source = this.#choose(destination);
    this.#remember(destination, source);
    return source;
  }

  /**
   * A peer's packet arrived at a local address. Answers that are kept don't change, so forged packets can't make routes flap.
   * A peer that was removed because the table is full is learned again with its next packet.
   */
  learn(peer: Address, local: Address): void {
    if (this.#learned.get(peer) !== local) setBounded(this.#learned, peer, local, MOST_LEARNED);
  }

  /** An answer turned out to be wrong: the route is determined again next time. */
  forget(destination: Address): void {
    this.#answers.delete(destination);
  }

  /** The local addresses have changed: all routes are determined again. */
  reset(): void {
    this.#answers.clear();
    this.#networksUntilMs = Number.NEGATIVE_INFINITY;
  }

  #choose(destination: Address): Address | undefined {
    const { addresses } = this.#from;
    const usable = usableSources(destination, addresses);
    if (usable.length === 0) return undefined;
    const learned = this.#learned.get(destination);
    const known = knownSource(destination, { addresses, networks: this.#currentNetworks(), learned });
    if (known !== undefined) return known;
    const standing = this.#answers.get(destination);
    const chosen = this.#ask(destination);
    if (chosen !== undefined) return usable.includes(chosen) ? chosen : usable[0];
    return standing === undefined ? usable[0] : standing.source;
  }

  #currentNetworks(): readonly LocalNetwork[] {
    const now = this.#from.clock.now();
    if (now >= this.#networksUntilMs) {
      this.#networks = this.#from.networks();
      this.#networksUntilMs = now + NETWORKS_LIFE_MS;
    }
    return this.#networks;
  }

  #ask(destination: Address): Address | undefined {
    if (this.#asking.has(destination) || this.#asking.size >= MOST_QUESTIONS) return undefined;
    this.#asking.add(destination);
    return this.#from.askKernel(destination, (answer) => {
      this.#asking.delete(destination);
      this.#answered(destination, answer);
    });
  }

  #answered(destination: Address, answer: KernelAnswer): void {
    const given = this.#answers.get(destination)?.source;
    const code = 'error' in answer ? unreachableCode(answer.error) : undefined;
    if ('error' in answer && code === undefined) return;
    const usable = usableSources(destination, this.#from.addresses);
    const chosen = 'source' in answer && usable.includes(answer.source) ? answer.source : usable[0];
    const source = code === undefined ? chosen : undefined;
    this.#remember(destination, source);
    if (code !== undefined) this.#from.unreachable(destination, code);
    if (source !== given) this.#from.changed();
  }

  #remember(destination: Address, source: Address | undefined): void {
    const lifeMs = source === undefined ? NO_ROUTE_LIFE_MS : ANSWER_LIFE_MS;
    setBounded(this.#answers, destination, { source, untilMs: this.#from.clock.now() + lifeMs }, MOST_ANSWERS);
  }
}

/** Sets a value. If the map is full, the oldest entry is removed. */
function setBounded<V>(map: Map<Address, V>, key: Address, value: V, most: number): void {
  map.delete(key);
  if (map.size >= most) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, value);
}
