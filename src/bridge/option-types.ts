import * as L from '../generated/layouts.js';
import type { Layout } from './struct.js';

/**
 * usrsctp's socket options of level IPPROTO_SCTP and the C types of their values: a struct, or `int` for an `int` or
 * `uint32_t`.
 */
export const optionTypes = {
  // usrsctp.h: read and write
  SCTP_RTOINFO: 'sctp_rtoinfo',
  SCTP_ASSOCINFO: 'sctp_assocparams',
  SCTP_INITMSG: 'sctp_initmsg',
  SCTP_NODELAY: 'int',
  SCTP_AUTOCLOSE: 'int',
  SCTP_PRIMARY_ADDR: 'sctp_setprim',
  SCTP_ADAPTATION_LAYER: 'sctp_setadaptation',
  SCTP_DISABLE_FRAGMENTS: 'int',
  SCTP_PEER_ADDR_PARAMS: 'sctp_paddrparams',
  SCTP_I_WANT_MAPPED_V4_ADDR: 'int',
  SCTP_MAXSEG: 'sctp_assoc_value',
  SCTP_DELAYED_SACK: 'sctp_sack_info',
  SCTP_FRAGMENT_INTERLEAVE: 'int',
  SCTP_PARTIAL_DELIVERY_POINT: 'int',
  SCTP_HMAC_IDENT: 'sctp_hmacalgo',
  SCTP_AUTH_ACTIVE_KEY: 'sctp_authkeyid',
  SCTP_AUTO_ASCONF: 'int',
  SCTP_MAX_BURST: 'sctp_assoc_value',
  SCTP_CONTEXT: 'sctp_assoc_value',
  SCTP_EXPLICIT_EOR: 'int',
  SCTP_REUSE_PORT: 'int',
  SCTP_EVENT: 'sctp_event',
  SCTP_RECVRCVINFO: 'int',
  SCTP_RECVNXTINFO: 'int',
  SCTP_DEFAULT_SNDINFO: 'sctp_sndinfo',
  SCTP_DEFAULT_PRINFO: 'sctp_default_prinfo',
  SCTP_REMOTE_UDP_ENCAPS_PORT: 'sctp_udpencaps',
  SCTP_ECN_SUPPORTED: 'sctp_assoc_value',
  SCTP_PR_SUPPORTED: 'sctp_assoc_value',
  SCTP_AUTH_SUPPORTED: 'sctp_assoc_value',
  SCTP_ASCONF_SUPPORTED: 'sctp_assoc_value',
  SCTP_RECONFIG_SUPPORTED: 'sctp_assoc_value',
  SCTP_NRSACK_SUPPORTED: 'sctp_assoc_value',
  SCTP_PKTDROP_SUPPORTED: 'sctp_assoc_value',
  SCTP_MAX_CWND: 'sctp_assoc_value',
  SCTP_ENABLE_STREAM_RESET: 'sctp_assoc_value',
  SCTP_PLUGGABLE_SS: 'sctp_assoc_value',
  SCTP_SS_VALUE: 'sctp_stream_value',
  // usrsctp.h: read only
  SCTP_STATUS: 'sctp_status',
  SCTP_GET_PEER_ADDR_INFO: 'sctp_paddrinfo',
  SCTP_PEER_AUTH_CHUNKS: 'sctp_authchunks',
  SCTP_LOCAL_AUTH_CHUNKS: 'sctp_authchunks',
  SCTP_GET_ASSOC_NUMBER: 'int',
  SCTP_GET_ASSOC_ID_LIST: 'sctp_assoc_ids',
  SCTP_TIMEOUTS: 'sctp_timeouts',
  SCTP_PR_STREAM_STATUS: 'sctp_prstatus',
  SCTP_PR_ASSOC_STATUS: 'sctp_prstatus',
  // usrsctp.h: write only
  SCTP_SET_PEER_PRIMARY_ADDR: 'sctp_setpeerprim',
  SCTP_AUTH_CHUNK: 'sctp_authchunk',
  SCTP_AUTH_KEY: 'sctp_authkey',
  SCTP_AUTH_DEACTIVATE_KEY: 'sctp_authkeyid',
  SCTP_AUTH_DELETE_KEY: 'sctp_authkeyid',
  SCTP_RESET_STREAMS: 'sctp_reset_streams',
  SCTP_RESET_ASSOC: 'int',
  SCTP_ADD_STREAMS: 'sctp_add_streams',
  // in upstream's main, but not in the pinned release
  SCTP_ACCEPT_ZERO_CHECKSUM: 'int',
  // not in usrsctp.h, only in usrsctp's internal headers
  SCTP_EVENTS: 'sctp_event_subscribe',
  SCTP_DEFAULT_SEND_PARAM: 'sctp_sndrcvinfo',
  SCTP_USE_EXT_RCVINFO: 'int',
  SCTP_PEER_ADDR_THLDS: 'sctp_paddrthlds',
  SCTP_INTERLEAVING_SUPPORTED: 'sctp_assoc_value',
  SCTP_CMT_ON_OFF: 'sctp_assoc_value',
  SCTP_PLUGGABLE_CC: 'sctp_assoc_value',
  SCTP_CC_OPTION: 'sctp_cc_option',
  SCTP_GET_SNDBUF_USE: 'sctp_sockstat',
  SCTP_PCB_STATUS: 'sctp_pcbinfo',
  SCTP_GET_NONCE_VALUES: 'sctp_get_nonce_values',
} as const;

export type OptionName = keyof typeof optionTypes;

/** The type of an option's value: a struct, or an `int`. */
export type OptionType = Layout | 'int';

/** The same as a type: the layout of an option's struct, or `int`. */
export type OptionTypeOf<Name extends OptionName> = (typeof optionTypes)[Name] extends infer S
  ? S extends keyof typeof L
    ? (typeof L)[S]
    : 'int'
  : never;

type StructName = Exclude<(typeof optionTypes)[OptionName], 'int'>;

const layouts: Readonly<Record<StructName, Layout>> = L;

export function optionType(name: OptionName): OptionType {
  const type = optionTypes[name];
  if (type === 'int') return type;
  return layouts[type];
}

/** Whether the struct ends with a flexible array, so that a value has no fixed length. */
export function isFlexible({ fields }: Layout): boolean {
  return Object.values(fields).some((field) => field.type === 'bytes' && field.length === 0);
}
