import { type Address, isLinkLocalIpv6, isLoopback } from '../../address.js';
import type { LocalNetwork } from './interfaces.js';
import { isWithin, parsePrefix } from './prefix.js';

/**
 * Chooses addresses of the machine: a network (`192.0.2.0/24`), an address, the name of an interface (`eth0`), or a function that
 * returns true for them.
 */
export type AddressFilter = string | ((address: Address, interfaceName: string) => boolean);

type Matches = (network: LocalNetwork) => boolean;

/**
 * Interfaces of networks that exist on this machine only, between it and its containers and virtual machines. Not among them are
 * VPNs (`tun0`, `wg0`), bridges that may have the machine's own link (`br0`), and Hyper-V's external switches.
 */
const INTERNAL_INTERFACES: RegExp = new RegExp(
  [
    'docker\\d+|docker_gwbridge|br-[0-9a-f]{12}', // Docker
    'podman\\d+|cni-podman\\d+|nerdctl\\d+', // Podman, containerd
    'veth.*', // the machine's end of a link to a container
    'cni\\d+|cbr\\d+|flannel.*|cali.*|tunl\\d+|cilium.*|lxc[0-9a-f]{12}|lxc_health|weave|kube-.*|antrea-.*', // Kubernetes
    'lxcbr\\d+|lxdbr\\d+|incusbr\\d+|virbr\\d+(-nic)?|vnet\\d+', // LXC, LXD, Incus, libvirt
    'vboxnet\\d+|vmnet\\d+|VirtualBox Host-Only.*|VMware Network Adapter VMnet\\d+', // VirtualBox, VMware
    'vEthernet \\((Default Switch|WSL.*|nat)\\)', // Hyper-V, WSL, Docker on Windows
    'bridge1\\d\\d', // virtual machines on macOS
  ]
    .map((names) => `^(?:${names})$`)
    .join('|'),
);

/** Chooses those of the machine's addresses that a wildcard stands for: never link-local ones of IPv6, which need a zone. */
export class WildcardFilter {
  readonly #include: Matches | undefined;
  readonly #exclude: Matches;
  /** Until another address has been seen, those of internal interfaces are used: this may be the inside of a container. */
  #hasOnlyInternal = true;

  constructor(include: readonly AddressFilter[] | undefined, exclude: readonly AddressFilter[] = []) {
    this.#include = include && anyOf(include);
    this.#exclude = anyOf(exclude);
  }

  choose(networks: readonly LocalNetwork[]): LocalNetwork[] {
    const zoneless = networks.filter(({ address }) => !isLinkLocalIpv6(address));
    const allowed = zoneless.filter((network) => !this.#exclude(network));
    if (this.#include) return allowed.filter(this.#include);
    const global = allowed.filter(({ address }) => !isLinkLocalIpv4(address));
    const external = global.filter(({ interfaceName }) => !INTERNAL_INTERFACES.test(interfaceName));
    if (external.some(({ address }) => !isLoopback(address))) this.#hasOnlyInternal = false;
    return this.#hasOnlyInternal ? global : external;
  }
}

/** RFC 3927. */
function isLinkLocalIpv4(address: Address): boolean {
  return address.startsWith('169.254.');
}

/** Whether a text can be a filter: digits and dots, or a text with a slash, must be a valid address or network. */
export function isFilterText(text: string): boolean {
  return text !== '' && (parsePrefix(text) !== undefined || !/^[\d.]+$|\//.test(text));
}

function anyOf(filters: readonly AddressFilter[]): Matches {
  const matches = filters.map(matcher);
  return (network) => matches.some((each) => each(network));
}

function matcher(filter: AddressFilter): Matches {
  if (typeof filter === 'function') return ({ address, interfaceName }) => filter(address, interfaceName);
  const prefix = parsePrefix(filter);
  if (prefix === undefined) return ({ interfaceName }) => interfaceName === filter;
  return ({ address }) => isWithin(address, prefix);
}
