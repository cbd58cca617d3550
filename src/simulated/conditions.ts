import { checkOptions, checkType, shown } from '../arguments.js';
import type { Names } from '../nearest-name.js';

/** What a link does to packets. Each condition has a random stream of its own. Those that are left out do nothing. */
export interface Conditions {
  /** One-way delay in ms; {@link DEFAULT_LATENCY_MS} by default. With 0, packets arrive at once, but after `send` has returned. */
  readonly latencyMs?: number;
  /** Extra delay of each packet, uniform between 0 and this many ms. Packets stay in order: each waits for those before it. */
  readonly jitterMs?: number;
  /** The share of packets that is lost, from 0 to 1; or a model of losses in bursts. */
  readonly loss?: number | GilbertElliott;
  /** The share of packets that is delayed so that later ones overtake them, from 0 to 1. */
  readonly reorder?: number;
  /** How long `reorder` delays a packet, in ms; 10 by default. */
  readonly reorderMs?: number;
  /** The share of packets that is duplicated, from 0 to 1. The other conditions apply to each copy separately. */
  readonly duplicate?: number;
  /** The share of packets in which one bit is flipped, from 0 to 1. */
  readonly corrupt?: number;
  /** The rate of the link in bits per second, IP headers included. */
  readonly rateBps?: number;
  /**
   * The size of the queue for `rateBps` in bytes, including the packet that is being sent; 65,536 by default. Packets that don't
   * fit are dropped.
   */
  readonly queueBytes?: number;
  /** The share of ECN-capable packets that is marked with Congestion Experienced (RFC 3168), from 0 to 1. */
  readonly mark?: number;
  /** ECN-capable packets are also marked if more than this many bytes are in the queue before them. */
  readonly markBytes?: number;
  /** The largest IP packet in bytes that passes. Larger ones are lost, as in a path-MTU black hole (RFC 8899). */
  readonly mtu?: number;
}

/**
 * Losses in bursts: the link is in a good or bad state, which may change before each packet (Gilbert 1960, Elliott 1963).
 * The mean length of a burst is `1 / badToGood` packets. A share of `goodToBad / (goodToBad + badToGood)` of all packets meets
 * the bad state.
 */
export interface GilbertElliott {
  /** The probability before each packet that a good link turns bad. */
  readonly goodToBad: number;
  /** The probability before each packet that a bad link turns good. */
  readonly badToGood: number;
  /** The share of packets lost while the link is good; 0 by default. */
  readonly lossInGood?: number;
  /** The share of packets lost while the link is bad; 1 by default. */
  readonly lossInBad?: number;
}

const CONDITIONS: Names<Conditions> = {
  latencyMs: true,
  jitterMs: true,
  loss: true,
  reorder: true,
  reorderMs: true,
  duplicate: true,
  corrupt: true,
  rateBps: true,
  queueBytes: true,
  mark: true,
  markBytes: true,
  mtu: true,
};
const LOSSES: Names<GilbertElliott> = { goodToBad: true, badToGood: true, lossInGood: true, lossInBad: true };

/** 1/8 ms: short, but not 0, and exact in binary, so that sums of it are exact. */
export const DEFAULT_LATENCY_MS: number = 0.125;

/**
 * Throws RangeError for shares outside 0 to 1, and for amounts that are negative or NaN; TypeError for other types and unknown names.
 */
export function checkConditions(conditions: Conditions): void {
  checkOptions(conditions, CONDITIONS, 'link');
  const { loss = 0, reorder = 0, duplicate = 0, corrupt = 0, mark = 0, ...amounts } = conditions;
  if (typeof loss === 'object') checkOptions(loss, LOSSES, 'link: loss');
  const losses = typeof loss === 'object' ? loss : { loss };
  for (const [name, share] of Object.entries({ ...losses, reorder, duplicate, corrupt, mark })) {
    checkType(share, 'number', name, 'link');
    if (!(share >= 0 && share <= 1)) throw new RangeError(`${name} is ${shown(share)}: give a share from 0 to 1`);
  }
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount === undefined) continue;
    checkType(amount, 'number', name, 'link');
    if (!(amount >= 0)) throw new RangeError(`${name} is ${shown(amount)}: give 0 or more`);
  }
}
