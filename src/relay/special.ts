import type { Address } from '../address.js';
import { contains, type Network, parseNetwork, plainBytes } from './network.js';

/**
 * Addresses that aren't a public host's (the IANA special-purpose registries, RFC 6890 and its successors), and those
 * that carry another address within them, through which a translator would reach what is refused here.
 */
const SPECIAL: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared by carriers'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', '6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarks'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved, broadcast'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::/96', 'IPv4-compatible'],
  ['::ffff:0:0:0/96', 'IPv4-translated'],
  ['64:ff9b::/96', 'NAT64'],
  ['64:ff9b:1::/48', 'local NAT64'],
  ['100::/64', 'discard'],
  ['2001::/32', 'Teredo'],
  ['2001::/23', 'protocol assignments'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'private (unique local)'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
];

const NETWORKS: readonly { readonly network: Network; readonly what: string }[] = SPECIAL.flatMap(([text, what]) => {
  const network = parseNetwork(text);
  return network ? [{ network, what }] : [];
});

/** Global unicast (RFC 4291 §2.4): what IPv6 addresses are given from today. */
const GLOBAL_UNICAST: Network | undefined = parseNetwork('2000::/3');

/** What is special about an address, in a word or two; `undefined` when it can be a public host's. */
export function specialKind(address: Address): string | undefined {
  const bytes = plainBytes(address);
  if (bytes === undefined) return 'no address';
  const found = NETWORKS.find(({ network }) => contains(network, bytes));
  if (found !== undefined) return found.what;
  return bytes.length === 16 && GLOBAL_UNICAST && !contains(GLOBAL_UNICAST, bytes) ? 'not global unicast' : undefined;
}
