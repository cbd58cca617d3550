import type { Address } from '../../address.js';
import { associationStatistics, pathStatistics } from '../../bridge/statistics.js';
import { SCTP_PR_ASSOC_STATUS, SCTP_PR_SCTP_ALL, SCTP_TIMEOUTS } from '../../generated/constants.js';
import { sctp_prstatus, sctp_timeouts } from '../../generated/layouts.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';

/** usrsctp's counters of one path. usrsctp doesn't count the bytes that it sends on a path. */
export interface PathStatistics {
  /** The peer's address. */
  readonly address: Address;
  /** DATA chunks that a time-out of this path has marked for retransmission, in total. */
  readonly retransmissions: number;
  /** Consecutive time-outs (RFC 9260 §8.2). Too many of them make the path inactive. */
  readonly errors: number;
  /** Is the path potentially failed, after some time-outs (RFC 7829)? */
  readonly isPotentiallyFailed: boolean;
  /** Bytes of DATA chunks that were sent on the path and are not acknowledged. */
  readonly flightBytes: number;
  /** Congestion window, in bytes. */
  readonly cwndBytes: number;
  /** Slow-start threshold, in bytes. */
  readonly slowStartThresholdBytes: number;
  /** Packets that arrived with the mark for congestion, as the peer's ECNE chunks report (RFC 9260 Appendix A). */
  readonly congestionExperienced: number;
  /** The last round-trip time, in ms; 0 if not measured yet. */
  readonly rttMs: number;
  /** Smoothed round-trip time, in ms. */
  readonly srttMs: number;
  /** Round-trip time variation (RTTVAR), in ms. */
  readonly rttVariationMs: number;
  /** Retransmission time-out, in ms; RTO.Initial until a round trip is measured. */
  readonly rtoMs: number;
  /** The heartbeat interval, to which the RTO is added, in ms. */
  readonly heartbeatMs: number;
}

/** usrsctp's counters of one association. */
export interface AssociationStatistics {
  /** DATA chunks that a time-out has marked for retransmission, over all paths. */
  readonly retransmissions: number;
  /** Consecutive time-outs over all paths (RFC 9260 §8.1). Too many of them end the association. */
  readonly errors: number;
  /** Bytes of DATA chunks that were sent and are not acknowledged. */
  readonly flightBytes: number;
  /** Bytes of messages in the send buffer that have not been sent. */
  readonly queuedBytes: number;
  /** The peer's receive window beyond the bytes in flight, in bytes. */
  readonly peerWindowBytes: number;
  /** Messages that their reliability policy gave up (SCTP_PR_ASSOC_STATUS). */
  readonly abandoned: {
    /** Given up before any part was sent. */
    readonly unsent: number;
    /** Given up after a part was sent. */
    readonly sent: number;
  };
  /** Timers that have expired (SCTP_TIMEOUTS). */
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
  /** The counters of its paths. */
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
    abandoned: {
      unsent: Number(abandoned.sprstat_abandoned_unsent),
      sent: Number(abandoned.sprstat_abandoned_sent),
    },
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
