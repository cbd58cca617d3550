import { shown } from '../arguments.js';
import { int } from '../bridge/allocate.js';
import type { SctpError } from '../errors.js';
import { IPPROTO_SCTP, SCTP_RECVRCVINFO } from '../generated/constants.js';
import type { Pump } from '../stack/pump.js';
import { Core, type ErrnoName, handleOf, integer, type SocketArgument, type SocketHandle } from './core.js';
import type { Sockaddr } from './sockaddr.js';
import { type Callbacks, RawSocket, type ReceiveCallback, type SendCallback, type Upcall } from './socket.js';

/**
 * The life of sockets: from usrsctp_socket() to usrsctp_close(), and how they tell of themselves.
 *
 * usrsctp's functions are one flat name space; their groups are layers of one class, of which `Usrsctp` is the top.
 */
export class Life {
  /** @internal */
  readonly core: Core;
  #finished: Promise<void> | undefined;

  /** @internal `usrsctp_init()` makes one. */
  constructor(pump: Pump) {
    this.core = new Core(pump);
  }

  /** The name of the last error, such as `EINPROGRESS`; as in C, a call that succeeds leaves it as it is. 0: none yet. */
  get errno(): ErrnoName | 0 {
    return this.core.errno;
  }

  /** Why every call says ENETDOWN: the stack is finished, or has died. */
  get death(): SctpError | undefined {
    return this.core.pump.death;
  }

  /**
   * Makes a socket. The callbacks are called after a call into C has returned, never from inside of it. `sb_threshold`:
   * bytes that must be free before `send_cb` is called. As in C, without `receive_cb` nothing of what follows it may be
   * given. Returns null with EINVAL, EAFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE, ENFILE.
   */
  usrsctp_socket(
    domain: number,
    type: number,
    protocol: number,
    receive_cb: ReceiveCallback | null = null,
    send_cb: SendCallback | null = null,
    sb_threshold: number = 0,
    ulp_info: unknown = null,
  ): SocketHandle | null {
    const { core } = this;
    const given = [integer('domain', domain), integer('type', type), integer('protocol', protocol)] as const;
    const callbacks = {
      receive: callback('receive_cb', receive_cb),
      send: callback('send_cb', send_cb),
      threshold: integer('sb_threshold', sb_threshold),
    };
    if (!receive_cb && (send_cb || sb_threshold !== 0 || ulp_info !== null)) {
      core.fail('EINVAL');
      return null;
    }
    const handle = this.#adopt(() => core.calls.socket(...given), callbacks, ulp_info);
    if (handle && receive_cb) {
      core.result(() => core.calls.setsockopt(handle, IPPROTO_SCTP, SCTP_RECVRCVINFO, int(1)));
    }
    return handle;
  }

  /** Closes a socket. What it still has to send is sent; unread messages make it an ABORT. */
  usrsctp_close(so: SocketArgument): void {
    const handle = handleOf(so);
    this.core.sockets.get(handle)?.close();
    this.core.result(() => this.core.calls.close(handle));
  }

  /** `how`: SHUT_RD, SHUT_WR or SHUT_RDWR. SHUT_WR begins SCTP's shutdown sequence. Returns 0 or -1. */
  usrsctp_shutdown(so: SocketArgument, how: number): number {
    const handle = handleOf(so);
    return this.core.result(() => this.core.calls.shutdown(handle, integer('how', how)));
  }

  /** Lets peers connect; 0 ends that. Returns 0 or -1. */
  usrsctp_listen(so: SocketArgument, backlog: number): number {
    const handle = handleOf(so);
    return this.core.result(() => this.core.calls.listen(handle, integer('backlog', backlog)));
  }

  /** The socket of an association that a peer has set up; `aname` is told its address. Null with EAGAIN: none waits. */
  usrsctp_accept(so: SocketArgument, aname?: { address?: Sockaddr | undefined }): SocketHandle | null {
    const { core } = this;
    const handle = handleOf(so);
    let from: Uint8Array = new Uint8Array();
    const call = () => {
      const accepted = core.calls.accept(handle);
      from = accepted.from;
      return accepted.result;
    };
    const accepted = this.#adoptFrom(handle, call);
    if (accepted) core.sockets.get(handle)?.taken();
    if (accepted && aname) aname.address = core.sockaddrs.unpack(from);
    return accepted;
  }

  /** Gives an association of a one-to-many socket a socket of its own. Null with EINVAL, ENOTCONN, EADDRINUSE. */
  usrsctp_peeloff(so: SocketArgument, id: number): SocketHandle | null {
    const handle = handleOf(so);
    return this.#adoptFrom(handle, () => this.core.calls.peeloff(handle, integer('id', id)));
  }

  /** Sockets never block here: there is one thread. `onoff` 0 is refused with EOPNOTSUPP. */
  usrsctp_set_non_blocking(so: SocketArgument, onoff: number): number {
    const handle = handleOf(so);
    if (!integer('onoff', onoff)) return this.core.fail('EOPNOTSUPP');
    return this.core.result(() => Math.min(0, this.core.calls.getNonBlocking(handle)));
  }

  /** 1, or -1. */
  usrsctp_get_non_blocking(so: SocketArgument): number {
    const handle = handleOf(so);
    return this.core.result(() => this.core.calls.getNonBlocking(handle));
  }

  /**
   * `upcall(so, arg, flags)` is called when the socket has something to tell, and at once when it has already;
   * usrsctp_get_events() says what. It is called again while there is more to read and it takes something. Accepted sockets have none. Null ends it. Returns 0 or -1.
   */
  usrsctp_set_upcall(so: SocketArgument, upcall: Upcall | null, arg: unknown = null): number {
    const listener = callback('upcall', upcall) ?? null;
    return this.#withSocket(so, (socket) => socket.setUpcall(listener, arg));
  }

  /** SCTP_EVENT_READ, _WRITE and _ERROR, or -1. */
  usrsctp_get_events(so: SocketArgument): number {
    const handle = handleOf(so);
    return this.core.result(() => this.core.calls.getEvents(handle));
  }

  /** What the callbacks are given as `ulp_info`. Returns 0 or -1. */
  usrsctp_set_ulpinfo(so: SocketArgument, ulp_info: unknown): number {
    return this.#withSocket(so, (socket) => {
      socket.ulpInfo = ulp_info;
    });
  }

  /** What usrsctp_set_ulpinfo() or usrsctp_socket() was given; C's `void **` is this result. -1: there is no socket. */
  usrsctp_get_ulpinfo(so: SocketArgument): unknown {
    const socket = this.core.sockets.get(handleOf(so));
    return socket ? socket.ulpInfo : this.core.fail('EBADF');
  }

  /**
   * Ends usrsctp, and the transport with it. -1 with EBUSY while there is a socket, or an association that is still
   * being shut down: call again later. Everything says ENETDOWN afterwards.
   */
  usrsctp_finish(): number {
    const { core } = this;
    if (core.pump.death) return 0;
    const result = core.result(() => core.pump.calls.finish());
    if (result === 0) this.#finished = core.pump.stop();
    return result;
  }

  /** Resolves when nothing keeps the process alive any more; usrsctp_finish() must have been called. */
  get finished(): Promise<void> {
    return this.#finished ?? Promise.resolve();
  }

  #withSocket(so: SocketArgument, use: (socket: RawSocket) => void): number {
    const socket = this.core.sockets.get(handleOf(so));
    if (!socket) return this.core.fail('EBADF');
    return this.core.attempt(() => {
      use(socket);
      return 0;
    });
  }

  #adopt(make: () => number, callbacks: Callbacks, ulpInfo: unknown): SocketHandle | null {
    const handle = this.core.result(make);
    if (handle < 0) return null;
    new RawSocket(this.core, handle as SocketHandle, callbacks, ulpInfo);
    return handle as SocketHandle;
  }

  /** A socket with the callbacks of the one it comes from, as in C. */
  #adoptFrom(parent: SocketHandle, make: () => number): SocketHandle | null {
    const { callbacks, ulpInfo } = this.core.sockets.get(parent) ?? { callbacks: NO_CALLBACKS, ulpInfo: null };
    const handle = this.#adopt(make, callbacks, ulpInfo);
    const socket = handle && this.core.sockets.get(handle);
    if (socket && callbacks.receive) this.core.attempt(() => socket.poll());
    return handle;
  }
}

const NO_CALLBACKS: Callbacks = { receive: undefined, send: undefined, threshold: 0 };

function callback<F>(name: string, value: F | null): F | undefined {
  if (value === null || value === undefined) return;
  if (typeof value !== 'function') throw new TypeError(`${name} is a function or null, not ${shown(value)}`);
  return value;
}
