import type { Address } from './address.js';

/**
 * Every code that an {@link SctpError} can carry: POSIX names, as in Node's own errors.
 * The set is closed; `docs/connectx.md` says when each one is given.
 */
export type ErrorCode =
  | 'E2BIG'
  | 'EACCES'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EAFNOSUPPORT'
  | 'EAGAIN'
  | 'EALREADY'
  | 'EBADF'
  | 'ECONNABORTED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EFAULT'
  | 'EHOSTUNREACH'
  | 'EINPROGRESS'
  | 'EINTR'
  | 'EINVAL'
  | 'EISCONN'
  | 'EMSGSIZE'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'ENOBUFS'
  | 'ENOPROTOOPT'
  | 'ENOTCONN'
  | 'ENOTSOCK'
  | 'EOPNOTSUPP'
  | 'EPERM'
  | 'EPIPE'
  | 'EPROTO'
  | 'EPROTOTYPE'
  | 'ESHUTDOWN'
  | 'ETIMEDOUT'
  | 'EWOULDBLOCK';

/** One transmission of INIT: to which address, and when (ms after the attempt began). */
export interface InitAttempt {
  /** The listed address. */
  readonly address: Address;
  /** Times of the INITs that were sent there, in ms after the attempt began. Empty: never tried. */
  readonly sentAtMs: readonly number[];
}

/** An error cause of an ABORT or ERROR chunk (RFC 9260 §3.3.10). */
export interface ErrorCause {
  /** The cause code on the wire, such as 12. */
  readonly code: number;
  /** Its name in RFC 9260, such as `User-Initiated Abort`. */
  readonly name: string;
  /** What the peer wrote into it, where it is text. */
  readonly text?: string;
  /** Where it isn't text, its bytes after the header: what was wrong, such as the chunk that the peer didn't know. */
  readonly value?: Uint8Array;
}

/** What helps to act on an error; each field is there when it is known. */
export interface SctpErrorDetails {
  /** The call that failed, such as `connectx`. */
  readonly syscall?: string;
  /** The address that the failure is about. */
  readonly address?: Address;
  /** The port that it is about. */
  readonly port?: number;
  /** Per listed address: how many INITs were sent there, and when. */
  readonly attempts?: readonly InitAttempt[];
  /** The causes that the peer's ABORT carried; with ECONNABORTED, those that this end's did. */
  readonly abort?: readonly ErrorCause[];
  /** The association that is there all the same: EPROTO, EINTR. What `socket.peeloff` takes. */
  readonly association?: {
    /** As in `association.id`. */
    readonly id: number;
  };
  /** What led to it, as of any `Error`. */
  readonly cause?: unknown;
}

/** A failure that a caller can meet in operation: `code` is for programs, the message for people. */
export class SctpError extends Error {
  /** Always `SctpError`: for those who can't use `instanceof`. */
  override readonly name = 'SctpError';
  /** What happened, for programs: a POSIX name. */
  readonly code: ErrorCode;
  /** The call that failed, such as `connectx`. */
  readonly syscall?: string;
  /** The address that the failure is about. */
  readonly address?: Address;
  /** The port that it is about. */
  readonly port?: number;
  /** Per listed address: how many INITs were sent there, and when. */
  readonly attempts?: readonly InitAttempt[];
  /** The causes that the peer's ABORT carried (RFC 9260 §3.3.7); with ECONNABORTED, those that this end's did. */
  readonly abort?: readonly ErrorCause[];
  /** The association that is there all the same: EPROTO, EINTR. What `socket.peeloff` takes. */
  readonly association?: {
    /** As in `association.id`. */
    readonly id: number;
  };

  constructor(code: ErrorCode, message: string, details: SctpErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(`${code}: ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, fields);
  }
}
