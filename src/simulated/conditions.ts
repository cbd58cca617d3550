import { checkType, shown } from '../arguments.js';

/** What a link does to packets. Each knob draws from a random stream of its own; absent ones do nothing. */
export interface Conditions {
  /** Time on the way, in ms; by default {@link DEFAULT_LATENCY_MS}. 0 is allowed: the same instant, but a later turn. */
  readonly latencyMs?: number;
  /** Extra time for each packet, evenly between 0 and this many ms. It doesn't reorder: a packet waits for slower ones. */
  readonly jitterMs?: number;
  /** The share of packets that is lost, 0 to 1, or losses in bursts. */
  readonly loss?: number | GilbertElliott;
  /** The share of packets that is held back, so that later ones overtake them: 0 to 1. */
  readonly reorder?: number;
  /** How long `reorder` holds a packet back, in ms; 10 by default. */
  readonly reorderMs?: number;
  /** The share of packets that is sent twice: 0 to 1. Both copies meet the other conditions, each by itself. */
  readonly duplicate?: number;
  /** The share of packets in which one bit is flipped: 0 to 1. */
  readonly corrupt?: number;
  /** Bits per second, IP headers included. */
  readonly rateBps?: number;
  /** How many bytes may wait for `rateBps`, the packet on the wire included; 65,536 by default. More are dropped. */
  readonly queueBytes?: number;
  /** The share of ECN-capable packets that is marked with Congestion Experienced (RFC 3168): 0 to 1. */
  readonly mark?: number;
  /** ECN-capable packets are marked, too, that find more than this many bytes waiting for `rateBps`. */
  readonly markBytes?: number;
  /** The largest IP packet in bytes that passes; larger ones vanish, as in a path-MTU black hole (RFC 8899). */
  readonly mtu?: number;
}

/**
 * Losses in bursts: a link that is good or bad, and may change before each packet (Gilbert 1960, Elliott 1963).
 * The mean burst lasts `1 / badToGood` packets; the bad state holds `goodToBad / (goodToBad + badToGood)` of them.
 */
export interface GilbertElliott {
  /** The chance before each packet that a good link turns bad. */
  readonly goodToBad: number;
  /** The chance before each packet that a bad link recovers. */
  readonly badToGood: number;
  /** The share of packets lost while the link is good; 0 by default. */
  readonly lossInGood?: number;
  /** The share of packets lost while the link is bad; 1 by default. */
  readonly lossInBad?: number;
}

/** 1/8 ms: short, never 0, and exact in binary, so that sums of it stay exact. */
export const DEFAULT_LATENCY_MS: number = 0.125;

/** Throws a RangeError for shares that aren't from 0 to 1, and for amounts that are negative or no numbers. */
export function checkConditions(conditions: Conditions): void {
  const { loss = 0, reorder = 0, duplicate = 0, corrupt = 0, mark = 0, ...amounts } = conditions;
  const losses = typeof loss === 'number' ? { loss } : loss;
  for (const [knob, share] of Object.entries({ ...losses, reorder, duplicate, corrupt, mark })) {
    checkType(share, 'number', knob, 'link');
    if (!(share >= 0 && share <= 1)) throw new RangeError(`${knob} is ${shown(share)}: give a share from 0 to 1`);
  }
  for (const [knob, amount] of Object.entries(amounts)) {
    if (amount === undefined) continue;
    checkType(amount, 'number', knob, 'link');
    if (!(amount >= 0)) throw new RangeError(`${knob} is ${shown(amount)}: give 0 or more`);
  }
}
