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
    /** Set up from here (2). */
    initiated: 'sctps_activeestab',
    /** Set up by a peer (3). */
    accepted: 'sctps_passiveestab',
    /** Restarted by the peer (RFC 9260 §5.2.4, action A). */
    restarted: 'sctps_restartestab',
    /** Set up from both ends at once (RFC 9260 §5.2.1). */
    collided: 'sctps_collisionestab',
    /** Ended by ABORT, from here or there (4). */
    aborted: 'sctps_aborted',
    /** Ended orderly (5). */
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
    /** Of these, those whose headers were looked at. */
    datagrams: 'sctps_recvdatagrams',
    /** Arrived with DATA. */
    withData: 'sctps_recvpktwithdata',
    /** Belonging to no association (6). */
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
    /** Dropped for want of memory. */
    noMemory: 'sctps_nomem',
    /** The transport had no room for them. */
    sendErrors: 'sctps_senderrors',
    /** Send errors that held up what was sent next. */
    held: 'sctps_lowlevelerr',
    /** Of these, those in a call of `send`. */
    heldInSend: 'sctps_lowlevelerrusr',
    /** Held up because the transport had had no room. */
    queuedForRoom: 'sctps_ifnomemqueued',
    /** Whose checksum was computed here, sent. */
    checksumsComputed: 'sctps_sendswcrc',
    /** Whose checksum was left to others, sent. */
    checksumsOffloaded: 'sctps_sendhwcrc',
    /** Whose checksum was checked here. */
    checksumsChecked: 'sctps_recvswcrc',
    /** Whose checksum others had checked. */
    checksumsTrusted: 'sctps_recvhwcrc',
    /** Whose association was found by the tag alone. */
    foundByTag: 'sctps_vtagexpress',
    /** Whose tag led to the wrong association. */
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
    /** Messages that came in parts (15). */
    reassembled: 'sctps_reasmusrmsgs',
    /** Messages of one chunk that took the short way through the receiver. */
    express: 'sctps_recvexpress',
    /** On a stream that isn't there. */
    badStream: 'sctps_badsid',
    /** Dropped because too many chunks waited. */
    droppedForChunks: 'sctps_datadropchklmt',
    /** Dropped because the receive window was closed. */
    droppedForWindow: 'sctps_datadroprwnd',
    /** FORWARD TSN that went beyond what can be remembered. */
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
    /** SACK that were sent only because the receive window opened. */
    windowUpdatesSent: 'sctps_wu_sacks_sent',
    /** SACK that the long code had to handle. */
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
    /** AUTH with a key that isn't here. */
    unknownKey: 'sctps_recvivalkeyid',
    /** AUTH with a wrong HMAC: another key, or another packet. */
    failed: 'sctps_recvauthfailed',
  },
  /** Explicit congestion notification (RFC 3168, RFC 9260 Appendix A). */
  ecn: {
    /** ECNE sent: packets have come with CE. */
    echoesSent: 'sctps_sendecne',
    /** ECNE received. */
    echoesReceived: 'sctps_recvecne',
    /** Congestion windows that were made smaller by that. */
    reductions: 'sctps_ecnereducedcwnd',
    /** ECNE that were put in the queue, or changed while there. */
    echoesQueued: 'sctps_queue_upd_ecne',
  },
  /** DATA chunks that were sent again. */
  retransmissions: {
    /** All. */
    sent: 'sctps_sendretransdata',
    /** Those that were marked by a time-out. */
    marked: 'sctps_markedretrans',
    /** Those that SACKs have asked for. */
    fast: 'sctps_sendfastretrans',
    /** Of these, those of chunks that had been sent again before. */
    fastAgain: 'sctps_sendmultfastretrans',
    /** Of these, those within one round trip. */
    fastInRoundTrip: 'sctps_fastretransinrtt',
  },
  /** Timers that have gone off. */
  timeouts: {
    /** T3-rtx: DATA wasn't acknowledged. */
    data: 'sctps_timodata',
    /** T3-rtx, of a probe of the closed window. */
    windowProbe: 'sctps_timowindowprobe',
    /** T1-init. */
    init: 'sctps_timoinit',
    /** T1-cookie. */
    cookie: 'sctps_timocookie',
    /** A delayed SACK was sent. */
    sack: 'sctps_timosack',
    /** T2-shutdown, of SHUTDOWN. */
    shutdown: 'sctps_timoshutdown',
    /** T2-shutdown, of SHUTDOWN ACK. */
    shutdownAck: 'sctps_timoshutdownack',
    /** T5-shutdown-guard. */
    shutdownGuard: 'sctps_timoshutdownguard',
    /** T-heartbeat. */
    heartbeat: 'sctps_timoheartbeat',
    /** The path MTU may be larger again. */
    pathMtu: 'sctps_timopathmtu',
    /** The secret of cookies was changed. */
    secret: 'sctps_timosecret',
    /** RE-CONFIG wasn't answered. */
    streamReset: 'sctps_timostrmrst',
    /** ASCONF wasn't answered. */
    asconf: 'sctps_timoasconf',
    /** A primary address that was taken away is forgotten. */
    deletedPrimary: 'sctps_timodelprim',
    /** An idle association was closed. */
    autoClose: 'sctps_timoautoclose',
    /** An association's memory was freed late. */
    associationFreed: 'sctps_timoassockill',
    /** A socket's memory was freed late. */
    socketFreed: 'sctps_timoinpkill',
  },
  /** What decided when something was sent. */
  sending: {
    /** Messages with flags. */
    withFlags: 'sctps_sends_with_flags',
    /** Messages sent unordered. */
    unordered: 'sctps_sends_with_unord',
    /** Shutdowns. */
    withEof: 'sctps_sends_with_eof',
    /** Aborts. */
    withAbort: 'sctps_sends_with_abort',
    /** Nagle's algorithm let a message go. */
    nagleSent: 'sctps_naglesent',
    /** Nagle's algorithm held a message back. */
    nagleQueued: 'sctps_naglequeued',
    /** The limit of a burst held packets back. */
    burstQueued: 'sctps_maxburstqueued',
    /** Sends that a full congestion window kept from trying. */
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
    /** Reports by a box on the way. */
    fromMiddlebox: 'sctps_pdrpfmbox',
    /** Reports by the peer. */
    fromPeer: 'sctps_pdrpfehos',
    /** Those of a box, with DATA. */
    withData: 'sctps_pdrpmbda',
    /** Those of a box, without DATA. */
    withoutData: 'sctps_pdrpmbct',
    /** Those of a box, that tell of bandwidth alone. */
    bandwidth: 'sctps_pdrpbwrpt',
    /** Too short for a chunk's header. */
    corrupt: 'sctps_pdrpcrupt',
    /** Too little DATA to be sure. */
    tooLittle: 'sctps_pdrpnedat',
    /** Given up in the middle. */
    givenUp: 'sctps_pdrppdbrk',
    /** Of a TSN that wasn't found. */
    notFound: 'sctps_pdrptsnnf',
    /** Of a TSN that was searched backwards. */
    searched: 'sctps_pdrpdnfnd',
    /** The peer confirms that its window is closed. */
    peerWindowClosed: 'sctps_pdrpdiwnp',
    /** A box confirms that it has no room. */
    middleboxFull: 'sctps_pdrpdizrw',
    /** Whose DATA didn't match the TSN. */
    mismatched: 'sctps_pdrpbadd',
    /** Chunks that were marked for retransmission. */
    marked: 'sctps_pdrpmark',
  },
  /** usrsctp's own life. */
  internal: {
    /** Asked to give memory back. */
    drainCalls: 'sctps_protocol_drain_calls',
    /** Gave memory back. */
    drains: 'sctps_protocol_drains_done',
    /** Messages that were looked at and left. */
    peeks: 'sctps_read_peeks',
    /** Unread messages that went with their socket. */
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
