import { stackStatistics } from '../bridge/statistics.js';
import type { Pump } from '../stack/pump.js';

/**
 * usrsctp's counters by what they are called here: groups, and in each the name and the C field of struct sctpstat.
 * Those with a number in brackets are objects of the SCTP MIB (RFC 3873, sctpStats). What usrsctp has a field for but
 * never counts isn't here.
 */
export const COUNTERS = {
  /** Associations. */
  associations: {
    /** Now established, or being shut down (1). */
    current: 'sctps_currestab',
    /** Set up by this end (2). */
    initiated: 'sctps_activeestab',
    /** Set up by a peer (3). */
    accepted: 'sctps_passiveestab',
    /** Restarted by the peer (RFC 9260 §5.2.4, action A). */
    restarted: 'sctps_restartestab',
    /** Set up by both ends at the same time (RFC 9260 §5.2.1). */
    collided: 'sctps_collisionestab',
    /** Ended by an ABORT of either end (4). */
    aborted: 'sctps_aborted',
    /** Ended by a graceful shutdown (5). */
    shutDown: 'sctps_shutdown',
  },
  /** SCTP packets. */
  packets: {
    /** Sent (16). */
    sent: 'sctps_outpackets',
    /** The same, as the sending code counts it. */
    handedDown: 'sctps_sendpackets',
    /** Arrived (17). */
    received: 'sctps_inpackets',
    /** The same, as the receiving code counts it. */
    arrived: 'sctps_recvpackets',
    /** Arrived packets whose headers were examined. */
    datagrams: 'sctps_recvdatagrams',
    /** Arrived with DATA. */
    withData: 'sctps_recvpktwithdata',
    /** Packets that belong to no association (6). */
    outOfTheBlue: 'sctps_outoftheblue',
    /** With a wrong checksum (7). */
    checksumErrors: 'sctps_checksumerrors',
    /** The same, as the receiving code counts it. */
    badChecksum: 'sctps_badsum',
    /** Too short for their headers. */
    tooShort: 'sctps_hdrops',
    /** For a port on which nobody listens. */
    noPort: 'sctps_noport',
    /** With a wrong verification tag. */
    badTag: 'sctps_badvtag',
    /** Dropped because there was no memory. */
    noMemory: 'sctps_nomem',
    /** The transport had no room for them. */
    sendErrors: 'sctps_senderrors',
    /** Send errors that delayed the next packets. */
    held: 'sctps_lowlevelerr',
    /** Of these errors, those in a call of `send`. */
    heldInSend: 'sctps_lowlevelerrusr',
    /** Packets that were delayed because the transport had no room. */
    queuedForRoom: 'sctps_ifnomemqueued',
    /** Sent with a checksum that was computed here. */
    checksumsComputed: 'sctps_sendswcrc',
    /** Sent with a checksum that was left to a lower layer. */
    checksumsOffloaded: 'sctps_sendhwcrc',
    /** Received with a checksum that was verified here. */
    checksumsChecked: 'sctps_recvswcrc',
    /** Received with a checksum that a lower layer had verified. */
    checksumsTrusted: 'sctps_recvhwcrc',
    /** The association was found by the verification tag alone. */
    foundByTag: 'sctps_vtagexpress',
    /** The verification tag belonged to another association. */
    tagCollisions: 'sctps_vtagbogus',
  },
  /** Chunks of messages: DATA and I-DATA. */
  data: {
    /** Sent, retransmissions included. */
    sent: 'sctps_senddata',
    /** Sent for the first time, of ordered messages (9). */
    sentOrdered: 'sctps_outorderchunks',
    /** Sent for the first time, of unordered messages (10). */
    sentUnordered: 'sctps_outunorderchunks',
    /** Received, duplicates included. */
    received: 'sctps_recvdata',
    /** Received, of ordered messages (12). */
    receivedOrdered: 'sctps_inorderchunks',
    /** Received, of unordered messages (13). */
    receivedUnordered: 'sctps_inunorderchunks',
    /** Received again. */
    duplicates: 'sctps_recvdupdata',
    /** Messages that were sent in parts (14). */
    fragmented: 'sctps_fragusrmsgs',
    /** Messages that were received in parts (15). */
    reassembled: 'sctps_reasmusrmsgs',
    /** Messages of one chunk that took the receiver's fast path. */
    express: 'sctps_recvexpress',
    /** Received on a stream that doesn't exist. */
    badStream: 'sctps_badsid',
    /** Dropped because too many chunks waited. */
    droppedForChunks: 'sctps_datadropchklmt',
    /** Dropped because the receive window was closed. */
    droppedForWindow: 'sctps_datadroprwnd',
    /** FORWARD TSN beyond the range that can be tracked. */
    forwardBeyondMap: 'sctps_fwdtsn_map_over',
  },
  /** Control chunks. */
  control: {
    /** Sent (8). */
    sent: 'sctps_outcontrolchunks',
    /** Received (11). */
    received: 'sctps_incontrolchunks',
    /** SACK sent. */
    sacksSent: 'sctps_sendsacks',
    /** SACK received. */
    sacksReceived: 'sctps_recvsacks',
    /** SACK sent only because the receive window opened. */
    windowUpdatesSent: 'sctps_wu_sacks_sent',
    /** SACK that took the slow path. */
    slowSacks: 'sctps_slowpath_sack',
    /** HEARTBEAT sent. */
    heartbeatsSent: 'sctps_sendheartbeat',
    /** HEARTBEAT received. */
    heartbeatsReceived: 'sctps_recvheartbeat',
    /** HEARTBEAT ACK received. */
    heartbeatAcksReceived: 'sctps_recvheartbeatack',
  },
  /** RFC 4895. */
  authentication: {
    /** AUTH received. */
    received: 'sctps_recvauth',
    /** Chunks dropped because AUTH was missing. */
    missing: 'sctps_recvauthmissing',
    /** AUTH with a hash function that wasn't offered. */
    unknownHmac: 'sctps_recvivalhmacid',
    /** AUTH with an unknown key. */
    unknownKey: 'sctps_recvivalkeyid',
    /** AUTH with a wrong HMAC: another key, or another packet. */
    failed: 'sctps_recvauthfailed',
  },
  /** Explicit congestion notification (RFC 3168, RFC 9260 Appendix A). */
  ecn: {
    /** ECNE sent, because packets arrived with Congestion Experienced. */
    echoesSent: 'sctps_sendecne',
    /** ECNE received. */
    echoesReceived: 'sctps_recvecne',
    /** Congestion windows that were reduced by ECNE. */
    reductions: 'sctps_ecnereducedcwnd',
    /** ECNE that were queued, or changed in the queue. */
    echoesQueued: 'sctps_queue_upd_ecne',
  },
  /** Retransmitted DATA chunks. */
  retransmissions: {
    /** All retransmissions. */
    sent: 'sctps_sendretransdata',
    /** Retransmissions after a time-out. */
    marked: 'sctps_markedretrans',
    /** Fast retransmissions, after SACKs. */
    fast: 'sctps_sendfastretrans',
    /** Fast retransmissions of chunks that had been retransmitted before. */
    fastAgain: 'sctps_sendmultfastretrans',
    /** Fast retransmissions within one round trip. */
    fastInRoundTrip: 'sctps_fastretransinrtt',
  },
  /** Timers that have expired. */
  timeouts: {
    /** T3-rtx: DATA wasn't acknowledged. */
    data: 'sctps_timodata',
    /** T3-rtx of a probe of the closed window. */
    windowProbe: 'sctps_timowindowprobe',
    /** T1-init. */
    init: 'sctps_timoinit',
    /** T1-cookie. */
    cookie: 'sctps_timocookie',
    /** A delayed SACK was sent. */
    sack: 'sctps_timosack',
    /** T2-shutdown of SHUTDOWN. */
    shutdown: 'sctps_timoshutdown',
    /** T2-shutdown of SHUTDOWN ACK. */
    shutdownAck: 'sctps_timoshutdownack',
    /** T5-shutdown-guard. */
    shutdownGuard: 'sctps_timoshutdownguard',
    /** T-heartbeat. */
    heartbeat: 'sctps_timoheartbeat',
    /** The path MTU was raised again. */
    pathMtu: 'sctps_timopathmtu',
    /** The secret of cookies was changed. */
    secret: 'sctps_timosecret',
    /** RE-CONFIG wasn't answered. */
    streamReset: 'sctps_timostrmrst',
    /** ASCONF wasn't answered. */
    asconf: 'sctps_timoasconf',
    /** A deleted primary address was forgotten. */
    deletedPrimary: 'sctps_timodelprim',
    /** An idle association was closed. */
    autoClose: 'sctps_timoautoclose',
    /** An association's memory was freed late. */
    associationFreed: 'sctps_timoassockill',
    /** A socket's memory was freed late. */
    socketFreed: 'sctps_timoinpkill',
  },
  /** What decided when data was sent. */
  sending: {
    /** Messages with flags. */
    withFlags: 'sctps_sends_with_flags',
    /** Messages sent unordered. */
    unordered: 'sctps_sends_with_unord',
    /** Shutdowns. */
    withEof: 'sctps_sends_with_eof',
    /** Aborts. */
    withAbort: 'sctps_sends_with_abort',
    /** Nagle's algorithm let a message be sent. */
    nagleSent: 'sctps_naglesent',
    /** Nagle's algorithm held a message back. */
    nagleQueued: 'sctps_naglequeued',
    /** The burst limit held packets back. */
    burstQueued: 'sctps_maxburstqueued',
    /** Sends that a full congestion window prevented. */
    windowAvoided: 'sctps_send_cwnd_avoid',
    /** Probes of a closed receive window. */
    windowProbes: 'sctps_windowprobed',
    /** The primary path had nothing to send. */
    primaryRanDry: 'sctps_primary_randry',
    /** The same, with concurrent multipath transfer. */
    multipathRanDry: 'sctps_cmt_randry',
  },
  /** The packet drop extension (draft-stewart-tsvwg-sctp-pktdrprep). */
  packetDrop: {
    /** Reports by a middlebox. */
    fromMiddlebox: 'sctps_pdrpfmbox',
    /** Reports by the peer. */
    fromPeer: 'sctps_pdrpfehos',
    /** Reports by a middlebox, with DATA. */
    withData: 'sctps_pdrpmbda',
    /** Reports by a middlebox, without DATA. */
    withoutData: 'sctps_pdrpmbct',
    /** Reports by a middlebox about bandwidth only. */
    bandwidth: 'sctps_pdrpbwrpt',
    /** Reports that are too short for a chunk header. */
    corrupt: 'sctps_pdrpcrupt',
    /** Reports with too little DATA to identify the chunk. */
    tooLittle: 'sctps_pdrpnedat',
    /** Reports that were processed only in part. */
    givenUp: 'sctps_pdrppdbrk',
    /** Reports of an unknown TSN. */
    notFound: 'sctps_pdrptsnnf',
    /** Reports whose TSN was found by a backward search. */
    searched: 'sctps_pdrpdnfnd',
    /** The peer confirms that its window is closed. */
    peerWindowClosed: 'sctps_pdrpdiwnp',
    /** A middlebox confirms that it has no room. */
    middleboxFull: 'sctps_pdrpdizrw',
    /** Reports whose DATA didn't match the TSN. */
    mismatched: 'sctps_pdrpbadd',
    /** Chunks that were marked for retransmission. */
    marked: 'sctps_pdrpmark',
  },
  /** Memory and sockets of usrsctp. */
  internal: {
    /** Requests to free memory. */
    drainCalls: 'sctps_protocol_drain_calls',
    /** Requests that freed memory. */
    drains: 'sctps_protocol_drains_done',
    /** Messages that were read with MSG_PEEK. */
    peeks: 'sctps_read_peeks',
    /** Unread messages that were dropped when their socket was closed. */
    abandonedUnread: 'sctps_left_abandon',
  },
} as const;

/** usrsctp's counters since the stack was made; each wraps around at 2³². `docs/api-coverage.md` has their C names. */
export type StackStatistics = {
  readonly [Group in keyof typeof COUNTERS]: { readonly [Name in keyof (typeof COUNTERS)[Group]]: number };
};

export function readStackStatistics(pump: Pump): StackStatistics {
  const fields = pump.enter(() => stackStatistics(pump.instance)) as unknown as Readonly<Record<string, number>>;
  const group = (names: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(names).map(([name, field]) => [name, fields[field]]));
  return Object.fromEntries(Object.entries(COUNTERS).map(([name, names]) => [name, group(names)])) as StackStatistics;
}
