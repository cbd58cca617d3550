import { isBytes, shown } from '../arguments.js';
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
import { Associations } from './association.js';
import { handleOf, integer, type SocketArgument } from './core.js';
import { decodeReceived, type Received } from './received.js';
import type { Sockaddr } from './sockaddr.js';
import { type CInput, encode } from './value.js';

/** What usrsctp_sendv() takes as `info`: the struct that its `infotype` names, or that one's bytes. */
export type SendvInfo =
  | CInput<typeof sctp_sndinfo>
  | CInput<typeof sctp_prinfo>
  | CInput<typeof sctp_authinfo>
  | CInput<typeof sctp_sendv_spa>
  | Uint8Array;

const INFO: Readonly<Record<number, Layout>> = {
  [SCTP_SENDV_SNDINFO]: sctp_sndinfo,
  [SCTP_SENDV_PRINFO]: sctp_prinfo,
  [SCTP_SENDV_AUTHINFO]: sctp_authinfo,
  [SCTP_SENDV_SPA]: sctp_sendv_spa,
};

/** Messages. */
export class Messages extends Associations {
  /**
   * Sends a message; as far as windows allow it has been given to the transport when this returns. `addrs`: null, or
   * one address; sending to a new one sets up an association. `info`: the struct of `infotype`, null with
   * SCTP_SENDV_NOINFO. `snd_ppid` is sent as it lies in memory, so `htonl(46)` is 46. Returns the bytes taken, or -1:
   * EAGAIN there is no room, EMSGSIZE it never fits the send buffer, EINVAL also for an empty message, ENOTCONN, EPIPE.
   */
  usrsctp_sendv(
    so: SocketArgument,
    data: Uint8Array,
    addrs: Sockaddr | readonly Sockaddr[] | null = null,
    info: SendvInfo | null = null,
    infotype: number = SCTP_SENDV_NOINFO,
    flags: number = 0,
  ): number {
    const { core } = this;
    const handle = handleOf(so);
    if (!isBytes(data)) throw new TypeError(`the data is a Uint8Array, not ${shown(data)}`);
    const [type, given] = [integer('infotype', infotype), integer('flags', flags)];
    return core.attempt(() => {
      const list = addrs === null ? [] : 'port' in addrs ? [addrs] : addrs;
      const to = list.length > 0 ? { addresses: core.sockaddrs.packAll(list), count: list.length } : undefined;
      const packed = info === null ? undefined : this.#info(type, info);
      return core.result(() => {
        const sent = core.calls.messages.sendv(handle, data, to, packed, type, given);
        core.sockets.get(handle)?.sent();
        return sent;
      });
    });
  }

  /**
   * The next message or notification, or a part of one that is longer than `length`: MSG_EOR in `flags` ends it.
   * `flags`: MSG_PEEK leaves it there. No data: the association has ended. -1: EAGAIN there is none, ENOTCONN, ENOBUFS
   * there is no memory of that `length`, and what has ended the association, such as ECONNRESET.
   */
  usrsctp_recvv(so: SocketArgument, length: number, flags: number = 0): Received | -1 {
    const { core } = this;
    const handle = handleOf(so);
    const [most, given] = [integer('length', length), integer('flags', flags)];
    if (most < 0) throw new TypeError(`a length isn't negative: ${most}`);
    return core.attempt(() => {
      const got = core.pump.enter(() => core.calls.messages.recvv(handle, most, given));
      if (typeof got === 'number') return core.fail(errnoName(got));
      if (got.data.length > 0 && (given & MSG_PEEK) === 0) core.sockets.get(handle)?.taken();
      return decodeReceived(got, core.sockaddrs);
    });
  }

  #info(type: number, info: SendvInfo): Uint8Array {
    const layout = INFO[type];
    return layout ? encode(layout, info, this.core.sockaddrs) : new Uint8Array(1); // which C refuses with EINVAL
  }
}
