/** More socket options, in the form of transfer.ts: extensions, authentication, streams, state. */
export const featureOptions = {
  // --- extensions, which the ends of an association have negotiated in its set-up
  ecn: { constant: 'SCTP_ECN_SUPPORTED', read: 'both', write: 'socket', value: ['assoc_value', 'boolean'] },
  /** RFC 3758. */
  partialReliability: {
    constant: 'SCTP_PR_SUPPORTED',
    read: 'both',
    write: 'socket',
    value: ['assoc_value', 'boolean'],
  },
  /** RFC 4895. Dynamic addresses need it. */
  authentication: { constant: 'SCTP_AUTH_SUPPORTED', read: 'both', write: 'socket', value: ['assoc_value', 'boolean'] },
  /** RFC 5061. */
  dynamicAddresses: {
    constant: 'SCTP_ASCONF_SUPPORTED',
    read: 'both',
    write: 'socket',
    value: ['assoc_value', 'boolean'],
  },
  /** RFC 6525. */
  reconfiguration: {
    constant: 'SCTP_RECONFIG_SUPPORTED',
    read: 'both',
    write: 'socket',
    value: ['assoc_value', 'boolean'],
  },
  /** NR-SACK, an Internet draft (draft-natarajan-tsvwg-sctp-nrsack). It is off unless the program sets it. */
  nrSack: { constant: 'SCTP_NRSACK_SUPPORTED', read: 'both', write: 'socket', value: ['assoc_value', 'boolean'] },
  packetDrop: { constant: 'SCTP_PKTDROP_SUPPORTED', read: 'both', write: 'socket', value: ['assoc_value', 'boolean'] },
  /** The adaptation layer indication in INIT and INIT ACK. */
  adaptation: {
    constant: 'SCTP_ADAPTATION_LAYER',
    read: 'socket',
    write: 'socket',
    value: ['ssb_adaptation_ind', 'number'],
  },

  // --- authentication
  /** HMAC identifiers, the best first: SCTP_AUTH_HMAC_ID_SHA256, SCTP_AUTH_HMAC_ID_SHA1. */
  hmacs: {
    constant: 'SCTP_HMAC_IDENT',
    read: 'socket',
    write: 'socket',
    count: 'shmac_number_of_idents',
    value: ['shmac_idents', 'list16'],
  },
  activeKey: { constant: 'SCTP_AUTH_ACTIVE_KEY', read: 'both', write: 'both', value: ['scact_keynumber', 'number'] },
  key: {
    constant: 'SCTP_AUTH_KEY',
    write: 'both',
    why: 'keys are not given back',
    isSecret: 'the value is { number, key: Uint8Array }',
    count: 'sca_keylength',
    fields: { number: ['sca_keynumber', 'number'], key: ['sca_key', 'bytes'] },
  },
  deactivateKey: {
    constant: 'SCTP_AUTH_DEACTIVATE_KEY',
    write: 'both',
    why: 'it is an action',
    value: ['scact_keynumber', 'number'],
  },
  deleteKey: {
    constant: 'SCTP_AUTH_DELETE_KEY',
    write: 'both',
    why: 'it is an action',
    value: ['scact_keynumber', 'number'],
  },
  /** A chunk type that the peer must authenticate. */
  authenticatedChunk: {
    constant: 'SCTP_AUTH_CHUNK',
    write: 'socket',
    why: 'localAuthenticatedChunks tells all of them',
    value: ['sauth_chunk', 'number'],
  },
  localAuthenticatedChunks: {
    constant: 'SCTP_LOCAL_AUTH_CHUNKS',
    read: 'both',
    why: 'authenticatedChunk adds to it',
    count: 'gauth_number_of_chunks',
    value: ['gauth_chunks', 'list8'],
  },
  peerAuthenticatedChunks: {
    constant: 'SCTP_PEER_AUTH_CHUNKS',
    read: 'association',
    why: 'the peer has said it',
    count: 'gauth_number_of_chunks',
    value: ['gauth_chunks', 'list8'],
  },

  // --- streams
  /** Which requests of the peer are granted: SCTP_ENABLE_RESET_STREAM_REQ, _RESET_ASSOC_REQ, _CHANGE_ASSOC_REQ. */
  streamReset: { constant: 'SCTP_ENABLE_STREAM_RESET', read: 'both', write: 'both', value: ['assoc_value', 'number'] },
  /** Without `streams`: all streams. */
  resetStreams: {
    constant: 'SCTP_RESET_STREAMS',
    write: 'association',
    why: 'it is an action',
    count: 'srs_number_streams',
    fields: {
      incoming: ['srs_flags', 'flag', 'SCTP_STREAM_RESET_INCOMING'],
      outgoing: ['srs_flags', 'flag', 'SCTP_STREAM_RESET_OUTGOING'],
      streams: ['srs_stream_list', 'list16'],
    },
  },
  /** The value has no meaning. */
  resetAssociation: {
    constant: 'SCTP_RESET_ASSOC',
    write: 'association',
    why: 'it is an action',
    value: ['', 'association'],
  },
  addStreams: {
    constant: 'SCTP_ADD_STREAMS',
    write: 'association',
    why: 'it is an action',
    fields: { inbound: ['sas_instrms', 'number'], outbound: ['sas_outstrms', 'number'] },
  },

  // --- state
  status: {
    constant: 'SCTP_STATUS',
    read: 'association',
    why: 'it is a state',
    fields: {
      state: ['sstat_state', 'number'],
      windowBytes: ['sstat_rwnd', 'number'],
      unacknowledged: ['sstat_unackdata', 'number'],
      pending: ['sstat_penddata', 'number'],
      inboundStreams: ['sstat_instrms', 'number'],
      outboundStreams: ['sstat_outstrms', 'number'],
      fragmentationPointBytes: ['sstat_fragmentation_point', 'number'],
      primaryPath: ['sstat_primary.spinfo_address', 'address'],
    },
  },
  timeouts: {
    constant: 'SCTP_TIMEOUTS',
    read: 'association',
    why: 'they are counters',
    fields: {
      init: ['stimo_init', 'number'],
      data: ['stimo_data', 'number'],
      sack: ['stimo_sack', 'number'],
      shutdown: ['stimo_shutdown', 'number'],
      heartbeat: ['stimo_heartbeat', 'number'],
      cookie: ['stimo_cookie', 'number'],
      shutdownAck: ['stimo_shutdownack', 'number'],
    },
  },
  /** How many messages of a stream were given up; `policy`: SCTP_PR_SCTP_ALL. */
  streamAbandoned: {
    constant: 'SCTP_PR_STREAM_STATUS',
    read: 'association',
    why: 'they are counters',
    query: ['stream', 'policy'],
    fields: {
      stream: ['sprstat_sid', 'number'],
      policy: ['sprstat_policy', 'number'],
      unsent: ['sprstat_abandoned_unsent', 'count'],
      sent: ['sprstat_abandoned_sent', 'count'],
    },
  },
  /** How many messages were given up; `policy`: SCTP_PR_SCTP_TTL, _BUF, _RTX or _ALL. */
  abandoned: {
    constant: 'SCTP_PR_ASSOC_STATUS',
    read: 'association',
    why: 'they are counters',
    query: ['policy'],
    fields: {
      policy: ['sprstat_policy', 'number'],
      unsent: ['sprstat_abandoned_unsent', 'count'],
      sent: ['sprstat_abandoned_sent', 'count'],
    },
  },
  associationCount: {
    constant: 'SCTP_GET_ASSOC_NUMBER',
    read: 'socket',
    why: 'it is a state',
    value: ['', 'number'],
  },
  /** Only for a one-to-many socket. */
  associationIds: {
    constant: 'SCTP_GET_ASSOC_ID_LIST',
    read: 'socket',
    why: 'it is a state',
    count: 'gaids_number_of_ids',
    countedBy: 'associationCount',
    value: ['gaids_assoc_id', 'list32'],
  },
  bufferUse: {
    constant: 'SCTP_GET_SNDBUF_USE',
    read: 'association',
    why: 'it is a state',
    fields: { sendBytes: ['ss_total_sndbuf', 'number'], receiveBytes: ['ss_total_recv_buf', 'number'] },
  },
  /** The objects of the whole stack. */
  memory: {
    constant: 'SCTP_PCB_STATUS',
    read: 'socket',
    why: 'it is a state',
    fields: {
      sockets: ['ep_count', 'number'],
      associations: ['asoc_count', 'number'],
      localAddresses: ['laddr_count', 'number'],
      paths: ['raddr_count', 'number'],
      chunks: ['chk_count', 'number'],
      received: ['readq_count', 'number'],
      freeChunks: ['free_chunks', 'number'],
      queued: ['stream_oque', 'number'],
    },
  },
} as const;
