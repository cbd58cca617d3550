import { shown } from '../arguments.js';
import { errnoName } from '../bridge/calls.js';
import type { Handle } from '../bridge/instance.js';
import { RawCalls } from '../bridge/raw.js';
import { SctpError } from '../errors.js';
import type { errnoNumbers } from '../generated/errno.js';
import type { Pump } from '../stack/pump.js';
import { Sockaddrs } from './sockaddr.js';
import type { RawSocket } from './socket.js';

/** A socket of this layer, C's `struct socket *`: an integer; a stale or made-up one is EBADF. */
export type SocketHandle = Handle;

/** What C's functions take for a socket: `null` where an earlier call has failed, which is EBADF. */
export type SocketArgument = SocketHandle | null;

/** The name of a POSIX error. */
export type ErrnoName = keyof typeof errnoNumbers;

/** What the groups of functions share: the stack, its sockets, and errno. */
export class Core {
  readonly pump: Pump;
  readonly calls: RawCalls;
  readonly sockaddrs: Sockaddrs = new Sockaddrs();
  readonly sockets: Map<SocketHandle, RawSocket> = new Map();
  errno: ErrnoName | 0 = 0;

  constructor(pump: Pump) {
    this.pump = pump;
    this.calls = new RawCalls(pump.instance);
  }

  /** A result as C gives it: a negative one becomes -1, with its errno. */
  result(call: () => number): number {
    return this.attempt(() => {
      const result = this.pump.enter(call);
      return result < 0 ? this.fail(errnoName(result)) : result;
    });
  }

  /** Runs what may throw an `SctpError`, which becomes -1 with its code as errno. */
  attempt<T>(run: () => T): T | -1 {
    try {
      return run();
    } catch (error) {
      if (error instanceof SctpError) return this.fail(error.code);
      throw error;
    }
  }

  fail(errno: string): -1 {
    this.errno = errno as ErrnoName;
    return -1;
  }
}

/** A handle as the module takes it; `null` is none. */
export function handleOf(so: SocketArgument): SocketHandle {
  if (so === null) return 0 as SocketHandle;
  if (!Number.isInteger(so)) throw new TypeError(`a socket is what usrsctp_socket() returned, not ${shown(so)}`);
  return so;
}

/** A C integer argument. */
export function integer(name: string, value: unknown): number {
  if (Number.isInteger(value)) return value as number;
  throw new TypeError(`${name} is an integer, not ${shown(value)}`);
}
