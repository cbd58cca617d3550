import type { NetworkInterfaceInfo } from 'node:os';
import { type Address, addressBytes, familyOf, formatAddress } from '../../address.js';

/** An address of the machine, the prefix length of its network, and the interface that has it. */
export interface LocalNetwork {
  readonly address: Address;
  readonly prefixBits: number;
  readonly interfaceName: string;
}

/** The result of `os.networkInterfaces()`. */
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** The machine's networks, except link-local ones of IPv6: their addresses need a zone, which INIT can't carry. */
export function localNetworks(interfaces: Interfaces): LocalNetwork[] {
  const networks: LocalNetwork[] = [];
  for (const [interfaceName, infos] of Object.entries(interfaces)) {
    for (const info of infos ?? []) {
      const bytes = addressBytes(info.address.split('%')[0] ?? '');
      const mask = addressBytes(info.netmask);
      if (bytes === undefined || mask === undefined) continue;
      const address = formatAddress(bytes);
      if (familyOf(address) === 'IPv6' && isLinkLocal(address)) continue;
      networks.push({ address, prefixBits: leadingOnes(mask), interfaceName });
    }
  }
  return networks;
}

/** The name of the interface that has an address. */
export function interfaceName(interfaces: Interfaces, address: Address): string | undefined {
  const bytes = addressBytes(address)?.join();
  const has = (info: NetworkInterfaceInfo) => addressBytes(info.address.split('%')[0] ?? '')?.join() === bytes;
  return Object.entries(interfaces).find(([, infos]) => infos?.some(has))?.[0];
}

/** IPv4: RFC 3927, IPv6: fe80::/10. */
export function isLinkLocal(address: Address): boolean {
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
