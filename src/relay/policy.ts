import type { Address } from '../address.js';
import type { UdpEndpoint } from './codec.js';
import { contains, type Network, parseIp, parseNetwork, specialRange } from './network.js';

/**
 * A rule that lets destinations through: `WHERE:PORTS`. WHERE is a network, an address or a host name; IPv6 stands in
 * brackets, its prefix length inside or behind them. PORTS is a UDP port, a range, or `*`.
 *
 *     203.0.113.7:9899   203.0.113.0/24:9899-9910   [2001:db8::/32]:*   [2001:db8::]/32:*   peer.example.org:9899
 */
export interface Rule {
  /** `undefined`: the host's addresses. */
  readonly network?: Network;
  readonly host?: string;
  readonly ports: readonly [first: number, last: number];
}

/** Finds the addresses of a host name; none when there are none. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

/** Throws TypeError for what is no rule. */
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
  throw new TypeError(`'${text}' is no rule: write 203.0.113.0/24:9899, [2001:db8::/32]:9899 or peer.example.org:*`);
}

/** Puts a host's addresses in place of its name. Whatever they are, {@link Policy.refusal} judges them again. */
export async function resolveRules(rules: readonly Rule[], resolve: Resolve): Promise<Rule[]> {
  const resolved = rules.map(async ({ network, host, ports }): Promise<Rule[]> => {
    if (host === undefined) return network ? [{ network, ports }] : [];
    const networks = (await resolve(host)).map((address) => parseNetwork(address));
    return networks.flatMap((found) => (found ? [{ network: found, ports }] : []));
  });
  return (await Promise.all(resolved)).flat();
}

/** Where one client may send to. Names are resolved by now: addresses alone are judged. */
export class Policy {
  readonly #layers: readonly (readonly Rule[])[];
  readonly #exceptions: readonly Network[];

  /** A destination must pass a rule of every layer. Special addresses pass only where an exception names them. */
  constructor(layers: readonly (readonly Rule[])[], exceptions: readonly Network[]) {
    this.#layers = layers;
    this.#exceptions = exceptions;
  }

  /** Why a destination is refused, in a sentence; `undefined` when it isn't. */
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

/** RFC 1123 §2.1; the last label isn't a number, or it would be an address written in some odd way. */
function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  const isLabel = (label: string) => /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i.test(label);
  return text.length <= 253 && labels.every(isLabel) && !/^(\d+|0x[\da-f]*)$/i.test(labels.at(-1) ?? '');
}
