import { SCTP_SEND_PRINFO_VALID, SCTP_SEND_SNDINFO_VALID } from '../generated/constants.js';
import { sctp_sendv_spa } from '../generated/layouts.js';
import { htonl } from './byteorder.js';
import type { Pointer } from './memory.js';

/** The fields of struct sctp_sendv_spa, but for those of authentication (RFC 6458 5.3.4, 5.3.7). */
export interface SendInfo {
  readonly associationId: number;
  readonly stream: number;
  /** SCTP_UNORDERED, SCTP_EOF, SCTP_ABORT, SCTP_EOR … */
  readonly flags: number;
  readonly ppid: number;
  readonly context: number;
  /** SCTP_PR_SCTP_NONE, _TTL, _BUF or _RTX, and its value. */
  readonly prPolicy: number;
  readonly prValue: number;
}

const { sendv_sndinfo: snd, sendv_prinfo: pr } = sctp_sendv_spa.fields;

/** Offsets in struct sctp_sendv_spa. */
const Spa = {
  flags: sctp_sendv_spa.fields.sendv_flags.offset,
  valid: SCTP_SEND_SNDINFO_VALID | SCTP_SEND_PRINFO_VALID,
  stream: snd.offset + snd.fields.snd_sid.offset,
  sndFlags: snd.offset + snd.fields.snd_flags.offset,
  ppid: snd.offset + snd.fields.snd_ppid.offset,
  context: snd.offset + snd.fields.snd_context.offset,
  associationId: snd.offset + snd.fields.snd_assoc_id.offset,
  prPolicy: pr.offset + pr.fields.pr_policy.offset,
  prValue: pr.offset + pr.fields.pr_value.offset,
};

/**
 * Writes a struct sctp_sendv_spa. It does so field by field: with the generic writer of struct.ts a message of 64 bytes
 * takes 50 % longer, and a round trip 17 %.
 */
export function writeSendInfo(info: SendInfo, view: DataView, spa: Pointer): void {
  view.setUint32(spa + Spa.flags, Spa.valid, true);
  view.setUint16(spa + Spa.stream, info.stream, true);
  view.setUint16(spa + Spa.sndFlags, info.flags, true);
  view.setUint32(spa + Spa.ppid, htonl(info.ppid), true);
  view.setUint32(spa + Spa.context, info.context, true);
  view.setUint32(spa + Spa.associationId, info.associationId, true);
  view.setUint16(spa + Spa.prPolicy, info.prPolicy, true);
  view.setUint32(spa + Spa.prValue, info.prValue, true);
}
