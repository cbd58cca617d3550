import type { Address } from '../address.js';
import type { UdpEndpoint } from './codec.js';
import { contains, type Network, parseIp, parseNetwork, specialRange } from './network.js';

/**
 * A rule that allows destinations: `WHERE:PORTS`. WHERE is a network, an address or a host name. IPv6 is written in
 * brackets, with the prefix length inside or after them. PORTS is a UDP port, a range, or `*`.
 *
 *     203.0.113.7:9899   203.0.113.0/24:9899-9910   [2001:db8::/32]:*   [2001:db8::]/32:*   peer.example.org:9899
 */
export interface Rule {
  /** If there is none, the rule is about a host. */
  readonly network?: Network;
  readonly host?: string;
  readonly ports: readonly [first: number, last: number];
}

/** Resolves a host name; an unknown one has no addresses. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

/** Throws TypeError if the text is not a rule. */
export function parseRule(text: string): Rule {
  const [, bracketed, behind = '', plain, ports = ''] =
    /^(?:\[([^\]]+)\](\/\d+)?|([^[\]:]+)):([\d-]+|\*)$/.exec(text) ?? [];
  const where = bracketed === undefined ? plain : `${bracketed}${behind}`;
  const range = portRange(ports);
  if (where !== undefined && range !== undefined) {
    const network = parseNetwork(where);
    if (network !== undefined) return { network, ports: range };
    if (plain !== undefined && isHostName(plain)) return { host: plain.toLowerCase(), ports: range };
  }
  throw new TypeError(`'${text}' is not a rule: write 203.0.113.0/24:9899, [2001:db8::/32]:9899 or peer.example.org:*`);
}

/** Replaces each host name by its addresses. They are checked like any others by {@link Policy.refusal}. */
export async function resolveRules(rules: readonly Rule[], resolve: Resolve): Promise<Rule[]> {
  const resolved = rules.map(async ({ network, host, ports }): Promise<Rule[]> => {
    if (host === undefined) return network ? [{ network, ports }] : [];
    const networks = (await resolve(host)).map((address) => parseNetwork(address));
    return networks.flatMap((found) => (found ? [{ network: found, ports }] : []));
  });
  return (await Promise.all(resolved)).flat();
}

/** The destinations that one client may send to. Host names have been resolved before: only addresses are checked. */
export class Policy {
  readonly #layers: readonly (readonly Rule[])[];
  readonly #exceptions: readonly Network[];

  /** A destination must match a rule in every layer. A special-purpose address must be in one of the exceptions as well. */
  constructor(layers: readonly (readonly Rule[])[], exceptions: readonly Network[]) {
    this.#layers = layers;
    this.#exceptions = exceptions;
  }

  /** Why a destination is refused, in a sentence; `undefined` if it is allowed. */
  refusal({ address, port }: UdpEndpoint): string | undefined {
    const ip = parseIp(address);
    if (ip === undefined) return `${address} is not an IP address`;
    const range = specialRange(ip);
    if (range !== undefined && !this.#exceptions.some((network) => contains(network, ip))) {
      return `${address} is a special address (${range}): this relay doesn't send there`;
    }
    const passes = (rule: Rule) =>
      rule.network !== undefined && contains(rule.network, ip) && port >= rule.ports[0] && port <= rule.ports[1];
    const isAllowed = this.#layers.every((rules) => rules.some(passes));
    return isAllowed ? undefined : `${address} port ${port} is not among the allowed destinations`;
  }
}

function portRange(text: string): [number, number] | undefined {
  if (text === '*') return [1, 65_535];
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range: [number, number] = [Number(first), Number(last)];
  return range[0] >= 1 && range[1] <= 65_535 && range[0] <= range[1] ? range : undefined;
}

/** RFC 1123 §2.1. The last label must not be a number: resolvers would take the name for an IPv4 address such as 127.1. */
function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  const isLabel = (label: string) => /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i.test(label);
  return text.length <= 253 && labels.every(isLabel) && !/^(\d+|0x[\da-f]*)$/i.test(labels.at(-1) ?? '');
}
