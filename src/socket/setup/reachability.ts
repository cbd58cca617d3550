import { type Address, type Endpoint, familyOf, isLoopback } from '../../address.js';
import { SctpError } from '../../errors.js';
import type { Interfaces } from '../../stack/interfaces.js';
import type { Peer } from '../peers.js';

/**
 * Sees before connectx whether a peer can be reached at all: usrsctp would send nothing, say nothing, and retry.
 * Returns the peers, those to which there is no route now at the end. Throws ENETDOWN, EADDRNOTAVAIL, ENETUNREACH.
 */
export function reachablePeers(
  peers: readonly Peer[],
  interfaces: Interfaces,
  bound: readonly Endpoint[] | undefined,
  syscall: string,
): Peer[] {
  const [first] = peers;
  const details = { syscall, ...(first && { address: first.address, port: first.port }) };
  if (interfaces.addresses().length === 0) {
    throw new SctpError('ENETDOWN', `${syscall}: the transport has no address: it is closed, or down`, details);
  }
  const locals = interfaces.addresses(bound);
  const isUsable = ({ address }: Peer) => locals.some((local) => talksTo(local, address));
  if (!peers.some(isUsable)) throw new SctpError('EADDRNOTAVAIL', `${syscall}: ${whyNot(peers, locals)}`, details);
  const isReachable = (peer: Peer) => isUsable(peer) && interfaces.reaches(peer.address);
  const reachable = peers.filter(isReachable);
  if (reachable.length === 0) {
    throw new SctpError('ENETUNREACH', `${syscall}: the transport has no route to any of the addresses`, details);
  }
  return [...reachable, ...peers.filter((peer) => !isReachable(peer))];
}

/** From a loopback address usrsctp sends to loopback addresses only (sctp_output.c, sctp_is_ifa_addr_acceptable()). */
function talksTo(local: Address, address: Address): boolean {
  return familyOf(local) === familyOf(address) && (isLoopback(address) || !isLoopback(local));
}

function whyNot(peers: readonly Peer[], locals: readonly Address[]): string {
  const isOfKin = (local: Address) => peers.some(({ address }) => familyOf(local) === familyOf(address));
  return locals.some(isOfKin)
    ? 'a loopback address talks to loopback addresses only: bind another local address, or none'
    : 'no local address is of a family that the peer has';
}

/** Throws EPROTOTYPE when a peer expects its packets in UDP and the transport doesn't use it. */
export function checkEncapsulation(
  peers: readonly Peer[],
  encapsulationPort: number | undefined,
  syscall: string,
): void {
  const peer = peers.find((each) => each.encapsulationPort !== undefined);
  if (peer === undefined || encapsulationPort !== undefined) return;
  throw new SctpError('EPROTOTYPE', `${syscall}: this transport sends plain SCTP: leave out encapsulationPort`, {
    syscall,
    address: peer.address,
    port: peer.port,
  });
}
