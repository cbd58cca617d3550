import { errnoName } from '../bridge/calls.js';
import type { Layout } from '../bridge/struct.js';
import {
  MSG_PEEK,
  SCTP_SENDV_AUTHINFO,
  SCTP_SENDV_NOINFO,
  SCTP_SENDV_PRINFO,
  SCTP_SENDV_SNDINFO,
  SCTP_SENDV_SPA,
} from '../generated/constants.js';
import { sctp_authinfo, sctp_prinfo, sctp_sendv_spa, sctp_sndinfo } from '../generated/layouts.js';
import { checkBytes, integer } from './arguments.js';
import type { Core } from './core.js';
import { handleOf, type SocketArgument, type SocketHandle } from './handle.js';
import { decodeReceived, type Received } from './received.js';
import type { Sockaddr } from './sockaddr.js';
import { type CInput, encode } from './value.js';

/** The `info` of usrsctp_sendv(): the struct that `infotype` names, or its bytes. */
export type SendvInfo =
  | CInput<typeof sctp_sndinfo>
  | CInput<typeof sctp_prinfo>
  | CInput<typeof sctp_authinfo>
  | CInput<typeof sctp_sendv_spa>
  | Uint8Array;

/** Sending and receiving. */
export interface MessageCalls {
  /**
   * Sends a message; as far as the windows allow, it has been given to the transport when this returns. `addrs` is null
   * or one address; sending to a new address sets up an association. `info` is the struct that `infotype` names, or null
   * with SCTP_SENDV_NOINFO. `snd_ppid` is sent as it lies in memory, so `htonl(46)` sends 46. Returns the number of
   * bytes that were taken, or -1: EAGAIN if there is no room now, EMSGSIZE if the message never fits into the send
   * buffer, EINVAL (also for an empty message), ENOTCONN, EPIPE.
   */
  usrsctp_sendv(
    so: SocketArgument,
    data: Uint8Array,
    addrs?: Sockaddr | readonly Sockaddr[] | null,
    info?: SendvInfo | null,
    infotype?: number,
    flags?: number,
  ): number;

  /**
   * The next message or notification, or the next part of one that is longer than `length`; the last part has MSG_EOR in
   * `flags`. With MSG_PEEK as `flags` it stays unread. No data means that the association has ended. -1: EAGAIN if there
   * is nothing to read, ENOTCONN, ENOBUFS if there isn't enough memory for `length`, or the error that ended the
   * association, such as ECONNRESET.
   */
  usrsctp_recvv(so: SocketArgument, length: number, flags?: number): Received | -1;
}

/** Is notified when the application reads or sends by a call of its own. */
export interface ApplicationIO {
  /** A message has been read. */
  taken(): void;
  /** Something has been sent, or at least tried. */
  sent(): void;
}

export function messageCalls(core: Core, sockets: ReadonlyMap<SocketHandle, ApplicationIO>): MessageCalls {
  const { calls, sockaddrs } = core;
  return {
    usrsctp_sendv(so, data, addrs = null, info = null, infotype = SCTP_SENDV_NOINFO, flags = 0) {
      const handle = handleOf(so);
      checkBytes('the data', data);
      const [type, given] = [integer('infotype', infotype), integer('flags', flags)];
      return core.attempt(() => {
        const list = addrs === null ? [] : 'port' in addrs ? [addrs] : addrs;
        const to = list.length > 0 ? { addresses: sockaddrs.packAll(list), count: list.length } : undefined;
        const packed = info === null ? undefined : encodeInfo(core, type, info);
        return core.result(() => {
          const sent = calls.messages.sendv(handle, data, to, packed, type, given);
          sockets.get(handle)?.sent();
          return sent;
        });
      });
    },

    usrsctp_recvv(so, length, flags = 0) {
      const handle = handleOf(so);
      const [most, given] = [integer('length', length), integer('flags', flags)];
      if (most < 0) throw new TypeError(`length must not be negative: ${most}`);
      return core.attempt(() => {
        const got = core.pump.enter(() => calls.messages.recvv(handle, most, given));
        if (typeof got === 'number') return core.fail(errnoName(got));
        if (got.data.length > 0 && (given & MSG_PEEK) === 0) sockets.get(handle)?.taken();
        return decodeReceived(got, sockaddrs);
      });
    },
  };
}

const INFO: Readonly<Record<number, Layout>> = {
  [SCTP_SENDV_SNDINFO]: sctp_sndinfo,
  [SCTP_SENDV_PRINFO]: sctp_prinfo,
  [SCTP_SENDV_AUTHINFO]: sctp_authinfo,
  [SCTP_SENDV_SPA]: sctp_sendv_spa,
};

function encodeInfo(core: Core, type: number, info: SendvInfo): Uint8Array {
  const layout = INFO[type];
  return layout ? encode(layout, info, core.sockaddrs) : new Uint8Array(1); // C refuses the unknown type with EINVAL
}
