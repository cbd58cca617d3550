import type { Address } from '../../address.js';
import { associationStatistics, pathStatistics } from '../../bridge/statistics.js';
import { SCTP_PR_ASSOC_STATUS, SCTP_PR_SCTP_ALL, SCTP_TIMEOUTS } from '../../generated/constants.js';
import { sctp_prstatus, sctp_timeouts } from '../../generated/layouts.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';

/** What usrsctp counts of one path. It counts no bytes that were sent there: packets don't tell it what they weigh. */
export interface PathStatistics {
  /** The peer's address. */
  readonly address: Address;
  /** DATA chunks that a time-out of this path has marked to be sent again, ever. */
  readonly retransmissions: number;
  /** Time-outs in a row (RFC 9260 §8.2): the path is given up when they are too many. */
  readonly errors: number;
  /** Is it avoided after some time-outs (RFC 7829)? */
  readonly isPotentiallyFailed: boolean;
  /** Bytes of DATA chunks that were sent there, and aren't acknowledged. */
  readonly flightBytes: number;
  /** Congestion window, in bytes. */
  readonly cwndBytes: number;
  /** Slow-start threshold, in bytes. */
  readonly slowStartThresholdBytes: number;
  /** Packets that came with the mark for congestion, as the peer's ECNE tell (RFC 9260 Appendix A). */
  readonly congestionExperienced: number;
  /** The last round trip, in ms; 0: not measured yet. */
  readonly rttMs: number;
  /** Smoothed round-trip time, in ms. */
  readonly srttMs: number;
  /** Round-trip time variation (RTTVAR), in ms. */
  readonly rttVariationMs: number;
  /** Retransmission time-out, in ms; RTO.Initial until a round trip is measured. */
  readonly rtoMs: number;
  /** Between heartbeats, beside the RTO, in ms. */
  readonly heartbeatMs: number;
}

/** What usrsctp counts of one association. */
export interface AssociationStatistics {
  /** DATA chunks that a time-out has marked to be sent again, over all paths. */
  readonly retransmissions: number;
  /** Time-outs in a row, over all paths (RFC 9260 §8.1): the association is given up when they are too many. */
  readonly errors: number;
  /** Bytes of DATA chunks that were sent and aren't acknowledged. */
  readonly flightBytes: number;
  /** Bytes of messages in the send buffer that weren't sent yet. */
  readonly queuedBytes: number;
  /** What the peer has room for beyond what is in flight, in bytes. */
  readonly peerWindowBytes: number;
  /** Messages that their reliability policy gave up (SCTP_PR_ASSOC_STATUS). */
  readonly abandoned: {
    /** Before any of it was sent. */
    readonly unsent: bigint;
    /** After. */
    readonly sent: bigint;
  };
  /** Timers that have gone off (SCTP_TIMEOUTS). */
  readonly timeouts: {
    /** T1-init: INIT. */
    readonly init: number;
    /** T1-cookie: COOKIE ECHO. */
    readonly cookie: number;
    /** T3-rtx: DATA wasn't acknowledged. */
    readonly data: number;
    /** A delayed SACK was sent. */
    readonly sack: number;
    /** T-heartbeat. */
    readonly heartbeat: number;
    /** T2-shutdown: SHUTDOWN. */
    readonly shutdown: number;
    /** T2-shutdown: SHUTDOWN ACK. */
    readonly shutdownAck: number;
  };
  /** Its paths. */
  readonly paths: readonly PathStatistics[];
}

export function readStatistics(
  moduleSocket: ModuleSocket,
  id: number,
  addresses: readonly Address[],
): AssociationStatistics {
  const own = moduleSocket.ask('statistics', (instance, handle) => associationStatistics(instance, handle, id));
  const timeouts = moduleSocket.struct(SCTP_TIMEOUTS, sctp_timeouts, { stimo_assoc_id: id });
  const abandoned = moduleSocket.struct(SCTP_PR_ASSOC_STATUS, sctp_prstatus, {
    sprstat_assoc_id: id,
    sprstat_policy: SCTP_PR_SCTP_ALL,
  });
  return {
    retransmissions: own.retransmissions,
    errors: own.errors,
    flightBytes: own.flight_bytes,
    queuedBytes: own.queued_bytes,
    peerWindowBytes: own.peer_window_bytes,
    abandoned: { unsent: abandoned.sprstat_abandoned_unsent, sent: abandoned.sprstat_abandoned_sent },
    timeouts: {
      init: timeouts.stimo_init,
      cookie: timeouts.stimo_cookie,
      data: timeouts.stimo_data,
      sack: timeouts.stimo_sack,
      heartbeat: timeouts.stimo_heartbeat,
      shutdown: timeouts.stimo_shutdown,
      shutdownAck: timeouts.stimo_shutdownack,
    },
    paths: addresses.map((address) => readPath(moduleSocket, id, address)),
  };
}

function readPath(moduleSocket: ModuleSocket, id: number, address: Address): PathStatistics {
  const path = moduleSocket.ask('statistics', (instance, handle) => pathStatistics(instance, handle, id, address));
  return {
    address,
    retransmissions: path.retransmissions,
    errors: path.errors,
    isPotentiallyFailed: path.is_potentially_failed !== 0,
    flightBytes: path.flight_bytes,
    cwndBytes: path.cwnd_bytes,
    slowStartThresholdBytes: path.ssthresh_bytes,
    congestionExperienced: path.ce_packets,
    rttMs: path.rtt_us / 1000,
    srttMs: path.srtt_ms,
    rttVariationMs: path.rttvar_ms,
    rtoMs: path.rto_ms,
    heartbeatMs: path.heartbeat_ms,
  };
}
