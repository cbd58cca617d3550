import * as C from '../generated/constants.js';
import * as L from '../generated/layouts.js';
import { checkBytes } from './arguments.js';
import { Sockaddrs } from './sockaddr.js';
import { type CValue, decode } from './value.js';

/** C's `union sctp_notification`: the struct that belongs to the notification's type, and the name of that type as `name`. */
export type SctpNotification = {
  [Name in keyof Structs]: {
    /** The C name of the notification's type. */
    readonly name: Name;
  } & Readonly<CValue<Structs[Name]>>;
}[keyof Structs];

type Structs = {
  SCTP_ASSOC_CHANGE: typeof L.sctp_assoc_change;
  SCTP_PEER_ADDR_CHANGE: typeof L.sctp_paddr_change;
  SCTP_REMOTE_ERROR: typeof L.sctp_remote_error;
  SCTP_SEND_FAILED: typeof L.sctp_send_failed;
  SCTP_SHUTDOWN_EVENT: typeof L.sctp_shutdown_event;
  SCTP_ADAPTATION_INDICATION: typeof L.sctp_adaptation_event;
  SCTP_PARTIAL_DELIVERY_EVENT: typeof L.sctp_pdapi_event;
  SCTP_AUTHENTICATION_EVENT: typeof L.sctp_authkey_event;
  SCTP_STREAM_RESET_EVENT: typeof L.sctp_stream_reset_event;
  SCTP_SENDER_DRY_EVENT: typeof L.sctp_sender_dry_event;
  SCTP_NOTIFICATIONS_STOPPED_EVENT: typeof L.sctp_tlv;
  SCTP_ASSOC_RESET_EVENT: typeof L.sctp_assoc_reset_event;
  SCTP_STREAM_CHANGE_EVENT: typeof L.sctp_stream_change_event;
  SCTP_SEND_FAILED_EVENT: typeof L.sctp_send_failed_event;
};

const STRUCTS: { readonly [Name in keyof Structs]: readonly [number, Structs[Name]] } = {
  SCTP_ASSOC_CHANGE: [C.SCTP_ASSOC_CHANGE, L.sctp_assoc_change],
  SCTP_PEER_ADDR_CHANGE: [C.SCTP_PEER_ADDR_CHANGE, L.sctp_paddr_change],
  SCTP_REMOTE_ERROR: [C.SCTP_REMOTE_ERROR, L.sctp_remote_error],
  SCTP_SEND_FAILED: [C.SCTP_SEND_FAILED, L.sctp_send_failed],
  SCTP_SHUTDOWN_EVENT: [C.SCTP_SHUTDOWN_EVENT, L.sctp_shutdown_event],
  SCTP_ADAPTATION_INDICATION: [C.SCTP_ADAPTATION_INDICATION, L.sctp_adaptation_event],
  SCTP_PARTIAL_DELIVERY_EVENT: [C.SCTP_PARTIAL_DELIVERY_EVENT, L.sctp_pdapi_event],
  SCTP_AUTHENTICATION_EVENT: [C.SCTP_AUTHENTICATION_EVENT, L.sctp_authkey_event],
  SCTP_STREAM_RESET_EVENT: [C.SCTP_STREAM_RESET_EVENT, L.sctp_stream_reset_event],
  SCTP_SENDER_DRY_EVENT: [C.SCTP_SENDER_DRY_EVENT, L.sctp_sender_dry_event],
  SCTP_NOTIFICATIONS_STOPPED_EVENT: [C.SCTP_NOTIFICATIONS_STOPPED_EVENT, L.sctp_tlv],
  SCTP_ASSOC_RESET_EVENT: [C.SCTP_ASSOC_RESET_EVENT, L.sctp_assoc_reset_event],
  SCTP_STREAM_CHANGE_EVENT: [C.SCTP_STREAM_CHANGE_EVENT, L.sctp_stream_change_event],
  SCTP_SEND_FAILED_EVENT: [C.SCTP_SEND_FAILED_EVENT, L.sctp_send_failed_event],
};

/**
 * Decodes what usrsctp_recvv() or a receive callback delivered with MSG_NOTIFICATION. `undefined` if its type is unknown
 * or bytes are missing. Numbers are as in C; an AF_CONN address is left out.
 */
export function sctp_notification(data: Uint8Array): SctpNotification | undefined {
  checkBytes('a notification', data);
  const type = (data[0] ?? 0) | ((data[1] ?? 0) << 8);
  for (const [name, [number, layout]] of Object.entries(STRUCTS)) {
    if (number !== type) continue;
    if (data.length < layout.size) return;
    return { name, ...decode(layout, data, new Sockaddrs()) } as SctpNotification;
  }
  return;
}
