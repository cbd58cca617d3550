import type { NetworkInterfaceInfo } from 'node:os';
import { type Address, addressBytes, familyOf, formatAddress, isLoopback } from '../../address.js';

/** An address of the machine, and the prefix length of its network. */
export interface LocalNetwork {
  readonly address: Address;
  readonly prefixBits: number;
}

/** The result of `os.networkInterfaces()`. */
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** An address to open a socket on. An explicit one must exist; one from a wildcard may have been removed meanwhile. */
export interface Wanted {
  readonly address: Address;
  readonly explicit: boolean;
}

/** The machine's networks, except link-local ones: their addresses need a zone, which INIT can't carry. */
export function localNetworks(interfaces: Interfaces): LocalNetwork[] {
  const networks: LocalNetwork[] = [];
  for (const info of Object.values(interfaces).flatMap((infos) => infos ?? [])) {
    const bytes = addressBytes(info.address.split('%')[0] ?? '');
    const mask = addressBytes(info.netmask);
    if (bytes === undefined || mask === undefined) continue;
    const address = formatAddress(bytes);
    if (!isLinkLocal(address)) networks.push({ address, prefixBits: leadingOnes(mask) });
  }
  return networks;
}

/** The name of the interface that has an address. */
export function interfaceName(interfaces: Interfaces, address: Address): string | undefined {
  const bytes = addressBytes(address)?.join();
  const has = (info: NetworkInterfaceInfo) => addressBytes(info.address.split('%')[0] ?? '')?.join() === bytes;
  return Object.entries(interfaces).find(([, infos]) => infos?.some(has))?.[0];
}

/**
 * Chooses the addresses to open sockets on. An explicit address is always wanted until it has been listed once, since not all
 * usable addresses are listed: on Linux the loopback interface has 127.0.0.2, too. From then on it is wanted while it is listed.
 */
export class WantedAddresses {
  readonly #asked: readonly Address[];
  /** Explicit addresses that have been listed. */
  readonly #seen = new Set<Address>();

  /** `asked`: explicit addresses and wildcards. */
  constructor(asked: readonly Address[]) {
    this.#asked = asked;
  }

  of(networks: readonly LocalNetwork[]): Wanted[] {
    const listed = new Set(networks.map(({ address }) => address));
    const wanted = expandWildcards(this.#asked, networks);
    for (const { address, explicit } of wanted) if (explicit && listed.has(address)) this.#seen.add(address);
    return wanted.filter(({ address }) => listed.has(address) || !this.#seen.has(address));
  }
}

/** Replaces `0.0.0.0` and `::` by the machine's addresses of that family, loopback addresses last. */
function expandWildcards(addresses: readonly Address[], networks: readonly LocalNetwork[]): Wanted[] {
  const own = [...new Set(networks.map((network) => network.address))];
  own.sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
  const wanted = new Map<Address, Wanted>();
  for (const asked of addresses) {
    const wildcard = asked === '0.0.0.0' || asked === '::';
    const found = wildcard ? own.filter((address) => familyOf(address) === familyOf(asked)) : [asked];
    for (const address of found) {
      wanted.set(address, { address, explicit: !wildcard || wanted.get(address)?.explicit === true });
    }
  }
  return [...wanted.values()];
}

/** IPv4: RFC 3927, IPv6: fe80::/10. */
function isLinkLocal(address: Address): boolean {
  return address.startsWith('169.254.') || /^fe[89ab].:/.test(address);
}

function leadingOnes(mask: Uint8Array): number {
  let bits = 0;
  for (const byte of mask) {
    bits += Math.clz32(~(byte << 24));
    if (byte !== 0xff) break;
  }
  return bits;
}
