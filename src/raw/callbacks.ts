import { SCTP_EVENT_READ } from '../generated/constants.js';
import { errnoNumbers } from '../generated/errno.js';
import type { SocketListener } from '../stack/pump.js';
import { uncaught } from '../uncaught.js';
import type { Core } from './core.js';
import type { SocketHandle } from './handle.js';
import { decodeReceived, type RcvInfo, rcvInfo } from './received.js';
import type { Sockaddr } from './sockaddr.js';

/**
 * Is called with each message and notification, and once with `data` null when the association has ended. As in C, its
 * result doesn't matter.
 */
export type ReceiveCallback = (
  sock: SocketHandle,
  addr: Sockaddr | undefined,
  data: Uint8Array | null,
  rcv: RcvInfo | undefined,
  flags: number,
  ulp_info: unknown,
) => unknown;

/** Is called when there is room to send: `sb_free` bytes. */
export type SendCallback = (sock: SocketHandle, sb_free: number, ulp_info: unknown) => unknown;

/**
 * Is called when a socket has events; usrsctp_get_events() says which. It may take one message or connection, or all: it
 * is called again while there is more.
 */
export type Upcall = (sock: SocketHandle, arg: unknown, flags: number) => unknown;

export interface Callbacks {
  readonly receive: ReceiveCallback | null;
  readonly send: SendCallback | null;
  /** The send callback is called when at least this many bytes are free. */
  readonly threshold: number;
}

export const NO_CALLBACKS: Callbacks = { receive: null, send: null, threshold: 0 };

const EAGAIN = -errnoNumbers.EAGAIN;
const ENOTCONN = -errnoNumbers.ENOTCONN;
/** The flags of an upcall in C. */
const M_NOWAIT = 1;
const RECEIVE_BYTES = 64 * 1024;

/** The callbacks of one socket. They are called after C has returned, so they may call anything. */
export class SocketCallbacks implements SocketListener {
  readonly handle: SocketHandle;
  readonly callbacks: Callbacks;
  readonly #core: Core;
  ulpInfo: unknown;
  #upcall: Upcall | null = null;
  #upcallArg: unknown;
  #room = Number.POSITIVE_INFINITY;
  #isOpen = true;
  /** Callbacks are being called. */
  #isCalling = false;
  /** The socket has become ready again while callbacks were being called. */
  #isReadyAgain = false;
  /** A message was read, or a connection accepted, since the upcall was called. */
  #hasTaken = false;
  /** The receive callback has been called with null. */
  #hasEnded = false;

  constructor(core: Core, handle: SocketHandle, callbacks: Callbacks, ulpInfo: unknown) {
    this.#core = core;
    this.handle = handle;
    this.callbacks = callbacks;
    this.ulpInfo = ulpInfo;
  }

  setUpcall(upcall: Upcall | null, arg: unknown): void {
    this.#upcall = upcall;
    this.#upcallArg = arg;
    this.poll();
  }

  /** Calls the callbacks if something has happened already. */
  poll(): void {
    if (this.#core.pump.enter(() => this.#core.calls.getEvents(this.handle)) > 0) this.ready();
  }

  ready(): void {
    this.#isReadyAgain = true;
    if (this.#isCalling) return;
    this.#isCalling = true;
    try {
      while (this.#isReadyAgain && this.#isOpen) {
        this.#isReadyAgain = false;
        this.#callAll();
      }
    } finally {
      this.#isCalling = false;
    }
  }

  /** The stack has died: every further call fails with ENETDOWN. */
  fail(): void {
    this.ready();
  }

  /** The application has read a message, or accepted a connection. */
  taken(): void {
    this.#hasTaken = true;
  }

  /** The application has sent. The send callback isn't called for the room that is left after that. */
  sent(): void {
    if (this.callbacks.send) this.#room = this.#core.calls.sendRoom(this.handle);
  }

  /** No callback is called from now on. */
  close(): void {
    this.#isOpen = false;
  }

  #callAll(): void {
    const { receive, send } = this.callbacks;
    this.#callUpcall();
    if (receive) this.#receive(receive);
    if (send && this.#isOpen && !this.#core.pump.stopError) this.#reportRoom(send);
  }

  /**
   * Native usrsctp calls the upcall for each message and each connection, so programs take one at a time. Here several
   * come at once, so it is called again while it takes something and there is more. If it takes nothing, it is called at
   * the next event.
   */
  #callUpcall(): void {
    do {
      const upcall = this.#upcall;
      if (!upcall) return;
      this.#hasTaken = false;
      reportingErrors(() => upcall(this.handle, this.#upcallArg, M_NOWAIT));
    } while (this.#hasTaken && this.#isReadable());
  }

  #isReadable(): boolean {
    const { pump, calls } = this.#core;
    if (!this.#isOpen || pump.stopError) return false;
    return (pump.enter(() => calls.getEvents(this.handle)) & SCTP_EVENT_READ) !== 0;
  }

  #receive(callback: ReceiveCallback): void {
    const { calls, pump, sockaddrs } = this.#core;
    while (this.#isOpen && !this.#hasEnded && !pump.stopError) {
      const got = pump.enter(() => calls.messages.recvv(this.handle, RECEIVE_BYTES, 0));
      if (got === EAGAIN || got === ENOTCONN) return; // ENOTCONN: there is no association yet
      if (typeof got === 'number' || got.data.length === 0) {
        this.#hasEnded = true;
        reportingErrors(() => callback(this.handle, undefined, null, undefined, 0, this.ulpInfo));
        return;
      }
      const received = decodeReceived(got, sockaddrs);
      const { from, data, flags } = received;
      reportingErrors(() => callback(this.handle, from, data, rcvInfo(received), flags, this.ulpInfo));
    }
  }

  #reportRoom(callback: SendCallback): void {
    const room = this.#core.pump.enter(() => this.#core.calls.sendRoom(this.handle));
    const before = this.#room;
    this.#room = room;
    if (room > before && room >= this.callbacks.threshold) {
      reportingErrors(() => callback(this.handle, room, this.ulpInfo));
    }
  }
}

/** Calls a callback of the program's. If it throws, the stack goes on, and the error becomes an uncaught exception. */
export function reportingErrors(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    uncaught(error);
  }
}
