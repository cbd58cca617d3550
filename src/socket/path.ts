import type { Address } from '../address.js';
import { packStorage, unpackSockaddr } from '../bridge/sockaddr.js';
import { SCTP_ACTIVE, SCTP_GET_PEER_ADDR_INFO, SCTP_STATUS, SCTP_UNCONFIRMED } from '../generated/constants.js';
import { sctp_paddrinfo, sctp_status } from '../generated/layouts.js';
import type { Descriptor } from './descriptor.js';

/** One way to the peer: one of its addresses (RFC 6458 §8.2.2). */
export interface Path {
  readonly address: Address;
  /** `unconfirmed`: it hasn't answered a heartbeat yet, and carries no messages (RFC 9260 §5.4). */
  readonly state: 'active' | 'inactive' | 'unconfirmed';
  /** Where messages are sent while it is active. */
  readonly primary: boolean;
  /** Congestion window, in bytes. */
  readonly cwnd: number;
  /** Smoothed round-trip time, in ms; 0: not measured yet. */
  readonly srttMs: number;
  /** Retransmission timeout, in ms. */
  readonly rtoMs: number;
  /** Path MTU, in bytes. */
  readonly mtu: number;
}

/** The paths of an association as they are now. */
export function readPaths(descriptor: Descriptor, associationId: number): Path[] {
  const peers = descriptor.endpoints('getpaddrs', (calls, handle) => calls.getpaddrs(handle, associationId));
  const primary = primaryAddress(descriptor, associationId);
  return peers.map((peer) => {
    const info = descriptor.struct(SCTP_GET_PEER_ADDR_INFO, sctp_paddrinfo, {
      spinfo_address: packStorage(peer),
      spinfo_assoc_id: associationId,
    });
    return {
      address: peer.address,
      state: stateOf(info.spinfo_state),
      primary: peer.address === primary,
      cwnd: info.spinfo_cwnd,
      srttMs: info.spinfo_srtt,
      rtoMs: info.spinfo_rto,
      mtu: info.spinfo_mtu,
    };
  });
}

function primaryAddress(descriptor: Descriptor, associationId: number): Address | undefined {
  const { sstat_primary } = descriptor.struct(SCTP_STATUS, sctp_status, { sstat_assoc_id: associationId });
  return unpackSockaddr(sstat_primary.spinfo_address)?.address;
}

function stateOf(state: number): Path['state'] {
  if (state & SCTP_UNCONFIRMED) return 'unconfirmed';
  return state & SCTP_ACTIVE ? 'active' : 'inactive';
}
