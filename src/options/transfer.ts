/**
 * usrsctp's socket options, as data: one row for each. A field is `[C field, kind]`; a dot reaches into a nested struct.
 * `read` and `write` say where: `socket` (what associations begin with), `association`, `both`, or `path`, which is all
 * of them and one address of the peer. Where one is missing, `why` says why.
 *
 * Kinds: `number`, `boolean`, `bigint`; `port` and `ppid` in host byte order; `address` of a path; `bytes`; `list8`,
 * `list16`, `list32`: arrays of numbers; names of schedulers, congestion controls and CMT variants; `switch`: a pair of
 * flags of which one turns on and the other off; `flag`: one flag. A constant behind `number` is a flag that C wants
 * with the field.
 */
export const transferOptions = {
  // --- SOL_SOCKET
  sendBufferBytes: { constant: 'SO_SNDBUF', read: 'socket', write: 'socket', value: ['', 'number'] },
  receiveBufferBytes: { constant: 'SO_RCVBUF', read: 'socket', write: 'socket', value: ['', 'number'] },
  /** With 0 seconds close() aborts. */
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
  /** Of the next association; 0 leaves a field as it is. */
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
  /** Small messages at once, in place of gathering them. */
  noDelay: { constant: 'SCTP_NODELAY', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  /** Idle associations of a one-to-many socket are shut down after so many seconds; 0: never. */
  autoCloseSeconds: { constant: 'SCTP_AUTOCLOSE', read: 'socket', write: 'socket', value: ['', 'seconds'] },
  /** Packets that may be sent in one go; 0: any number. */
  maxBurst: { constant: 'SCTP_MAX_BURST', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  /** Limit of the congestion window in bytes; 0: none. */
  maxCwndBytes: { constant: 'SCTP_MAX_CWND', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  /** RFC 9260's, HighSpeed (RFC 3649), H-TCP, or usrsctp's own by round-trip times. */
  congestionControl: {
    constant: 'SCTP_PLUGGABLE_CC',
    read: 'both',
    write: 'both',
    value: ['assoc_value', 'congestionControl'],
  },
  /** Of the congestion control `rtcc`: SCTP_CC_OPT_… and its value. */
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
      /** Sends one now. */
      heartbeatNow: ['spp_flags', 'flag', 'SPP_HB_DEMAND'],
      maxRetransmits: ['spp_pathmaxrxt', 'number'],
      /** In bytes; it counts while mtuDiscovery is off. 0, or none: paths keep what they have when that is switched off. */
      mtu: ['spp_pathmtu', 'number'],
      mtuDiscovery: ['spp_flags', 'switch', 'SPP_PMTUD_ENABLE', 'SPP_PMTUD_DISABLE'],
      dscp: ['spp_dscp', 'number', 'SPP_DSCP'],
      flowLabel: ['spp_ipv6_flowlabel', 'number', 'SPP_IPV6_FLOWLABEL'],
    },
  },
  /**
   * So many time-outs in a row make a path inactive, potentially failed (RFC 7829), no longer the primary one. The last
   * can only be 65,535, never: usrsctp 0.9.5.0 has no other.
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
  /** The UDP port at which the peer expects SCTP; 0: none. */
  encapsulationPort: {
    constant: 'SCTP_REMOTE_UDP_ENCAPS_PORT',
    read: 'path',
    write: 'path',
    value: ['sue_port', 'port'],
  },
  /** The peer's address that messages are sent to. */
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
  /** Tells the peer of new local addresses; of a socket that is bound to all, and to be set after that. */
  autoAsconf: { constant: 'SCTP_AUTO_ASCONF', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  mappedV4: { constant: 'SCTP_I_WANT_MAPPED_V4_ADDR', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  /** Several one-to-one sockets on one port; before binding. */
  reusePort: { constant: 'SCTP_REUSE_PORT', read: 'socket', write: 'socket', value: ['', 'boolean'] },

  // --- messages
  disableFragments: { constant: 'SCTP_DISABLE_FRAGMENTS', read: 'socket', write: 'socket', value: ['', 'boolean'] },
  /** How many bytes of a message a DATA chunk has at most; 0: as many as the path MTU allows. */
  maxSegmentBytes: { constant: 'SCTP_MAXSEG', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  fragmentInterleave: { constant: 'SCTP_FRAGMENT_INTERLEAVE', read: 'socket', write: 'socket', value: ['', 'number'] },
  partialDeliveryBytes: {
    constant: 'SCTP_PARTIAL_DELIVERY_POINT',
    read: 'socket',
    write: 'socket',
    value: ['', 'number'],
  },
  /** I-DATA (RFC 8260); fragmentInterleave must be 2. */
  interleaving: {
    constant: 'SCTP_INTERLEAVING_SUPPORTED',
    read: 'both',
    write: 'socket',
    value: ['assoc_value', 'boolean'],
  },
  /**
   * Which stream is next: `default` and `round-robin`, a message of each in turn, in the order of their use or of their
   * numbers; `round-robin-packet`, about a packet of each; `priority`, the one with the lowest streamValue;
   * `fair-bandwidth`, equal bytes; `first-come`, in the order of sending.
   */
  scheduler: { constant: 'SCTP_PLUGGABLE_SS', read: 'both', write: 'both', value: ['assoc_value', 'scheduler'] },
  /** The priority of a stream, 0 to 65,535, the lowest first; `priority` alone takes it. */
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
