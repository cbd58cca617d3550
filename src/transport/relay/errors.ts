import { type ErrorCode, SctpError } from '../../errors.js';
import { printable } from '../../printable.js';
import { type CloseReason, closeReasonOf } from '../../relay/close-codes.js';
import type { RefusalReason } from '../../relay/codec.js';

/** The error codes for the reasons why a relay closes a connection. */
const CLOSE_ERRORS: Readonly<Record<CloseReason, ErrorCode>> = {
  protocol: 'EPROTO',
  ticket: 'EACCES',
  origin: 'EPERM',
  idle: 'ETIMEDOUT',
  resumed: 'EALREADY',
  life: 'ETIMEDOUT',
  version: 'EPROTOTYPE',
  limit: 'ENOBUFS',
  failure: 'ENETDOWN',
  draining: 'ENETDOWN',
};

const HINTS: Readonly<Partial<Record<CloseReason, string>>> = {
  ticket: 'give a ticket that this relay accepts',
  origin: "add this page's origin to the relay's `origins`",
  version: 'use the same version of usrsctp-wasm on both sides',
  limit: 'try again later, or use another relay',
};

/** The error codes for the reasons why a relay refuses a destination. */
export const REFUSAL_CODES: Readonly<Record<RefusalReason, ErrorCode>> = {
  destination: 'EACCES',
  limit: 'EPERM',
  unreachable: 'ENETUNREACH',
  taken: 'EADDRINUSE',
};

/** The longest reason that is quoted, in characters: a relay's are a sentence. */
const LONGEST_REASON = 200;

/** A reason that a relay has given, for an error message. */
export function quotedReason(text: string): string {
  return printable(text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text);
}

/** Why a connection to a relay ended: from its close code, or else from the runtime's error. */
export function closeError(url: string, code: number, reason: string, failure: unknown): SctpError {
  const cause = closeReasonOf(code);
  if (cause !== undefined) {
    const hint = HINTS[cause];
    const said = reason === '' ? cause : `${cause}: ${quotedReason(reason)}`;
    return new SctpError(CLOSE_ERRORS[cause], `the relay ${url} said ${said}${hint ? `; ${hint}` : ''}`, {
      syscall: 'start',
    });
  }
  const { code: errno, message } = (failure ?? {}) as { code?: unknown; message?: unknown };
  const why =
    typeof message === 'string' && message !== ''
      ? quotedReason(message)
      : quotedReason(reason) || `close code ${code}`;
  return new SctpError(networkCode(errno), `the relay ${url} can't be reached (${why})`, {
    syscall: 'start',
    cause: failure,
  });
}

export function timeoutError(url: string, timeoutMs: number): SctpError {
  return new SctpError('ETIMEDOUT', `the relay ${url} has not answered within ${timeoutMs} ms`, { syscall: 'start' });
}

function networkCode(errno: unknown): ErrorCode {
  switch (errno) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return errno;
    default:
      return 'ENETDOWN';
  }
}
