import { int } from '../bridge/allocate.js';
import { IPPROTO_SCTP, SCTP_RECVRCVINFO } from '../generated/constants.js';
import { functionOrNull, integer } from './arguments.js';
import { type Callbacks, NO_CALLBACKS, type ReceiveCallback, type SendCallback, SocketCallbacks } from './callbacks.js';
import type { Core } from './core.js';
import { handleOf, type SocketArgument, type SocketHandle } from './handle.js';
import type { Sockaddr } from './sockaddr.js';

/** Sockets, from usrsctp_socket() to usrsctp_close(). */
export interface SocketCalls {
  /**
   * Makes a socket. The callbacks are called after a call into C has returned, never from inside C. `send_cb` is called
   * when at least `sb_threshold` bytes are free. As in C, `send_cb`, `sb_threshold` and `ulp_info` require a
   * `receive_cb`. Returns null with EINVAL, EAFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE or ENFILE.
   */
  usrsctp_socket(
    domain: number,
    type: number,
    protocol: number,
    receive_cb?: ReceiveCallback | null,
    send_cb?: SendCallback | null,
    sb_threshold?: number,
    ulp_info?: unknown,
  ): SocketHandle | null;

  /** Closes a socket. Data that waits is still sent, unless there are unread messages: then the association is aborted. */
  usrsctp_close(so: SocketArgument): void;

  /** `how`: SHUT_RD, SHUT_WR or SHUT_RDWR. SHUT_WR begins SCTP's shutdown sequence. Returns 0 or -1. */
  usrsctp_shutdown(so: SocketArgument, how: number): number;

  /** Lets peers connect; a `backlog` of 0 stops that. Returns 0 or -1. */
  usrsctp_listen(so: SocketArgument, backlog: number): number;

  /**
   * The socket of an association that a peer has set up; `aname` gets the peer's address. Null with EAGAIN if there is
   * none.
   */
  usrsctp_accept(so: SocketArgument, aname?: { address?: Sockaddr | undefined }): SocketHandle | null;

  /** Moves an association of a one-to-many socket to a socket of its own. Null with EINVAL, ENOTCONN or EADDRINUSE. */
  usrsctp_peeloff(so: SocketArgument, id: number): SocketHandle | null;

  /** Sockets never block here, as there is one thread: an `onoff` of 0 is refused with EOPNOTSUPP. */
  usrsctp_set_non_blocking(so: SocketArgument, onoff: number): number;

  /** 1, or -1. */
  usrsctp_get_non_blocking(so: SocketArgument): number;
}

export function socketCalls(core: Core, sockets: Map<SocketHandle, SocketCallbacks>): SocketCalls {
  const { calls } = core;

  const adopt = (make: () => number, callbacks: Callbacks, ulpInfo: unknown): SocketCallbacks | null => {
    const handle = core.result(make);
    if (handle < 0) return null;
    const socket = new SocketCallbacks(core, handle as SocketHandle, callbacks, ulpInfo);
    sockets.set(socket.handle, socket);
    core.pump.attach(socket.handle, socket);
    return socket;
  };

  /** As in C, a new socket inherits the callbacks of the socket that it comes from. */
  const adoptFrom = (parent: SocketHandle, make: () => number): SocketHandle | null => {
    const { callbacks, ulpInfo } = sockets.get(parent) ?? { callbacks: NO_CALLBACKS, ulpInfo: null };
    const socket = adopt(make, callbacks, ulpInfo);
    if (socket && callbacks.receive) core.attempt(() => socket.poll());
    return socket?.handle ?? null;
  };

  return {
    usrsctp_socket(domain, type, protocol, receive_cb = null, send_cb = null, sb_threshold = 0, ulp_info = null) {
      const given = [integer('domain', domain), integer('type', type), integer('protocol', protocol)] as const;
      const callbacks = {
        receive: functionOrNull('receive_cb', receive_cb),
        send: functionOrNull('send_cb', send_cb),
        threshold: integer('sb_threshold', sb_threshold),
      };
      if (!receive_cb && (send_cb || sb_threshold !== 0 || ulp_info !== null)) {
        core.fail('EINVAL');
        return null;
      }
      const socket = adopt(() => calls.socket(...given), callbacks, ulp_info);
      if (socket && receive_cb) {
        core.result(() => calls.setsockopt(socket.handle, IPPROTO_SCTP, SCTP_RECVRCVINFO, int(1)));
      }
      return socket?.handle ?? null;
    },

    usrsctp_close(so) {
      const handle = handleOf(so);
      sockets.get(handle)?.close();
      sockets.delete(handle);
      core.pump.detach(handle);
      core.result(() => calls.close(handle));
    },

    usrsctp_shutdown(so, how) {
      const handle = handleOf(so);
      return core.result(() => calls.shutdown(handle, integer('how', how)));
    },

    usrsctp_listen(so, backlog) {
      const handle = handleOf(so);
      return core.result(() => calls.listen(handle, integer('backlog', backlog)));
    },

    usrsctp_accept(so, aname) {
      const handle = handleOf(so);
      let from: Uint8Array = new Uint8Array();
      const accepted = adoptFrom(handle, () => {
        const answer = calls.accept(handle);
        from = answer.from;
        return answer.result;
      });
      if (accepted) sockets.get(handle)?.taken();
      if (accepted && aname) aname.address = core.sockaddrs.unpack(from);
      return accepted;
    },

    usrsctp_peeloff(so, id) {
      const handle = handleOf(so);
      return adoptFrom(handle, () => calls.peeloff(handle, integer('id', id)));
    },

    usrsctp_set_non_blocking(so, onoff) {
      const handle = handleOf(so);
      if (!integer('onoff', onoff)) return core.fail('EOPNOTSUPP');
      return core.result(() => Math.min(0, calls.getNonBlocking(handle)));
    },

    usrsctp_get_non_blocking(so) {
      const handle = handleOf(so);
      return core.result(() => calls.getNonBlocking(handle));
    },
  };
}
