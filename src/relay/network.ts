import ipaddr from 'ipaddr.js';
import { type Address, addressBytes, formatAddress } from '../address.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** An address block in CIDR notation: any address in it, and the length of the prefix. */
export type Network = readonly [address: IpAddress, prefixBits: number];

/** What has been assigned of IPv6's global unicast addresses (RFC 4291 §2.4). */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = ipaddr.IPv6.parseCIDR('2000::/3');

/** What ipaddr.js names by the RFC. */
const RANGES: Readonly<Record<string, string>> = { rfc6052: 'NAT64', rfc6145: 'IPv4-translated' };

/**
 * Parses `192.0.2.0/24`, `2001:db8::/32` or a single address; `undefined` if the text is neither. A network of
 * IPv4-mapped addresses is returned as an IPv4 network.
 */
export function parseNetwork(text: string): Network | undefined {
  const [, base = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = addressBytes(base); // stricter than ipaddr.js, which also accepts 127.1, 0x7f000001 and zones
  const maxBits = (bytes?.length ?? 0) * 8;
  const prefixBits = prefix === undefined ? maxBits : Number(prefix);
  if (bytes === undefined || prefixBits > maxBits) return undefined;
  const address = ipaddr.fromByteArray([...bytes]);
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && prefixBits >= 96;
  return isMapped ? [address.toIPv4Address(), prefixBits - 96] : [address, prefixBits];
}

/** Parses an address. An IPv4-mapped one is returned as IPv4, because that is where the system would send to. */
export function parseIp(address: Address): IpAddress | undefined {
  const bytes = addressBytes(address);
  return bytes && ipaddr.process(formatAddress(bytes));
}

export function contains([network, prefixBits]: Network, address: IpAddress): boolean {
  return network.kind() === address.kind() && address.match(network, prefixBits);
}

/**
 * The special-purpose range that an address is in; `undefined` if it can belong to a public host. The ranges are those
 * of the IANA registries (RFC 6890) and those that embed an IPv4 address, through which a translator would reach what
 * is refused otherwise. Any IPv6 address outside of 2000::/3 is special.
 */
export function specialRange(address: IpAddress): string | undefined {
  const range = address.range();
  if (range !== 'unicast') return RANGES[range] ?? range;
  return address instanceof ipaddr.IPv6 && !address.match(GLOBAL_UNICAST) ? 'not global unicast' : undefined;
}
