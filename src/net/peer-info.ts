import type { Association, Path } from '../index.js';

/** The state of one of the peer's addresses, with the names of RFC 6458 §8.2.2 (`spinfo_…`). */
export interface PeerInfo {
  /** The state of the path. */
  readonly state: Path['state'];
  /** Congestion window, in bytes. */
  readonly cwnd: number;
  /** Smoothed round-trip time, in ms. */
  readonly srtt: number;
  /** Retransmission time-out, in ms. */
  readonly rto: number;
  /** How many bytes of chunks fit into a packet. */
  readonly mtu: number;
}

/** The state of an association, as node-lksctp's `status()` has it (RFC 6458 §8.2.1). */
export interface SocketStatus {
  /** The state of the association. */
  readonly state: Association['state'];
  /** The peer's receive window, in bytes. */
  readonly rwnd: number;
  /** How many DATA chunks aren't acknowledged. */
  readonly unackdata: number;
  /** How many DATA chunks wait to be received. */
  readonly penddata: number;
  /** How many streams there are from the peer. */
  readonly numberOfIncomingStreams: number;
  /** How many streams there are to the peer. */
  readonly numberOfOutgoingStreams: number;
  /** Longer messages, in bytes, are sent in several DATA chunks. */
  readonly fragmentationPoint: number;
}

export function peerInfoOf(association: Association): Record<string, PeerInfo> {
  return Object.fromEntries(
    association
      .paths()
      .map(({ address, state, cwnd, srttMs: srtt, rtoMs: rto, mtu }) => [address, { state, cwnd, srtt, rto, mtu }]),
  );
}

export function socketStatusOf(association: Association): SocketStatus {
  const { receiverWindow, unacknowledged, pending, streams, fragmentationPoint } = association.status();
  return {
    state: association.state,
    rwnd: receiverWindow,
    unackdata: unacknowledged,
    penddata: pending,
    numberOfIncomingStreams: streams.inbound,
    numberOfOutgoingStreams: streams.outbound,
    fragmentationPoint,
  };
}
