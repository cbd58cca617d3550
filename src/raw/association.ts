import { handleOf, integer, type SocketArgument } from './core.js';
import { Life } from './life.js';
import type { Sockaddr } from './sockaddr.js';

/** Addresses and associations. */
export class Associations extends Life {
  /** Binds to one address; `::` or `0.0.0.0` is all, port 0 a free one. Returns 0 or -1. */
  usrsctp_bind(so: SocketArgument, name: Sockaddr): number {
    return this.#withAddress(so, name, (handle, address) => this.core.calls.bind(handle, address));
  }

  /** Adds or removes addresses: `flags` is SCTP_BINDX_ADD_ADDR or SCTP_BINDX_REM_ADDR. Returns 0 or -1. */
  usrsctp_bindx(so: SocketArgument, addrs: readonly Sockaddr[], flags: number): number {
    const handle = handleOf(so);
    return this.core.attempt(() => {
      const packed = this.core.sockaddrs.packAll(addrs);
      return this.core.result(() => this.core.calls.bindx(handle, packed, addrs.length, integer('flags', flags)));
    });
  }

  /** Connects; INIT has been given to the transport. -1 with EINPROGRESS: a socket never blocks here. */
  usrsctp_connect(so: SocketArgument, name: Sockaddr): number {
    return this.#withAddress(so, name, (handle, address) => this.core.calls.connect(handle, address));
  }

  /**
   * Connects to a peer with several addresses; `id` is told the association's. INIT has been given to the transport
   * when this returns 0; the rest is told by events, notifications and SO_ERROR. Returns 0 or -1.
   */
  usrsctp_connectx(so: SocketArgument, addrs: readonly Sockaddr[], id?: { id?: number }): number {
    const { core } = this;
    const handle = handleOf(so);
    return core.attempt(() => {
      const packed = core.sockaddrs.packAll(addrs);
      let associationId = 0;
      const result = core.result(() => {
        const connected = core.calls.connectx(handle, packed, addrs.length);
        associationId = connected.id;
        return connected.result;
      });
      if (result === 0 && id) id.id = associationId;
      return result;
    });
  }

  /** The id of the association that has this address of the peer; 0: there is none. */
  usrsctp_getassocid(so: SocketArgument, name: Sockaddr): number {
    const { core } = this;
    const handle = handleOf(so);
    const id = core.attempt(() => {
      const packed = core.sockaddrs.pack(name);
      return core.pump.enter(() => core.calls.getassocid(handle, packed));
    });
    return id === -1 ? 0 : id;
  }

  /** The peer's addresses, or -1. C's third argument is this result. */
  usrsctp_getpaddrs(so: SocketArgument, id: number): Sockaddr[] | -1 {
    return this.#addresses('paddrs', so, id);
  }

  /** Nothing: what usrsctp_getpaddrs() returned is JavaScript's to free. */
  usrsctp_freepaddrs(_addrs: readonly Sockaddr[]): void {}

  /** The local addresses of an association, or of the socket with `id` 0; or -1. */
  usrsctp_getladdrs(so: SocketArgument, id: number): Sockaddr[] | -1 {
    return this.#addresses('laddrs', so, id);
  }

  /** Nothing: what usrsctp_getladdrs() returned is JavaScript's to free. */
  usrsctp_freeladdrs(_addrs: readonly Sockaddr[]): void {}

  #withAddress(
    so: SocketArgument,
    name: Sockaddr,
    call: (handle: ReturnType<typeof handleOf>, address: Uint8Array) => number,
  ): number {
    const handle = handleOf(so);
    return this.core.attempt(() => {
      const packed = this.core.sockaddrs.pack(name);
      return this.core.result(() => call(handle, packed));
    });
  }

  #addresses(which: 'paddrs' | 'laddrs', so: SocketArgument, id: number): Sockaddr[] | -1 {
    const { core } = this;
    const handle = handleOf(so);
    let bytes: Uint8Array = new Uint8Array();
    const count = core.result(() => {
      const found = core.calls.addresses(which, handle, integer('id', id));
      bytes = found.bytes;
      return found.result;
    });
    return count < 0 ? -1 : core.sockaddrs.unpackAll(bytes, count);
  }
}
