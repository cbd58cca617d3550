import { SCTP_EVENT_READ } from '../generated/constants.js';
import { errnoNumbers } from '../generated/errno.js';
import type { Listener } from '../stack/pump.js';
import { uncaught } from '../uncaught.js';
import type { Core, SocketHandle } from './core.js';
import { decodeReceived, type RcvInfo, rcvInfo } from './received.js';
import type { Sockaddr } from './sockaddr.js';

/**
 * Is told of each message and notification; `data` is `null` once, when the association has ended. What it returns
 * doesn't matter, as in C.
 */
export type ReceiveCallback = (
  sock: SocketHandle,
  addr: Sockaddr | undefined,
  data: Uint8Array | null,
  rcv: RcvInfo | undefined,
  flags: number,
  ulp_info: unknown,
) => unknown;

/** Is told that there is room to send, in bytes. */
export type SendCallback = (sock: SocketHandle, sb_free: number, ulp_info: unknown) => unknown;

/**
 * Is told that a socket has something to tell; usrsctp_get_events() says what. It may take one message or connection, or all:
 * it is called again while there is more.
 */
export type Upcall = (sock: SocketHandle, arg: unknown, flags: number) => unknown;

export interface Callbacks {
  readonly receive: ReceiveCallback | undefined;
  readonly send: SendCallback | undefined;
  /** The send callback is called when at least so many bytes are free. */
  readonly threshold: number;
}

const EAGAIN = -errnoNumbers.EAGAIN;
/** The flags of an upcall in C. */
const M_NOWAIT = 1;
const RECEIVE_BYTES = 64 * 1024;

/** The callbacks of one socket. They are called after C has returned, so they may call anything. */
export class RawSocket implements Listener {
  readonly handle: SocketHandle;
  readonly callbacks: Callbacks;
  readonly #core: Core;
  ulpInfo: unknown;
  #upcall: Upcall | undefined;
  #upcallArg: unknown;
  #room = Number.POSITIVE_INFINITY;
  #telling = false;
  #again = false;
  /** A message was read, or a connection accepted, since the upcall was called. */
  #hasTaken = false;
  #ended = false;

  constructor(core: Core, handle: SocketHandle, callbacks: Callbacks, ulpInfo: unknown) {
    this.#core = core;
    this.handle = handle;
    this.callbacks = callbacks;
    this.ulpInfo = ulpInfo;
    core.sockets.set(handle, this);
    core.pump.attach(handle, this);
  }

  setUpcall(upcall: Upcall | null, arg: unknown): void {
    this.#upcall = upcall ?? undefined;
    this.#upcallArg = arg;
    this.poll();
  }

  /** Something may have happened before anyone listened. */
  poll(): void {
    if (this.#core.pump.enter(() => this.#core.calls.getEvents(this.handle)) > 0) this.ready();
  }

  ready(): void {
    this.#again = true;
    if (this.#telling) return;
    this.#telling = true;
    try {
      while (this.#again && this.#isOpen) {
        this.#again = false;
        this.#tell();
      }
    } finally {
      this.#telling = false;
    }
  }

  /** Every further call says ENETDOWN. */
  fail(): void {
    this.ready();
  }

  /** The application has read a message, or accepted a connection. */
  taken(): void {
    this.#hasTaken = true;
  }

  /** Room that the application has taken itself is no news to it. */
  sent(): void {
    if (this.callbacks.send) this.#room = this.#core.calls.sendRoom(this.handle);
  }

  close(): void {
    this.#core.pump.detach(this.handle);
    this.#core.sockets.delete(this.handle);
  }

  get #isOpen(): boolean {
    return this.#core.sockets.get(this.handle) === this;
  }

  #tell(): void {
    const { receive, send } = this.callbacks;
    this.#callUpcall();
    if (receive) this.#receive(receive);
    if (send && this.#isOpen && !this.#core.pump.death) this.#tellRoom(send);
  }

  /**
   * Native usrsctp calls it for each message and each connection, so that programs take one at a time. Here several come at
   * once: it is called again while it takes something and there is more. One that takes nothing waits for the next event.
   */
  #callUpcall(): void {
    do {
      const upcall = this.#upcall;
      if (!upcall) return;
      this.#hasTaken = false;
      guarded(() => upcall(this.handle, this.#upcallArg, M_NOWAIT));
    } while (this.#hasTaken && this.#isReadable());
  }

  #isReadable(): boolean {
    const { pump, calls } = this.#core;
    if (!this.#isOpen || pump.death) return false;
    return (pump.enter(() => calls.getEvents(this.handle)) & SCTP_EVENT_READ) !== 0;
  }

  #receive(callback: ReceiveCallback): void {
    const { calls, pump, sockaddrs } = this.#core;
    while (this.#isOpen && !this.#ended && !pump.death) {
      const got = pump.enter(() => calls.messages.recvv(this.handle, RECEIVE_BYTES, 0));
      if (got === EAGAIN) return;
      if (typeof got === 'number' || got.data.length === 0) {
        if (typeof got === 'number' && got === -errnoNumbers.ENOTCONN) return; // it has no association yet
        this.#ended = true;
        guarded(() => callback(this.handle, undefined, null, undefined, 0, this.ulpInfo));
        return;
      }
      const received = decodeReceived(got, sockaddrs);
      const { from, data, flags } = received;
      guarded(() => callback(this.handle, from, data, rcvInfo(received), flags, this.ulpInfo));
    }
  }

  #tellRoom(callback: SendCallback): void {
    const room = this.#core.pump.enter(() => this.#core.calls.sendRoom(this.handle));
    const before = this.#room;
    this.#room = room;
    if (room > before && room >= this.callbacks.threshold) guarded(() => callback(this.handle, room, this.ulpInfo));
  }
}

/** A callback that throws doesn't keep the stack from going on: its error becomes the program's uncaught error. */
export function guarded(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    uncaught(error);
  }
}
