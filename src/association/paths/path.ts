import { type Address, familyOf } from '../../address.js';
import type { AssociationState } from '../../bridge/association.js';
import { SCTP_ACTIVE, SCTP_INACTIVE, SCTP_UNCONFIRMED } from '../../generated/constants.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';

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
  /** Retransmission timeout, in ms; RTO.Initial until a round trip is measured. */
  readonly rtoMs: number;
  /** Bytes of chunks that fit one packet: the path MTU without IP, UDP and SCTP headers. */
  readonly mtu: number;
  /** The peer's UDP port (RFC 6951); absent where SCTP isn't carried in UDP. */
  readonly encapsulationPort?: number;
}

/** The paths of an association; `idOf` tells the id of a peer's address. */
export function pathsOf(
  state: AssociationState,
  moduleSocket: ModuleSocket,
  idOf: (address: Address) => number,
): Path[] {
  return state.paths.map((path, index) => {
    const { address, port } = path;
    const local = localOf(address, state.locals, moduleSocket);
    const told: { -readonly [K in keyof Path]: Path[K] } = {
      id: idOf(address),
      address,
      state: STATES[path.state] ?? 'inactive',
      primary: index === state.primary,
      cwnd: path.cwndBytes,
      srttMs: path.srttMs,
      rtoMs: path.rtoMs,
      mtu: path.mtuBytes,
    };
    if (local !== undefined) told.local = local;
    if (port !== 0) told.encapsulationPort = port;
    return told;
  });
}

const STATES: Readonly<Record<number, Path['state']>> = {
  [SCTP_ACTIVE]: 'active',
  [SCTP_INACTIVE]: 'inactive',
  [SCTP_UNCONFIRMED]: 'unconfirmed',
};

/** The route decides, as long as the association has the address; else the first one that fits, as in usrsctp. */
function localOf(address: Address, locals: readonly Address[], moduleSocket: ModuleSocket): Address | undefined {
  const source = moduleSocket.sourceTo(address);
  if (source === undefined || locals.includes(source)) return source;
  return locals.find((local) => familyOf(local) === familyOf(address));
}
