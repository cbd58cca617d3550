import { type Endpoint, familyOf } from '../../address.js';
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
  const isUsable = ({ address }: Peer) => locals.some((local) => familyOf(local) === familyOf(address));
  if (!peers.some(isUsable)) {
    throw new SctpError('EADDRNOTAVAIL', `${syscall}: no local address is of a family that the peer has`, details);
  }
  const isReachable = (peer: Peer) => isUsable(peer) && interfaces.reaches(peer.address);
  const reachable = peers.filter(isReachable);
  if (reachable.length === 0) {
    throw new SctpError('ENETUNREACH', `${syscall}: the transport has no route to any of the addresses`, details);
  }
  return [...reachable, ...peers.filter((peer) => !isReachable(peer))];
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
