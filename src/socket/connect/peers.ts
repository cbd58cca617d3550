import {
  type Address,
  type AddressFamily,
  canonicalEnd,
  type Endpoint,
  familyOf,
  isLinkLocalIpv6,
  splitZone,
} from '../../address.js';
import { SctpError } from '../../errors.js';
import { checkFields } from '../endpoint-fields.js';
import { checkPort } from '../port.js';

/** An address and a port of a peer. */
export interface Peer extends Endpoint {
  /**
   * An IP address, or a host name, which stands for all of its addresses. A link-local address of IPv6 may have a zone, such
   * as `fe80::2%eth0`; without one it is on the link where its packets arrive, or on that of the first link-local address.
   */
  readonly address: Address;
  /** The UDP port on which the peer receives SCTP packets (RFC 6951). Default: the transport's. */
  readonly encapsulationPort?: number;
}

/** usrsctp_connectx copies the list into 2,048 bytes, 4 of which are the count. */
const LIST_BYTES = 2044;
const SOCKADDR_BYTES = { IPv4: 16, IPv6: 28, conn: 16 } as const;

/** Chooses the link of a link-local address: false if the transport isn't on that link, undefined if it knows no links. */
type UseZone = (address: Address, zone: string) => boolean | undefined;

/** Checks the peers that a caller gave connectx. Returns them with canonical addresses, without zones and duplicates. */
export function checkPeers(list: unknown, family: AddressFamily | 'any', syscall: string, useZone: UseZone): Peer[] {
  if (!Array.isArray(list)) throw new TypeError(`${syscall}: the peers must be an array of { address, port }`);
  if (list.length === 0)
    throw new SctpError('EINVAL', `${syscall}: give at least one address of the peer`, { syscall });
  if (list.length === 1) return [checkPeer(list[0], family, syscall, useZone)];
  const peers = new Map<Address, Peer>();
  for (const item of list as unknown[]) {
    const peer = checkPeer(item, family, syscall, useZone);
    peers.set(peer.address, peers.get(peer.address) ?? peer);
    checkSamePort([...peers.values()][0], peer, syscall);
  }
  const bytes = [...peers.keys()].reduce((sum, address) => sum + SOCKADDR_BYTES[familyOf(address)], 0);
  if (bytes > LIST_BYTES) {
    throw new SctpError('E2BIG', `${syscall}: at most 127 IPv4 or 73 IPv6 addresses fit`, { syscall });
  }
  return [...peers.values()];
}

function checkPeer(item: unknown, family: AddressFamily | 'any', syscall: string, useZone: UseZone): Peer {
  checkFields(item, 'a peer', syscall);
  const { address: text, port: given, encapsulationPort } = item as Partial<Peer>;
  const zoned = splitZone(text);
  const address = canonicalEnd(zoned?.address ?? text, syscall);
  const port = checkPort(given, 1, syscall);
  if (encapsulationPort !== undefined) checkPort(encapsulationPort, 1, syscall);
  if (family !== 'any' && familyOf(address) !== family) {
    throw new SctpError('EAFNOSUPPORT', `${syscall}: ${address} can't be used with a socket for ${family} only`, {
      syscall,
      address,
      port,
    });
  }
  checkUnicast(address, port, syscall);
  if (zoned) checkZone(useZone, zoned.zone, { syscall, address, port });
  return encapsulationPort === undefined ? { address, port } : { address, port, encapsulationPort };
}

function checkZone(useZone: UseZone, zone: string, details: Endpoint & { readonly syscall: string }): void {
  const { syscall, address } = details;
  if (!isLinkLocalIpv6(address)) {
    throw new SctpError('EINVAL', `${syscall}: ${address} is not link-local: leave out the zone`, details);
  }
  const isUsed = useZone(address, zone);
  if (isUsed === undefined) {
    throw new SctpError(
      'EINVAL',
      `${syscall}: this transport knows no zones: leave out the zone of ${address}`,
      details,
    );
  }
  if (isUsed) return;
  const what = `no local address has the zone ${zone}: list one in udp({ addresses }), such as fe80::1%${zone}`;
  throw new SctpError('EADDRNOTAVAIL', `${syscall}: ${what}`, details);
}

function checkUnicast(address: Address, port: number, syscall: string): void {
  const first = Number.parseInt(address, 10);
  const details = { syscall, address, port };
  if (address === '255.255.255.255') throw new SctpError('EACCES', `${syscall}: SCTP can't be broadcast`, details);
  if (address === '0.0.0.0' || address === '::') {
    throw new SctpError('EINVAL', `${syscall}: ${address} can't be a peer's address`, details);
  }
  const isMulticast = familyOf(address) === 'IPv4' ? first >= 224 && first < 240 : address.startsWith('ff');
  if (isMulticast) throw new SctpError('EINVAL', `${syscall}: ${address} is a multicast address`, details);
}

function checkSamePort(first: Peer | undefined, peer: Peer, syscall: string): void {
  if (first === undefined || first.port === peer.port) return;
  throw new SctpError(
    'EINVAL',
    `${syscall}: all addresses must have the same SCTP port, not ${first.port} and ${peer.port}`,
    {
      syscall,
      address: peer.address,
      port: peer.port,
    },
  );
}
