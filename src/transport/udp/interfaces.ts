import type { NetworkInterfaceInfo } from 'node:os';
import { type Address, addressBytes, formatAddress } from '../../address.js';

/** An address of the machine, the prefix length of its network, and the interface that has it. */
export interface LocalNetwork {
  readonly address: Address;
  readonly prefixBits: number;
  readonly interfaceName: string;
}

/** The result of `os.networkInterfaces()`. */
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** The machine's networks. */
export function localNetworks(interfaces: Interfaces): LocalNetwork[] {
  const networks: LocalNetwork[] = [];
  for (const [interfaceName, infos] of Object.entries(interfaces)) {
    for (const info of infos ?? []) {
      const bytes = addressBytes(info.address.split('%')[0] ?? '');
      const mask = addressBytes(info.netmask);
      if (bytes === undefined || mask === undefined) continue;
      networks.push({ address: formatAddress(bytes), prefixBits: leadingOnes(mask), interfaceName });
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

function leadingOnes(mask: Uint8Array): number {
  let bits = 0;
  for (const byte of mask) {
    bits += Math.clz32(~(byte << 24));
    if (byte !== 0xff) break;
  }
  return bits;
}
