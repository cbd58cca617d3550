import { type Address, familyOf } from '../../address.js';
import type { AssociationState } from '../../bridge/association.js';
import { SCTP_ACTIVE, SCTP_INACTIVE, SCTP_UNCONFIRMED } from '../../generated/constants.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';

/** A path to the peer: one of its addresses (RFC 6458 §8.2.2). */
export interface Path {
  /** An id that is unique within the socket. An address of an association keeps its id. */
  readonly id: number;
  /** The peer's address. */
  readonly address: Address;
  /** The local address from which packets are sent on the path; absent if there is no route. */
  readonly local?: Address;
  /** `unconfirmed`: the address hasn't answered a HEARTBEAT yet, so no messages are sent there (RFC 9260 §5.4). */
  readonly state: 'active' | 'inactive' | 'unconfirmed';
  /** Is it the primary path, on which messages are sent while it is active? */
  readonly primary: boolean;
  /** Congestion window, in bytes. */
  readonly cwnd: number;
  /** Smoothed round-trip time, in ms; 0 if not measured yet. */
  readonly srttMs: number;
  /** Retransmission timeout, in ms; RTO.Initial until a round trip is measured. */
  readonly rtoMs: number;
  /** How many bytes of chunks fit into a packet: the path MTU minus the IP, UDP and SCTP headers. */
  readonly mtu: number;
  /** The peer's UDP port (RFC 6951); absent if SCTP isn't encapsulated in UDP. */
  readonly encapsulationPort?: number;
}

/** The paths of an association. `idOf` returns the id of an address of the peer. */
export function pathsOf(
  state: AssociationState,
  moduleSocket: ModuleSocket,
  idOf: (address: Address) => number,
): Path[] {
  return state.paths.map((path, index) => {
    const { address, port } = path;
    const local = localOf(address, state.locals, moduleSocket);
    const result: { -readonly [K in keyof Path]: Path[K] } = {
      id: idOf(address),
      address,
      state: STATES[path.state] ?? 'inactive',
      primary: index === state.primary,
      cwnd: path.cwndBytes,
      srttMs: path.srttMs,
      rtoMs: path.rtoMs,
      mtu: path.mtuBytes,
    };
    if (local !== undefined) result.local = local;
    if (port !== 0) result.encapsulationPort = port;
    return result;
  });
}

const STATES: Readonly<Record<number, Path['state']>> = {
  [SCTP_ACTIVE]: 'active',
  [SCTP_INACTIVE]: 'inactive',
  [SCTP_UNCONFIRMED]: 'unconfirmed',
};

/** The source address of the route if the association has it; otherwise the first one that fits, as in usrsctp. */
function localOf(address: Address, locals: readonly Address[], moduleSocket: ModuleSocket): Address | undefined {
  const source = moduleSocket.sourceTo(address);
  if (source === undefined || locals.includes(source)) return source;
  return locals.find((local) => familyOf(local) === familyOf(address));
}
