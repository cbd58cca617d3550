import type { Address } from '../address.js';
import { type Association, Associations, isAnswering } from './associations.js';
import type { ClientTag, RefusalReason, UdpEndpoint } from './codec.js';
import type { RelayLimits } from './limits.js';
import type { Policy } from './policy.js';
import type { SctpSummary } from './sctp.js';
import { TokenBucket } from './token-bucket.js';
import { INIT_COST, type UnansweredLimit } from './unanswered-limit.js';

/** Why a datagram or a permit is refused. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly text: string;
}

/** A destination is replaced by another only if it has been unused for this long: its budget is full again by then. */
const UNUSED_MS = 60_000;
/**
 * A multi-homed host may answer from another address than the one that was sent to. So each packet that it sends allows
 * this many packets to destinations that haven't answered themselves. There is a SACK for at least every second packet.
 */
const CREDIT_PER_ANSWER = 4;

interface Destination {
  readonly budget: TokenBucket;
  usedAtMs: number;
}

/**
 * The destinations of one client, and its associations with them. Only packets from these destinations that belong to
 * one of the associations are let in, and INITs, in case the client listens. A destination that hasn't answered gets a
 * few packets only, so that a host that takes no part can't be flooded; and so does one that gets packets of no
 * association.
 */
export class Destinations {
  readonly associations: Associations;
  readonly #policy: Policy;
  readonly #limits: RelayLimits;
  readonly #unanswered: UnansweredLimit;
  readonly #destinations = new Map<string, Destination>();
  /** The last one that was found: usually the next datagram has the same endpoint, as the same object. */
  #last: { readonly endpoint: UdpEndpoint; readonly destination: Destination } | undefined;
  #credit = 0;

  constructor(policy: Policy, limits: RelayLimits, unanswered: UnansweredLimit) {
    this.#policy = policy;
    this.#limits = limits;
    this.#unanswered = unanswered;
    this.associations = new Associations(limits.associations);
  }

  get size(): number {
    return this.#destinations.size;
  }

  /** Lets in datagrams from an endpoint. */
  permit(endpoint: UdpEndpoint, nowMs: number): Refusal | undefined {
    const found = this.#findOrAdd(endpoint, nowMs);
    return 'reason' in found ? found : undefined;
  }

  /**
   * Why a packet must not be sent; `undefined` if it may be. `crowded`: it is an INIT, and all clients together have
   * sent too many that are unanswered; it may {@link wait}.
   */
  outbound(endpoint: UdpEndpoint, packet: SctpSummary, nowMs: number): Refusal | 'crowded' | undefined {
    const destination = this.#findOrAdd(endpoint, nowMs);
    if ('reason' in destination) return destination;
    const { isInit } = packet;
    const association = isInit ? undefined : this.associations.find(packet, destination);
    if (association !== undefined && isAnswering(association, destination, nowMs)) return undefined;
    return this.#unansweredRefusal(endpoint, destination, isInit, nowMs);
  }

  #unansweredRefusal(
    { address, port }: UdpEndpoint,
    destination: Destination,
    isInit: boolean,
    nowMs: number,
  ): Refusal | 'crowded' | undefined {
    const cost = isInit ? Math.min(INIT_COST, this.#limits.unanswered) : 1;
    const isWithinBudget = destination.budget.take(cost, nowMs);
    if (isWithinBudget && this.#unanswered.take(address, cost, nowMs)) return undefined;
    if (!isInit && this.#takeCredit()) return undefined;
    if (isWithinBudget) return isInit ? 'crowded' : crowdedRefusal(address);
    return {
      reason: 'limit',
      text: `${address} port ${port} has not answered: no more packets are sent there for now`,
    };
  }

  /** Calls `settle` when an INIT may be sent, or with the reason why not. */
  wait({ address }: UdpEndpoint, settle: (refusal: Refusal | undefined) => void): void {
    const isWaiting = this.#unanswered.wait(address, this, (isAllowed) => {
      settle(isAllowed ? undefined : crowdedRefusal(address));
    });
    if (!isWaiting) settle(crowdedRefusal(address));
  }

  /** Notes a packet that is sent. Returns its association, if it belongs to one, or why it can't begin one. */
  sent(endpoint: UdpEndpoint, packet: SctpSummary, nowMs: number): Association | Refusal | undefined {
    const destination = this.#find(endpoint);
    if (destination === undefined) return undefined;
    const association = this.associations.sent(packet, destination, nowMs);
    if (association !== 'full') return association;
    return { reason: 'limit', text: `more than ${this.#limits.associations} associations at once` };
  }

  /** Whether datagrams from an endpoint may be let in. */
  has(endpoint: UdpEndpoint): boolean {
    return this.#find(endpoint) !== undefined;
  }

  /** Notes a packet from an endpoint. Returns its association; `undefined` if it belongs to none. */
  received(endpoint: UdpEndpoint, packet: SctpSummary, nowMs: number): Association | undefined {
    const destination = this.#find(endpoint);
    const association = destination && this.associations.received(packet, destination, nowMs);
    if (destination === undefined || association === undefined) return undefined;
    destination.usedAtMs = nowMs;
    this.#unanswered.answered(endpoint.address);
    if (association.state === 'open') this.#answered(destination);
    return association;
  }

  announce(tags: readonly ClientTag[], nowMs: number): void {
    for (const each of tags) this.associations.announce(each, nowMs);
  }

  /** A destination takes part. */
  #answered(destination: Destination): void {
    this.#credit = Math.min(this.#credit + CREDIT_PER_ANSWER, CREDIT_PER_ANSWER * this.#limits.unanswered);
    destination.budget.give(this.#limits.unanswered);
  }

  #takeCredit(): boolean {
    if (this.#credit === 0) return false;
    this.#credit--;
    return true;
  }

  #findOrAdd(endpoint: UdpEndpoint, nowMs: number): Destination | Refusal {
    const known = this.#find(endpoint);
    if (known !== undefined) {
      known.usedAtMs = nowMs;
      return known;
    }
    const text = this.#policy.refusal(endpoint);
    if (text !== undefined) return { reason: 'destination', text };
    if (this.#destinations.size >= this.#limits.destinations && !this.#removeUnused(nowMs)) {
      return { reason: 'limit', text: `more than ${this.#limits.destinations} destinations at once` };
    }
    const budget = new TokenBucket(this.#limits.unanswered, 1, nowMs);
    const destination: Destination = { budget, usedAtMs: nowMs };
    this.#destinations.set(keyOf(endpoint), destination);
    return destination;
  }

  #find(endpoint: UdpEndpoint): Destination | undefined {
    if (this.#last?.endpoint === endpoint) return this.#last.destination;
    const destination = this.#destinations.get(keyOf(endpoint));
    this.#last = destination && { endpoint, destination };
    return destination;
  }

  #removeUnused(nowMs: number): boolean {
    this.#last = undefined;
    for (const [key, { usedAtMs }] of this.#destinations) {
      if (nowMs - usedAtMs >= UNUSED_MS) return this.#destinations.delete(key);
    }
    return false;
  }
}

function crowdedRefusal(address: Address): Refusal {
  return { reason: 'limit', text: `${address} leaves too many packets of this relay's clients unanswered` };
}

function keyOf({ address, port }: UdpEndpoint): string {
  return `${address} ${port}`;
}
