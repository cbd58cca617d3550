import type { Address } from '../address.js';
import type { RefusalReason, UdpEndpoint } from './codec.js';
import type { RelayLimits } from './limits.js';
import { LruMap } from './lru-map.js';
import type { Policy } from './policy.js';
import type { SctpSummary } from './sctp.js';
import { TokenBucket } from './token-bucket.js';

/** Why something isn't carried. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly text: string;
}

/** What an INIT costs of the budget for a destination that hasn't answered, or all of a smaller one; other packets cost 1. */
const INIT_COST = 4;
/** A destination counts as answering for so long after its last datagram. */
const ANSWER_LIFE_MS = 120_000;
/** A destination that was used more recently isn't forgotten for another one: its budget is full again by then. */
const FORGET_AFTER_MS = 60_000;
const MAX_ADDRESSES = 16_384;
/**
 * A host with several addresses may answer from another one than was sent to: each packet that comes in lets so many
 * go out to destinations that haven't answered themselves. SACKs come for every second packet at the least.
 */
const CREDIT_PER_ANSWER = 4;

/** Counts, over all clients, what an address hasn't answered: many clients, or many sessions, are no more than one. */
export class UnansweredLimit {
  readonly #burst: number;
  readonly #buckets = new LruMap<Address, TokenBucket>(MAX_ADDRESSES);

  constructor({ unansweredInits }: RelayLimits) {
    this.#burst = unansweredInits * INIT_COST;
  }

  take(address: Address, cost: number, nowMs: number): boolean {
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#burst, this.#burst / 10, nowMs);
      this.#buckets.set(address, bucket);
    }
    return bucket.take(cost, nowMs);
  }

  answered(address: Address): void {
    this.#buckets.get(address)?.give(INIT_COST);
  }
}

interface Peer {
  readonly budget: TokenBucket;
  usedAtMs: number;
  answeredAtMs: number;
}

/**
 * The destinations that one client talks to. A datagram comes back only from these, and before one has answered it gets
 * no more than a few packets: nobody can be flooded who doesn't take part.
 */
export class Destinations {
  readonly #policy: Policy;
  readonly #limits: RelayLimits;
  readonly #guard: UnansweredLimit;
  readonly #peers = new Map<string, Peer>();
  /** The last one that was found: mostly the next datagram has the same, as an object. */
  #last: { readonly endpoint: UdpEndpoint; readonly peer: Peer } | undefined;
  #credit = 0;

  constructor(policy: Policy, limits: RelayLimits, guard: UnansweredLimit) {
    this.#policy = policy;
    this.#limits = limits;
    this.#guard = guard;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** From now on datagrams from there are let in. */
  permit(endpoint: UdpEndpoint, nowMs: number): Refusal | undefined {
    const peer = this.#enter(endpoint, nowMs);
    return 'reason' in peer ? peer : undefined;
  }

  /** Whether a packet may leave. */
  outbound(endpoint: UdpEndpoint, { isInit }: SctpSummary, nowMs: number): Refusal | undefined {
    const peer = this.#enter(endpoint, nowMs);
    if ('reason' in peer) return peer;
    const { address, port } = endpoint;
    const isAnswering = nowMs - peer.answeredAtMs < ANSWER_LIFE_MS;
    if (isAnswering && !isInit) return undefined;
    const cost = isInit ? Math.min(INIT_COST, this.#limits.unanswered) : 1;
    const isWithinBudget = peer.budget.take(cost, nowMs);
    if (isWithinBudget && this.#guard.take(address, cost, nowMs)) return undefined;
    if (!isInit && this.#takeCredit()) return undefined;
    if (isWithinBudget) {
      return { reason: 'limit', text: `${address} leaves too much of this relay's clients unanswered` };
    }
    return { reason: 'limit', text: `${address} port ${port} has not answered: no more is sent there for now` };
  }

  /** Whether datagrams from there may come in. */
  has(endpoint: UdpEndpoint): boolean {
    return this.#find(endpoint) !== undefined;
  }

  /** An SCTP packet has come from there: it takes part. */
  answered(endpoint: UdpEndpoint, nowMs: number): void {
    const peer = this.#find(endpoint);
    if (peer === undefined) return;
    peer.usedAtMs = nowMs;
    peer.answeredAtMs = nowMs;
    this.#credit = Math.min(this.#credit + CREDIT_PER_ANSWER, CREDIT_PER_ANSWER * this.#limits.unanswered);
    peer.budget.give(this.#limits.unanswered);
    this.#guard.answered(endpoint.address);
  }

  #takeCredit(): boolean {
    if (this.#credit === 0) return false;
    this.#credit--;
    return true;
  }

  #enter(endpoint: UdpEndpoint, nowMs: number): Peer | Refusal {
    const known = this.#find(endpoint);
    if (known !== undefined) {
      known.usedAtMs = nowMs;
      return known;
    }
    const text = this.#policy.refusal(endpoint);
    if (text !== undefined) return { reason: 'destination', text };
    if (this.#peers.size >= this.#limits.destinations && !this.#forgetOne(nowMs)) {
      return { reason: 'limit', text: `more than ${this.#limits.destinations} destinations at once` };
    }
    const budget = new TokenBucket(this.#limits.unanswered, 1, nowMs);
    const peer: Peer = { budget, usedAtMs: nowMs, answeredAtMs: Number.NEGATIVE_INFINITY };
    this.#peers.set(keyOf(endpoint), peer);
    return peer;
  }

  #find(endpoint: UdpEndpoint): Peer | undefined {
    if (this.#last?.endpoint === endpoint) return this.#last.peer;
    const peer = this.#peers.get(keyOf(endpoint));
    this.#last = peer && { endpoint, peer };
    return peer;
  }

  #forgetOne(nowMs: number): boolean {
    this.#last = undefined;
    for (const [key, { usedAtMs }] of this.#peers) {
      if (nowMs - usedAtMs >= FORGET_AFTER_MS) return this.#peers.delete(key);
    }
    return false;
  }
}

function keyOf({ address, port }: UdpEndpoint): string {
  return `${address} ${port}`;
}
