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

/** The INITs that were sent to one address. */
export interface InitAttempt {
  /** The address, as the caller listed it. */
  readonly address: string;
  /** When each INIT was sent, in ms after the attempt began. Empty if none was. */
  readonly sentAtMs: readonly number[];
  /** The UDP port to which they were sent (RFC 6951); absent in results, and if SCTP isn't encapsulated in UDP. */
  readonly encapsulationPort?: number;
  /**
   * What came back from the address at last: a chunk, or the network's error. Absent in results, and if nothing came back. (Of ICMP
   * errors only the transports of usrsctp-wasm/native are told.)
   */
  readonly answer?: 'INIT ACK' | 'ABORT' | ErrorCode;
}

/** An error cause of an ABORT or ERROR chunk (RFC 9260 §3.3.10). */
export interface ErrorCause {
  /** The cause code on the wire, such as 12. */
  readonly code: number;
  /** Its name in RFC 9260, such as `User-Initiated Abort`. */
  readonly name: string;
  /** The text that the peer put into it, if the cause carries text. */
  readonly text?: string;
  /** The bytes after the cause's header, if they aren't text: for example the chunk that the peer didn't recognize. */
  readonly value?: Uint8Array;
}

/** Details of an {@link SctpError}. Each field is present if it is known. */
export interface SctpErrorDetails {
  /** The call that failed, such as `connectx`. */
  readonly syscall?: string;
  /** The address that the failure is about. */
  readonly address?: string;
  /** The port that the failure is about. */
  readonly port?: number;
  /** For each listed address, when INITs were sent to it. */
  readonly attempts?: readonly InitAttempt[];
  /** The error causes in the peer's ABORT; with ECONNABORTED, in the ABORT that this end sent. */
  readonly abort?: readonly ErrorCause[];
  /** The association that exists despite the error (EPROTO, EINTR). `socket.peeloff` accepts it. */
  readonly association?: {
    /** As in `association.id`. */
    readonly id: number;
  };
  /** The underlying error, as for any `Error`. */
  readonly cause?: unknown;
}

/** A failure that can happen in correct programs. `code` is for programs, the message for people. */
export class SctpError extends Error {
  /** Always `SctpError`, for code that can't use `instanceof`. */
  override readonly name = 'SctpError';
  /** What happened, as a POSIX error name. */
  readonly code: ErrorCode;
  /** The call that failed, such as `connectx`. */
  declare readonly syscall?: string;
  /** The address that the failure is about. */
  declare readonly address?: string;
  /** The port that the failure is about. */
  declare readonly port?: number;
  /** For each listed address, when INITs were sent to it. */
  declare readonly attempts?: readonly InitAttempt[];
  /** The error causes in the peer's ABORT (RFC 9260 §3.3.7); with ECONNABORTED, in the ABORT that this end sent. */
  declare readonly abort?: readonly ErrorCause[];
  /** The association that exists despite the error (EPROTO, EINTR). `socket.peeloff` accepts it. */
  declare readonly association?: {
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
