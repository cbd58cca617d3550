import { integer } from './arguments.js';
import type { Core } from './core.js';
import { handleOf, type SocketArgument, type SocketHandle } from './handle.js';
import type { Sockaddr } from './sockaddr.js';

/** Local and remote addresses, and the associations between them. */
export interface AssociationCalls {
  /** Binds to one address; `::` or `0.0.0.0` binds to all, and port 0 chooses a free port. Returns 0 or -1. */
  usrsctp_bind(so: SocketArgument, name: Sockaddr): number;

  /** Adds or removes addresses: `flags` is SCTP_BINDX_ADD_ADDR or SCTP_BINDX_REM_ADDR. Returns 0 or -1. */
  usrsctp_bindx(so: SocketArgument, addrs: readonly Sockaddr[], flags: number): number;

  /**
   * Connects to a peer. Sockets never block, so this returns -1 with EINPROGRESS as soon as INIT has been given to the
   * transport.
   */
  usrsctp_connect(so: SocketArgument, name: Sockaddr): number;

  /**
   * Connects to a peer that has several addresses, and stores the id of the association in `id`. INIT has been given to
   * the transport when this returns 0; events, notifications and SO_ERROR report the outcome. Returns 0 or -1.
   */
  usrsctp_connectx(so: SocketArgument, addrs: readonly Sockaddr[], id?: { id?: number }): number;

  /** The id of the association with the peer that has this address, or 0 if there is none. */
  usrsctp_getassocid(so: SocketArgument, name: Sockaddr): number;

  /** The peer's addresses, or -1. C returns them through its third argument. */
  usrsctp_getpaddrs(so: SocketArgument, id: number): Sockaddr[] | -1;

  /** Does nothing: JavaScript frees what usrsctp_getpaddrs() returned. */
  usrsctp_freepaddrs(addrs: readonly Sockaddr[]): void;

  /** The local addresses of an association, or of the socket if `id` is 0; or -1. */
  usrsctp_getladdrs(so: SocketArgument, id: number): Sockaddr[] | -1;

  /** Does nothing: JavaScript frees what usrsctp_getladdrs() returned. */
  usrsctp_freeladdrs(addrs: readonly Sockaddr[]): void;
}

export function associationCalls(core: Core): AssociationCalls {
  const { calls } = core;
  return {
    usrsctp_bind: (so, name) => withAddress(core, so, name, (handle, address) => calls.bind(handle, address)),

    usrsctp_bindx(so, addrs, flags) {
      const handle = handleOf(so);
      return core.attempt(() => {
        const packed = core.sockaddrs.packAll(addrs);
        return core.result(() => calls.bindx(handle, packed, addrs.length, integer('flags', flags)));
      });
    },

    usrsctp_connect: (so, name) => withAddress(core, so, name, (handle, address) => calls.connect(handle, address)),

    usrsctp_connectx(so, addrs, id) {
      const handle = handleOf(so);
      return core.attempt(() => {
        const packed = core.sockaddrs.packAll(addrs);
        let associationId = 0;
        const result = core.result(() => {
          const connected = calls.connectx(handle, packed, addrs.length);
          associationId = connected.id;
          return connected.result;
        });
        if (result === 0 && id) id.id = associationId;
        return result;
      });
    },

    usrsctp_getassocid(so, name) {
      const handle = handleOf(so);
      const id = core.attempt(() => {
        const packed = core.sockaddrs.pack(name);
        return core.pump.enter(() => calls.getassocid(handle, packed));
      });
      return id === -1 ? 0 : id;
    },

    usrsctp_getpaddrs: (so, id) => addresses(core, 'paddrs', so, id),
    usrsctp_freepaddrs: () => undefined,
    usrsctp_getladdrs: (so, id) => addresses(core, 'laddrs', so, id),
    usrsctp_freeladdrs: () => undefined,
  };
}

function withAddress(
  core: Core,
  so: SocketArgument,
  name: Sockaddr,
  call: (handle: SocketHandle, address: Uint8Array) => number,
): number {
  const handle = handleOf(so);
  return core.attempt(() => {
    const packed = core.sockaddrs.pack(name);
    return core.result(() => call(handle, packed));
  });
}

function addresses(core: Core, which: 'paddrs' | 'laddrs', so: SocketArgument, id: number): Sockaddr[] | -1 {
  const handle = handleOf(so);
  let bytes: Uint8Array = new Uint8Array();
  const count = core.result(() => {
    const found = core.calls.addresses(which, handle, integer('id', id));
    bytes = found.bytes;
    return found.result;
  });
  return count < 0 ? -1 : core.sockaddrs.unpackAll(bytes, count);
}
