/**
 * The socket options of usrsctp, one row for each. A field is `[C field, kind]`; a dot names a field of a nested
 * struct. `read` and `write` say where the option can be read and written: `socket` (the value for associations to
 * come), `association`, `both`, or `path` (both, and one address of the peer). If one is missing, `why` says why.
 *
 * Kinds: `number`, `boolean`; `count`: a number of 64 bits; `port` and `ppid` in host byte order; `address` of a path; `bytes`; `list8`,
 * `list16`, `list32`: arrays of numbers; names of schedulers, congestion controls and CMT variants; `switch`: a pair of
 * flags, one for on and one for off; `flag`: one flag. A constant behind `number` is the flag that C needs with the
 * field.
 */
export const transferOptions = {
  // --- SOL_SOCKET
  sendBufferBytes: { constant: 'SO_SNDBUF', read: 'socket', write: 'socket', value: ['', 'number'] },
  receiveBufferBytes: { constant: 'SO_RCVBUF', read: 'socket', write: 'socket', value: ['', 'number'] },
  /** With 0 seconds, close() aborts. */
  linger: {
    constant: 'SO_LINGER',
    read: 'socket',
    write: 'socket',
    fields: { on: ['l_onoff', 'boolean'], seconds: ['l_linger', 'number'] },
  },

  // --- timers, retransmission, congestion
  rto: {
    constant: 'SCTP_RTOINFO',
    read: 'both',
    write: 'both',
    fields: { initialMs: ['srto_initial', 'number'], maxMs: ['srto_max', 'number'], minMs: ['srto_min', 'number'] },
  },
  associationParameters: {
    constant: 'SCTP_ASSOCINFO',
    read: 'both',
    write: 'both',
    fields: {
      maxRetransmits: ['sasoc_asocmaxrxt', 'number'],
      cookieLifeMs: ['sasoc_cookie_life', 'number'],
      peerWindowBytes: ['sasoc_peer_rwnd', 'number'],
      localWindowBytes: ['sasoc_local_rwnd', 'number'],
      peerAddresses: ['sasoc_number_peer_destinations', 'number'],
    },
  },
  /** For associations to come; 0 leaves a field unchanged. */
  init: {
    constant: 'SCTP_INITMSG',
    read: 'socket',
    write: 'socket',
    fields: {
      outboundStreams: ['sinit_num_ostreams', 'number'],
      inboundStreams: ['sinit_max_instreams', 'number'],
      attempts: ['sinit_max_attempts', 'number'],
      maxTimeoutMs: ['sinit_max_init_timeo', 'number'],
    },
  },
  delayedSack: {
    constant: 'SCTP_DELAYED_SACK',
    read: 'both',
    write: 'both',
    fields: { delayMs: ['sack_delay', 'number'], packets: ['sack_freq', 'number'] },
  },
  /** Sends small messages at once instead of collecting them. */
  noDelay: { constant: 'SCTP_NODELAY', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  /** After how many seconds idle associations of a one-to-many socket are shut down; 0: never. */
  autoCloseSeconds: { constant: 'SCTP_AUTOCLOSE', read: 'socket', write: 'socket', value: ['', 'seconds'] },
  /** The most packets in one burst; 0: no limit. */
  maxBurst: { constant: 'SCTP_MAX_BURST', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  /** The largest congestion window, in bytes; 0: no limit. */
  maxCwndBytes: { constant: 'SCTP_MAX_CWND', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  /** RFC 9260, HighSpeed (RFC 3649), H-TCP, or usrsctp's own algorithm, which is based on round-trip times. */
  congestionControl: {
    constant: 'SCTP_PLUGGABLE_CC',
    read: 'both',
    write: 'both',
    value: ['assoc_value', 'congestionControl'],
  },
  /** An option of the congestion control `rtcc`: SCTP_CC_OPT_… and its value. */
  congestionControlOption: {
    constant: 'SCTP_CC_OPTION',
    read: 'association',
    write: 'association',
    query: ['option'],
    fields: { option: ['option', 'number'], value: ['aid_value.assoc_value', 'number'] },
  },
  /** Concurrent multipath transfer; the sysctl sctp_cmt_on_off must not be 0. */
  multipath: { constant: 'SCTP_CMT_ON_OFF', read: 'both', write: 'both', value: ['assoc_value', 'multipath'] },

  // --- paths
  pathParameters: {
    constant: 'SCTP_PEER_ADDR_PARAMS',
    read: 'path',
    write: 'path',
    fields: {
      heartbeatMs: ['spp_hbinterval', 'number'],
      heartbeat: ['spp_flags', 'switch', 'SPP_HB_ENABLE', 'SPP_HB_DISABLE'],
      /** Sends a HEARTBEAT now. */
      heartbeatNow: ['spp_flags', 'flag', 'SPP_HB_DEMAND'],
      maxRetransmits: ['spp_pathmaxrxt', 'number'],
      /**
       * In bytes; used while mtuDiscovery is off. 0 or absent: paths keep the MTU that they had when it was switched
       * off.
       */
      mtu: ['spp_pathmtu', 'number'],
      mtuDiscovery: ['spp_flags', 'switch', 'SPP_PMTUD_ENABLE', 'SPP_PMTUD_DISABLE'],
      dscp: ['spp_dscp', 'number', 'SPP_DSCP'],
      flowLabel: ['spp_ipv6_flowlabel', 'number', 'SPP_IPV6_FLOWLABEL'],
    },
  },
  /**
   * How many consecutive time-outs make a path inactive, make it potentially failed (RFC 7829), and make another path
   * the primary one. The last number can only be 65,535, which is never: usrsctp 0.9.5.0 doesn't implement it.
   */
  pathThresholds: {
    constant: 'SCTP_PEER_ADDR_THLDS',
    read: 'path',
    write: 'path',
    fields: {
      inactiveAfter: ['spt_pathmaxrxt', 'number'],
      potentiallyFailedAfter: ['spt_pathpfthld', 'number'],
      switchPrimaryAfter: ['spt_pathcpthld', 'number'],
    },
  },
  pathInfo: {
    constant: 'SCTP_GET_PEER_ADDR_INFO',
    read: 'path',
    why: 'it is a state',
    fields: {
      state: ['spinfo_state', 'number'],
      cwndBytes: ['spinfo_cwnd', 'number'],
      srttMs: ['spinfo_srtt', 'number'],
      rtoMs: ['spinfo_rto', 'number'],
      mtu: ['spinfo_mtu', 'number'],
    },
  },
  /** The UDP port on which the peer receives SCTP packets; 0: none. */
  encapsulationPort: {
    constant: 'SCTP_REMOTE_UDP_ENCAPS_PORT',
    read: 'path',
    write: 'path',
    value: ['sue_port', 'port'],
  },
  /** The address of the peer to which messages are sent. */
  primaryPath: {
    constant: 'SCTP_PRIMARY_ADDR',
    read: 'association',
    write: 'association',
    value: ['ssp_addr', 'address'],
  },
  /** Asks the peer to send to this local address. */
  peerPrimaryPath: {
    constant: 'SCTP_SET_PEER_PRIMARY_ADDR',
    write: 'association',
    why: 'only the peer knows',
    value: ['sspp_addr', 'address'],
  },
  /** Tells peers about new local addresses. Only for a socket that is bound to all addresses, after binding. */
  autoAsconf: { constant: 'SCTP_AUTO_ASCONF', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  mappedV4: { constant: 'SCTP_I_WANT_MAPPED_V4_ADDR', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  /** Lets several one-to-one sockets share a port. To be set before binding. */
  reusePort: { constant: 'SCTP_REUSE_PORT', read: 'socket', write: 'socket', value: ['', 'boolean'] },

  // --- messages
  disableFragments: { constant: 'SCTP_DISABLE_FRAGMENTS', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  /** The most bytes of a message in a DATA chunk; 0: as many as the path MTU allows. */
  maxSegmentBytes: { constant: 'SCTP_MAXSEG', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  fragmentInterleave: { constant: 'SCTP_FRAGMENT_INTERLEAVE', read: 'socket', write: 'socket', value: ['', 'number'] },
  partialDeliveryBytes: {
    constant: 'SCTP_PARTIAL_DELIVERY_POINT',
    read: 'socket',
    write: 'socket',
    value: ['', 'number'],
  },
  /**
   * I-DATA (RFC 8260): on a socket, whether it is offered; of an association, whether it is used. `fragmentInterleave` must be 2.
   * It is offered only with `partialReliability`, because some peers use it only with I-FORWARD-TSN.
   */
  interleaving: {
    constant: 'SCTP_INTERLEAVING_SUPPORTED',
    read: 'both',
    write: 'socket',
    value: ['assoc_value', 'boolean'],
  },
  /**
   * How the next stream is chosen. `default` and `round-robin`: a message of each stream in turn, in the order of their
   * use or of their numbers; `round-robin-packet`: about a packet of each; `priority`: the stream with the lowest
   * `streamValue`; `fair-bandwidth`: equal bytes for each; `first-come`: in the order of sending.
   */
  scheduler: { constant: 'SCTP_PLUGGABLE_SS', read: 'both', write: 'both', value: ['assoc_value', 'scheduler'] },
  /** The priority of a stream, 0 to 65,535, the lowest first. Only for the scheduler `priority`. */
  streamValue: {
    constant: 'SCTP_SS_VALUE',
    read: 'association',
    write: 'association',
    query: ['stream'],
    fields: { stream: ['stream_id', 'number'], value: ['stream_value', 'number'] },
  },
  context: { constant: 'SCTP_CONTEXT', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  defaultSend: {
    constant: 'SCTP_DEFAULT_SNDINFO',
    read: 'both',
    write: 'both',
    fields: {
      stream: ['snd_sid', 'number'],
      flags: ['snd_flags', 'number'],
      ppid: ['snd_ppid', 'ppid'],
      context: ['snd_context', 'number'],
    },
  },
  defaultReliability: {
    constant: 'SCTP_DEFAULT_PRINFO',
    read: 'both',
    write: 'both',
    fields: { policy: ['pr_policy', 'number'], value: ['pr_value', 'number'] },
  },
  explicitEor: {
    constant: 'SCTP_EXPLICIT_EOR',
    read: 'socket',
    why: 'messages of any size need it on',
    value: ['', 'boolean'],
  },
  receiveInfo: {
    constant: 'SCTP_RECVRCVINFO',
    read: 'socket',
    why: 'messages are told apart by it',
    value: ['', 'boolean'],
  },
  nextInfo: {
    constant: 'SCTP_RECVNXTINFO',
    read: 'socket',
    why: 'messages are read ahead',
    value: ['', 'boolean'],
  },
  event: {
    constant: 'SCTP_EVENT',
    read: 'both',
    why: 'the associations need them all; listen to their events',
    query: ['type'],
    fields: { type: ['se_type', 'number'], on: ['se_on', 'boolean'] },
  },
} as const;
