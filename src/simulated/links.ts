import { type Conditions, checkConditions } from './conditions.js';
import { canonicalEnd, type End, enters, leaves } from './group.js';
import { Link } from './link.js';
import type { PacketInTransit } from './packet-in-transit.js';
import type { SeededRandom } from './seeded-random.js';

interface Rule {
  readonly source: ReadonlySet<End>;
  readonly destination: ReadonlySet<End>;
  readonly weight: number;
  readonly conditions: Conditions;
}

interface KnownLink {
  readonly link: Link;
  /** The version of the rules that its conditions come from. */
  version: number;
  /** For which ends its conditions hold: an address may move to another host, and a NAT may choose another address. */
  from: End | undefined;
  to: End | undefined;
  source: string;
}

/**
 * The links of a network. A link is created when the first packet is sent from one address to another. Each direction between
 * two addresses is a link with a queue and random streams of its own.
 *
 * Rules determine the conditions. Each condition comes from the most specific rule that sets it: a pair of addresses, then one
 * address, then a pair of hosts, then one host, then any. Of equally specific rules the latest one counts.
 */
export class Links {
  readonly #random: SeededRandom;
  readonly #known = new Map<string, Map<string, KnownLink>>();
  #rules: Rule[] = [];
  #version = 0;

  constructor(random: SeededRandom, conditions: Conditions) {
    this.#random = random;
    this.rule('*', '*', conditions);
  }

  /** Adds conditions for one direction. */
  rule(source: End, destination: End, conditions: Conditions): void {
    checkConditions(conditions);
    const ends = [canonicalEnd(source, 'link'), canonicalEnd(destination, 'link')] as const;
    const weight = weightOf(ends[0]) + weightOf(ends[1]);
    const [from, to] = ends.map((end) => new Set([end])) as [Set<End>, Set<End>];
    // A rule for the same ends replaces the earlier one. Otherwise changing a link in a loop would add rules for ever.
    const isSame = (rule: Rule) => rule.source.has(ends[0]) && rule.destination.has(ends[1]);
    const merged = { ...this.#rules.find(isSame)?.conditions, ...conditions };
    this.#rules = this.#rules.filter((rule) => !isSame(rule));
    this.#rules.push({ source: from, destination: to, weight, conditions: merged });
    this.#rules.sort((a, b) => a.weight - b.weight);
    this.#version++;
  }

  /** The link that a packet takes. */
  of(transit: PacketInTransit): Link {
    const known = this.#find(transit.sentFrom, transit.packet.destination);
    if (known.version !== this.#version || !isBetween(known, transit)) {
      known.link.conditions = this.#conditionsFor(transit);
      known.version = this.#version;
      known.from = transit.from;
      known.to = transit.to;
      known.source = transit.packet.source;
    }
    return known.link;
  }

  #find(source: string, destination: string): KnownLink {
    const bySource = this.#known.get(source) ?? new Map<string, KnownLink>();
    const known = bySource.get(destination);
    if (known !== undefined) return known;
    const link = new Link(this.#random.fork(`${source} > ${destination}`));
    const made = { link, version: 0, from: undefined, to: undefined, source };
    this.#known.set(source, bySource.set(destination, made));
    return made;
  }

  #conditionsFor(transit: PacketInTransit): Conditions {
    const rules = this.#rules.filter((rule) => leaves(rule.source, transit) && enters(rule.destination, transit));
    return Object.assign({}, ...rules.map((rule) => rule.conditions)) as Conditions;
  }
}

function isBetween({ from, to, source }: KnownLink, transit: PacketInTransit): boolean {
  return from === transit.from && to === transit.to && source === transit.packet.source;
}

/** One address is more specific than a pair of hosts. */
function weightOf(end: End): number {
  if (end === '*') return 0;
  return typeof end === 'string' ? 3 : 1;
}
