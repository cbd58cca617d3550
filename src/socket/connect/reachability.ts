import { type Address, type Endpoint, familyOf, isLinkLocalIpv6, isLoopback } from '../../address.js';
import { type ErrorCode, SctpError } from '../../errors.js';
import type { Interfaces } from '../../stack/interfaces.js';
import type { Peer } from './peers.js';

/**
 * Checks before connectx whether the peer can be reached: usrsctp would send nothing, report nothing, and try again.
 * Returns the peers, with those to which there is no route at the end. Throws ENETDOWN, EADDRNOTAVAIL, ENETUNREACH.
 */
export function reachablePeers(
  peers: readonly Peer[],
  interfaces: Interfaces,
  bound: readonly Endpoint[] | undefined,
  syscall: string,
): Peer[] {
  if (interfaces.addresses().length === 0) {
    throw unreachable('ENETDOWN', 'the transport has no address: it is closed, or down', peers, syscall);
  }
  const locals = interfaces.addresses(bound);
  const usable = peers.filter(({ address }) => locals.some((local) => talksTo(local, address)));
  if (usable.length === 0) throw unreachable('EADDRNOTAVAIL', reasonWithoutSource(peers, locals), peers, syscall);
  const reachable = usable.filter(({ address }) => interfaces.reaches(address));
  if (reachable.length === 0) {
    const isLinkLocal = peers.some(({ address }) => isLinkLocalIpv6(address));
    const hint = isLinkLocal
      ? ': a link-local one is reached from udp({ addresses }) with its zone, as fe80::1%eth0'
      : '';
    throw unreachable('ENETUNREACH', `the transport has no route to any of the addresses${hint}`, peers, syscall);
  }
  return [...reachable, ...peers.filter((peer) => !reachable.includes(peer))];
}

function unreachable(code: ErrorCode, why: string, [first]: readonly Peer[], syscall: string): SctpError {
  const details = { syscall, ...(first && { address: first.address, port: first.port }) };
  return new SctpError(code, `${syscall}: ${why}`, details);
}

/** From a loopback address usrsctp sends to loopback addresses only (sctp_output.c, sctp_is_ifa_addr_acceptable()). */
function talksTo(local: Address, address: Address): boolean {
  return familyOf(local) === familyOf(address) && (isLoopback(address) || !isLoopback(local));
}

function reasonWithoutSource(peers: readonly Peer[], locals: readonly Address[]): string {
  const isOfKin = (local: Address) => peers.some(({ address }) => familyOf(local) === familyOf(address));
  return locals.some(isOfKin)
    ? 'a loopback address talks to loopback addresses only: bind another local address, or none'
    : 'no local address is of a family that the peer has';
}

/** Throws EPROTOTYPE if a peer has an encapsulation port but the transport doesn't use UDP. */
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
