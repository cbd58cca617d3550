import { type Address, type Endpoint, familyOf } from '../../address.js';
import { htons } from '../../bridge/byteorder.js';
import { packStorage, unpackSockaddr } from '../../bridge/sockaddr.js';
import { SctpError } from '../../errors.js';
import {
  SCTP_ACTIVE,
  SCTP_GET_PEER_ADDR_INFO,
  SCTP_REMOTE_UDP_ENCAPS_PORT,
  SCTP_STATUS,
  SCTP_UNCONFIRMED,
} from '../../generated/constants.js';
import { sctp_paddrinfo, sctp_status, sctp_udpencaps } from '../../generated/layouts.js';
import { localEndpoints } from '../binding.js';
import type { Descriptor } from '../descriptor.js';

/** One way to the peer: one of its addresses (RFC 6458 §8.2.2). */
export interface Path {
  /** Unique within the socket; an address of an association keeps it. */
  readonly id: number;
  /** The peer's address. */
  readonly address: Address;
  /** The local address that packets on this path come from; absent while there is no route. */
  readonly local?: Address;
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
  /** Bytes of chunks that fit one packet: the path MTU without IP, UDP and SCTP headers. */
  readonly mtu: number;
  /** The peer's UDP port (RFC 6951); absent where SCTP isn't carried in UDP. */
  readonly encapsulationPort?: number;
}

/** The paths of an association as they are now; `idOf` tells the id of a peer's address. */
export function readPaths(descriptor: Descriptor, associationId: number, idOf: (address: Address) => number): Path[] {
  const peers = descriptor.endpoints('getpaddrs', (calls, handle) => calls.getpaddrs(handle, associationId));
  const primary = primaryAddress(descriptor, associationId);
  const locals = localEndpoints(descriptor, associationId).map(({ address }) => address);
  return peers.map((peer) => {
    const { address } = peer;
    const local = localOf(address, locals, descriptor);
    const encapsulationPort = encapsulationOf(descriptor, associationId, peer);
    const info = descriptor.struct(SCTP_GET_PEER_ADDR_INFO, sctp_paddrinfo, {
      spinfo_address: packStorage(peer),
      spinfo_assoc_id: associationId,
    });
    return {
      id: idOf(address),
      address,
      ...(local !== undefined && { local }),
      state: stateOf(info.spinfo_state),
      primary: address === primary,
      cwnd: info.spinfo_cwnd,
      srttMs: info.spinfo_srtt,
      rtoMs: info.spinfo_rto,
      mtu: info.spinfo_mtu,
      ...(encapsulationPort !== 0 && { encapsulationPort }),
    };
  });
}

/** Does usrsctp still know the association? */
export function isAlive(descriptor: Descriptor, associationId: number): boolean {
  try {
    descriptor.struct(SCTP_STATUS, sctp_status, { sstat_assoc_id: associationId });
    return true;
  } catch (error) {
    if (error instanceof SctpError) return false;
    throw error;
  }
}

/** The route decides, as long as the association has the address; else the first one that fits, as in usrsctp. */
function localOf(address: Address, locals: readonly Address[], descriptor: Descriptor): Address | undefined {
  const source = descriptor.sourceTo(address);
  if (source === undefined || locals.includes(source)) return source;
  return locals.find((local) => familyOf(local) === familyOf(address));
}

function encapsulationOf(descriptor: Descriptor, associationId: number, peer: Endpoint): number {
  const { sue_port } = descriptor.struct(SCTP_REMOTE_UDP_ENCAPS_PORT, sctp_udpencaps, {
    sue_address: packStorage(peer),
    sue_assoc_id: associationId,
  });
  return htons(sue_port);
}

function primaryAddress(descriptor: Descriptor, associationId: number): Address | undefined {
  const { sstat_primary } = descriptor.struct(SCTP_STATUS, sctp_status, { sstat_assoc_id: associationId });
  return unpackSockaddr(sstat_primary.spinfo_address)?.address;
}

function stateOf(state: number): Path['state'] {
  if (state & SCTP_UNCONFIRMED) return 'unconfirmed';
  return state & SCTP_ACTIVE ? 'active' : 'inactive';
}
