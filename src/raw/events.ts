import { functionOrNull } from './arguments.js';
import type { SocketCallbacks, Upcall } from './callbacks.js';
import type { Core } from './core.js';
import { handleOf, type SocketArgument, type SocketHandle } from './handle.js';

/** How a program learns that a socket is ready. */
export interface EventCalls {
  /**
   * Calls `upcall(so, arg, flags)` when the socket has events, and at once if it has some already;
   * usrsctp_get_events() says which. It is called again while there is more to read and it keeps reading or accepting.
   * Accepted sockets start without an upcall. Null removes it. Returns 0 or -1.
   */
  usrsctp_set_upcall(so: SocketArgument, upcall: Upcall | null, arg?: unknown): number;

  /** SCTP_EVENT_READ, SCTP_EVENT_WRITE and SCTP_EVENT_ERROR, or -1. */
  usrsctp_get_events(so: SocketArgument): number;

  /** Sets what the callbacks get as `ulp_info`. Returns 0 or -1. */
  usrsctp_set_ulpinfo(so: SocketArgument, ulp_info: unknown): number;

  /**
   * What usrsctp_set_ulpinfo() or usrsctp_socket() was given; C returns it through its `void **` argument. -1 if there is
   * no such socket.
   */
  usrsctp_get_ulpinfo(so: SocketArgument): unknown;
}

export function eventCalls(core: Core, sockets: ReadonlyMap<SocketHandle, SocketCallbacks>): EventCalls {
  const withSocket = (so: SocketArgument, use: (socket: SocketCallbacks) => void): number => {
    const socket = sockets.get(handleOf(so));
    if (!socket) return core.fail('EBADF');
    return core.attempt(() => {
      use(socket);
      return 0;
    });
  };
  return {
    usrsctp_set_upcall(so, upcall, arg = null) {
      const checked = functionOrNull('upcall', upcall);
      return withSocket(so, (socket) => socket.setUpcall(checked, arg));
    },

    usrsctp_get_events(so) {
      const handle = handleOf(so);
      return core.result(() => core.calls.getEvents(handle));
    },

    usrsctp_set_ulpinfo: (so, ulp_info) =>
      withSocket(so, (socket) => {
        socket.ulpInfo = ulp_info;
      }),

    usrsctp_get_ulpinfo(so) {
      const socket = sockets.get(handleOf(so));
      return socket ? socket.ulpInfo : core.fail('EBADF');
    },
  };
}
