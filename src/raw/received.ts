import type { RawReceived } from '../bridge/rawmessages.js';
import { MSG_NOTIFICATION, SCTP_RECVV_NOINFO, SCTP_RECVV_RCVINFO, SCTP_RECVV_RN } from '../generated/constants.js';
import { sctp_rcvinfo, sctp_recvv_rn } from '../generated/layouts.js';
import type { Bytes } from '../lib-types.js';
import type { Sockaddr, Sockaddrs } from './sockaddr.js';
import { type CValue, decode } from './value.js';

/** struct sctp_rcvinfo: information about a message. */
export type RcvInfo = CValue<typeof sctp_rcvinfo>;
/** struct sctp_recvv_rn: information about a message and the next one. */
export type RecvvRn = CValue<typeof sctp_recvv_rn>;

/** What C's usrsctp_recvv() stores through its pointers. */
export type Received = {
  /** The bytes. None if the association has ended. */
  readonly data: Bytes;
  /** The sender. */
  readonly from: Sockaddr | undefined;
  /** MSG_EOR and MSG_NOTIFICATION. */
  readonly flags: number;
} & (
  | {
      /** There is no `info`: SCTP_RECVRCVINFO is off, or this is a notification or the end of the association. */
      readonly infotype: typeof SCTP_RECVV_NOINFO;
      /** Always `undefined`. */
      readonly info: undefined;
    }
  | {
      /** SCTP_RECVRCVINFO is on. */
      readonly infotype: typeof SCTP_RECVV_RCVINFO;
      /** Information about the message. */
      readonly info: RcvInfo;
    }
  | {
      /** SCTP_RECVNXTINFO is on, too, and there is a next message. */
      readonly infotype: typeof SCTP_RECVV_RN;
      /** Information about the message and the next one. */
      readonly info: RecvvRn;
    }
);

/** The results are written out: spreading a common part into each makes messages of 64 bytes take twice as long. */
export function decodeReceived(received: RawReceived, sockaddrs: Sockaddrs): Received {
  const { data, info, infotype, flags } = received;
  const from = sockaddrs.unpack(received.from);
  const hasInfo = (flags & MSG_NOTIFICATION) === 0; // else usrsctp leaves infotype as it was
  if (hasInfo && infotype === SCTP_RECVV_RCVINFO) {
    return { data, from, flags, infotype, info: decode(sctp_rcvinfo, info.subarray(0, sctp_rcvinfo.size), sockaddrs) };
  }
  if (hasInfo && infotype === SCTP_RECVV_RN) {
    return { data, from, flags, infotype, info: decode(sctp_recvv_rn, info, sockaddrs) };
  }
  return { data, from, flags, infotype: SCTP_RECVV_NOINFO, info: undefined };
}

/** The struct sctp_rcvinfo, whatever `info` is. */
export function rcvInfo({ infotype, info }: Received): RcvInfo | undefined {
  return infotype === SCTP_RECVV_RN ? info.recvv_rcvinfo : info;
}
