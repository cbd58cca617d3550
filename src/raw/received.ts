import type { RawReceived } from '../bridge/rawmessages.js';
import { MSG_NOTIFICATION, SCTP_RECVV_NOINFO, SCTP_RECVV_RCVINFO, SCTP_RECVV_RN } from '../generated/constants.js';
import { sctp_rcvinfo, sctp_recvv_rn } from '../generated/layouts.js';
import type { Sockaddr, Sockaddrs } from './sockaddr.js';
import { type CValue, decode } from './value.js';

/** struct sctp_rcvinfo: of the message. */
export type RcvInfo = CValue<typeof sctp_rcvinfo>;
/** struct sctp_recvv_rn: of the message and of the one after it. */
export type RecvvRn = CValue<typeof sctp_recvv_rn>;

/** What usrsctp_recvv() writes through its pointers. */
export type Received = {
  /** Empty: the association has ended. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Who sent it. */
  readonly from: Sockaddr | undefined;
  /** MSG_EOR, MSG_NOTIFICATION. */
  readonly flags: number;
} & (
  | {
      /** There is none. */
      readonly infotype: typeof SCTP_RECVV_NOINFO;
      /** Nothing: of notifications, and while SCTP_RECVRCVINFO is off. */
      readonly info: undefined;
    }
  | {
      /** SCTP_RECVRCVINFO is on. */
      readonly infotype: typeof SCTP_RECVV_RCVINFO;
      /** Of the message. */
      readonly info: RcvInfo;
    }
  | {
      /** SCTP_RECVNXTINFO is on too, and there is a next message. */
      readonly infotype: typeof SCTP_RECVV_RN;
      /** Of the message, and of the one after it. */
      readonly info: RecvvRn;
    }
);

/** Spreading a common part into the results took a quarter of a small message's time. */
export function decodeReceived(received: RawReceived, sockaddrs: Sockaddrs): Received {
  const { data, info, infotype, flags } = received;
  const from = sockaddrs.unpackSame(received.from);
  const hasInfo = (flags & MSG_NOTIFICATION) === 0; // else usrsctp leaves infotype as it was
  if (hasInfo && infotype === SCTP_RECVV_RCVINFO) {
    return { data, from, flags, infotype, info: decode(sctp_rcvinfo, info.subarray(0, sctp_rcvinfo.size), sockaddrs) };
  }
  if (hasInfo && infotype === SCTP_RECVV_RN) {
    return { data, from, flags, infotype, info: decode(sctp_recvv_rn, info, sockaddrs) };
  }
  return { data, from, flags, infotype: SCTP_RECVV_NOINFO, info: undefined };
}

/** The struct sctp_rcvinfo in whatever there is. */
export function rcvInfo({ infotype, info }: Received): RcvInfo | undefined {
  return infotype === SCTP_RECVV_RN ? info.recvv_rcvinfo : info;
}
