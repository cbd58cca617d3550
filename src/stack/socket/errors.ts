import { errnoName } from '../../bridge/calls.js';
import { type ErrorCode, SctpError, type SctpErrorDetails } from '../../errors.js';

/** Better codes for errno names that usrsctp uses in an unusual sense. */
const BETTER: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'ENOTCONN', // a send to an association that isn't there
  EBUSY: 'EALREADY', // data, or a request, is outstanding
  ENOMEM: 'ENOBUFS',
  ENFILE: 'ENOBUFS',
  EWOULDBLOCK: 'EAGAIN',
  ECONNABORTED: 'ECONNRESET',
};

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  EADDRINUSE: 'the port is taken: choose another one, or 0 for any',
  EADDRNOTAVAIL: "the transport doesn't have the address: see stack.addresses",
  EAFNOSUPPORT: "the socket can't use addresses of this family",
  EAGAIN: 'no port is free',
  EBADF: 'the socket is closed',
  ECONNRESET: 'the peer has aborted the association',
  EINVAL: 'usrsctp refuses an argument',
  EMSGSIZE: 'the message is too large to be sent',
  ENOBUFS: 'out of memory',
  ENOPROTOOPT: 'usrsctp has no such option',
  ENOTCONN: 'there is no association',
  EPIPE: 'the association is being closed',
};

/** Messages for errno names that share their code with another one. */
const CLEARER: Readonly<Record<string, string>> = {
  ENFILE: 'the stack has the maximum number of sockets: 262,144',
};

const KNOWN = new Set<string>([
  ...Object.keys(MESSAGES),
  'EACCES',
  'EALREADY',
  'ECONNREFUSED',
  'EFAULT',
  'EHOSTUNREACH',
  'EINTR',
  'EINPROGRESS',
  'EISCONN',
  'ENETDOWN',
  'ENETUNREACH',
  'EOPNOTSUPP',
  'EPERM',
  'EPROTO',
  'EPROTOTYPE',
  'ESHUTDOWN',
  'ETIMEDOUT',
  'E2BIG',
]);

/** The error of a call that returned a negative errno. */
export function callError(syscall: string, result: number, details: SctpErrorDetails = {}): SctpError {
  const name = errnoName(result);
  const code = BETTER[name] ?? (KNOWN.has(name) ? (name as ErrorCode) : 'EINVAL');
  const message = CLEARER[name] ?? MESSAGES[code] ?? `usrsctp answers ${name}`;
  return new SctpError(code, `${syscall}: ${message}`, { syscall, ...details });
}

/** An error whose message begins with the name of the call. */
export function failed(code: ErrorCode, message: string): SctpError {
  return new SctpError(code, message, { syscall: message.split(':')[0] ?? '' });
}

/** Returns the result of a call, or throws its error. */
export function checked(syscall: string, result: number, details?: SctpErrorDetails): number {
  if (result < 0) throw callError(syscall, result, details);
  return result;
}
