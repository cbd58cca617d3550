import { type Address, addressBytes, formatAddress } from '../../address.js';

/** An address of the machine, the prefix length of its network, and the interface that has it. */
export interface LocalNetwork {
  readonly address: Address;
  readonly prefixBits: number;
  readonly interfaceName: string;
}

/**
 * What is read of the result of `os.networkInterfaces()`. Node's own type would be in the declarations of the package, which
 * compile without Node's types.
 */
export interface Interfaces {
  readonly [name: string]: readonly InterfaceAddress[] | undefined;
}

interface InterfaceAddress {
  readonly address: string;
  readonly netmask: string;
  readonly scopeid?: number;
}

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
  const has = (info: InterfaceAddress) => addressBytes(info.address.split('%')[0] ?? '')?.join() === bytes;
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
