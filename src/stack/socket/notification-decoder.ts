import { htonl } from '../../bridge/byteorder.js';
import { unpackSockaddr } from '../../bridge/sockaddr.js';
import { readStruct } from '../../bridge/struct.js';
import type { ErrorCause } from '../../errors.js';
import * as C from '../../generated/constants.js';
import * as L from '../../generated/layouts.js';
import type { Bytes, View } from '../../lib-types.js';
import { abortCauses, causeName, errorCauses } from './error-causes.js';
import type { AuthenticationChange, Feature, Notification, Outcome, PathChange } from './notification.js';

const ASSOCIATION_STATES = {
  [C.SCTP_COMM_UP]: 'up',
  [C.SCTP_COMM_LOST]: 'lost',
  [C.SCTP_RESTART]: 'restart',
  [C.SCTP_SHUTDOWN_COMP]: 'shutdown complete',
  [C.SCTP_CANT_STR_ASSOC]: 'could not start',
} as const;

const PATH_CHANGES: Readonly<Record<number, PathChange>> = {
  0: 'mtu', // wasm/tuning/path_mtu.c
  [C.SCTP_ADDR_AVAILABLE]: 'available',
  [C.SCTP_ADDR_UNREACHABLE]: 'unreachable',
  [C.SCTP_ADDR_REMOVED]: 'removed',
  [C.SCTP_ADDR_ADDED]: 'added',
  [C.SCTP_ADDR_MADE_PRIM]: 'primary',
  [C.SCTP_ADDR_CONFIRMED]: 'confirmed',
};

const FEATURES: Readonly<Record<number, Feature>> = {
  [C.SCTP_ASSOC_SUPPORTS_PR]: 'partial reliability',
  [C.SCTP_ASSOC_SUPPORTS_AUTH]: 'authentication',
  [C.SCTP_ASSOC_SUPPORTS_ASCONF]: 'dynamic addresses',
  [C.SCTP_ASSOC_SUPPORTS_RE_CONFIG]: 'reconfiguration',
  [C.SCTP_ASSOC_SUPPORTS_INTERLEAVING]: 'interleaving',
};

const AUTHENTICATIONS: Readonly<Record<number, AuthenticationChange['change']>> = {
  [C.SCTP_AUTH_NEW_KEY]: 'new key',
  [C.SCTP_AUTH_FREE_KEY]: 'key free',
  [C.SCTP_AUTH_NO_AUTH]: 'no authentication',
};

/** LINK_ABORT_SENT of wasm/link.h. */
const ABORT_SENT = 0x80;
/** The T bit of an ABORT: its sender had no such association (RFC 9260 §8.4). */
const T_BIT = 0x01;

type Decode = (view: View, length: number) => Notification | undefined;

const DECODERS: Readonly<Record<number, Decode>> = {
  [C.SCTP_ASSOC_CHANGE]: associationChange,
  [C.SCTP_PEER_ADDR_CHANGE]: pathChange,
  [C.SCTP_REMOTE_ERROR](view, length) {
    const { sre_error, sre_assoc_id, sre_data } = readStruct(L.sctp_remote_error, view, 0, length);
    const causes = errorCauses(sre_data) ?? [{ code: sre_error, name: causeName(sre_error) }]; // sre_error: the first's
    return { type: 'remoteError', associationId: sre_assoc_id, causes };
  },
  [C.SCTP_SEND_FAILED_EVENT](view, length) {
    const event = readStruct(L.sctp_send_failed_event, view, 0, length);
    const { snd_sid, snd_flags, snd_ppid, snd_context } = event.ssfe_info;
    return {
      type: 'sendFailed',
      associationId: event.ssfe_assoc_id,
      sent: (event.ssfe_flags & C.SCTP_DATA_SENT) !== 0,
      stream: snd_sid,
      ppid: htonl(snd_ppid),
      context: snd_context,
      flags: snd_flags,
      data: event.ssfe_data as Bytes, // readStruct has copied it
    };
  },
  [C.SCTP_SHUTDOWN_EVENT](view) {
    return { type: 'shutdown', associationId: view.getUint32(L.sctp_shutdown_event.fields.sse_assoc_id.offset, true) };
  },
  [C.SCTP_ADAPTATION_INDICATION](view) {
    const { sai_assoc_id, sai_adaptation_ind } = readStruct(L.sctp_adaptation_event, view);
    return { type: 'adaptation', associationId: sai_assoc_id, indication: sai_adaptation_ind };
  },
  [C.SCTP_PARTIAL_DELIVERY_EVENT](view) {
    const { pdapi_assoc_id, pdapi_flags, pdapi_stream, pdapi_seq } = readStruct(L.sctp_pdapi_event, view);
    return {
      type: 'partialDeliveryAborted',
      associationId: pdapi_assoc_id,
      stream: pdapi_stream,
      unordered: (pdapi_flags & C.SCTP_UNORDERED) !== 0, // wasm/fixes/delivery.c
      ssn: pdapi_seq,
    };
  },
  [C.SCTP_AUTHENTICATION_EVENT](view) {
    const { auth_assoc_id, auth_indication, auth_keynumber } = readStruct(L.sctp_authkey_event, view);
    const change = AUTHENTICATIONS[auth_indication];
    return change && { type: 'authentication', associationId: auth_assoc_id, change, keyNumber: auth_keynumber };
  },
  [C.SCTP_SENDER_DRY_EVENT](view) {
    return { type: 'senderDry', associationId: readStruct(L.sctp_sender_dry_event, view).sender_dry_assoc_id };
  },
  [C.SCTP_STREAM_RESET_EVENT](view, length) {
    const event = readStruct(L.sctp_stream_reset_event, view, 0, length);
    const list = event.strreset_stream_list;
    const streams = Array.from(
      { length: list.length >> 1 },
      (_, i) => (list[2 * i] ?? 0) | ((list[2 * i + 1] ?? 0) << 8),
    );
    return {
      type: 'streamReset',
      associationId: event.strreset_assoc_id,
      direction: event.strreset_flags & C.SCTP_STREAM_RESET_OUTGOING_SSN ? 'outgoing' : 'incoming',
      streams: streams.length > 0 ? streams : 'all',
      outcome: outcome(event.strreset_flags, C.SCTP_STREAM_RESET_DENIED, C.SCTP_STREAM_RESET_FAILED),
    };
  },
  [C.SCTP_ASSOC_RESET_EVENT](view) {
    const event = readStruct(L.sctp_assoc_reset_event, view);
    return {
      type: 'associationReset',
      associationId: event.assocreset_assoc_id,
      outcome: outcome(event.assocreset_flags, C.SCTP_ASSOC_RESET_DENIED, C.SCTP_ASSOC_RESET_FAILED),
      localTsn: event.assocreset_local_tsn,
      remoteTsn: event.assocreset_remote_tsn,
    };
  },
  [C.SCTP_STREAM_CHANGE_EVENT](view) {
    const event = readStruct(L.sctp_stream_change_event, view);
    return {
      type: 'streamChange',
      associationId: event.strchange_assoc_id,
      outcome: outcome(event.strchange_flags, C.SCTP_STREAM_CHANGE_DENIED, C.SCTP_STREAM_CHANGE_FAILED),
      inbound: event.strchange_instrms,
      outbound: event.strchange_outstrms,
    };
  },
};

/** Decodes a notification of `length` bytes. Returns undefined if the type is unknown. The view isn't kept. */
export function decodeNotification(view: View, length: number): Notification | undefined {
  return length < 8 ? undefined : DECODERS[view.getUint16(0, true)]?.(view, length);
}

function outcome(flags: number, denied: number, failed: number): Outcome {
  if (flags & denied) return 'denied';
  return flags & failed ? 'failed' : 'performed';
}

const change = L.sctp_assoc_change.fields;
const path = L.sctp_paddr_change.fields;

/** Reads single fields: each set-up has several of these notifications, and readStruct would decode all fields of each. */
function associationChange(view: View, length: number): Notification | undefined {
  const state = ASSOCIATION_STATES[view.getUint16(change.sac_state.offset, true) as keyof typeof ASSOCIATION_STATES];
  if (state === undefined) return;
  const isStart = state === 'up' || state === 'restart';
  const abort = isStart ? undefined : abortOf(view, length);
  const flags = abort === undefined ? 0 : view.getUint8(change.sac_info.offset + 1);
  const notification = {
    type: 'association',
    associationId: view.getUint32(change.sac_assoc_id.offset, true),
    state,
    streams: {
      inbound: view.getUint16(change.sac_inbound_streams.offset, true),
      outbound: view.getUint16(change.sac_outbound_streams.offset, true),
    },
    features: isStart ? featuresOf(view, length) : [],
  } as const;
  if (!abort) return notification;
  if (flags & ABORT_SENT) return { ...notification, sentAbort: abort };
  return flags & T_BIT ? { ...notification, abort, isUnknown: true } : { ...notification, abort };
}

function featuresOf(view: DataView, length: number): Feature[] {
  const features: Feature[] = [];
  for (let at = change.sac_info.offset; at < length; at++) {
    const feature = FEATURES[view.getUint8(at)];
    if (feature) features.push(feature);
  }
  return features;
}

function abortOf(view: View, length: number): ErrorCause[] | undefined {
  const { offset } = change.sac_info;
  return length > offset
    ? abortCauses(new Uint8Array(view.buffer, view.byteOffset + offset, length - offset))
    : undefined;
}

function pathChange(view: View): Notification | undefined {
  const peer = unpackSockaddr(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), path.spc_aaddr.offset);
  const change = PATH_CHANGES[view.getUint32(path.spc_state.offset, true)];
  const associationId = view.getUint32(path.spc_assoc_id.offset, true);
  return peer && change && { type: 'path', associationId, address: peer.address, change };
}
