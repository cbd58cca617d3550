import { shown } from '../arguments.js';
import type { Handle } from '../bridge/instance.js';

/** A socket, C's `struct socket *`: an integer. A handle that is stale or made up fails with EBADF. */
export type SocketHandle = Handle;

/** A socket argument. It may be `null`, the result of a call that failed; the function then fails with EBADF. */
export type SocketArgument = SocketHandle | null;

/** The handle as the module takes it; 0 for `null`. Throws TypeError for anything but an integer or `null`. */
export function handleOf(so: SocketArgument): SocketHandle {
  if (so === null) return 0 as SocketHandle;
  if (!Number.isInteger(so)) throw new TypeError(`a socket is what usrsctp_socket() returned, not ${shown(so)}`);
  return so;
}
