import type { Address } from '../../address.js';
import type { Clock } from '../../clock.js';
import type { ErrorCode } from '../../errors.js';

/** The kernel's errors for unreachable destinations, and the codes that are reported. With other errors the packet is just lost. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ENETUNREACH: 'ENETUNREACH',
  EHOSTUNREACH: 'EHOSTUNREACH',
  EHOSTDOWN: 'EHOSTUNREACH',
  ECONNREFUSED: 'ECONNREFUSED',
  EACCES: 'EACCES',
  EPERM: 'EPERM',
  ENETDOWN: 'ENETDOWN',
  // The source address was removed, or can't be used for this destination (Linux: EINVAL for a loopback source).
  EADDRNOTAVAIL: 'ENETUNREACH',
  EAFNOSUPPORT: 'ENETUNREACH',
  EINVAL: 'ENETUNREACH',
  // Deno reports this for anything that the kernel refuses.
  UNKNOWN: 'ENETUNREACH',
};

const REPORT_INTERVAL_MS = 1000;
const MOST_REMEMBERED = 1024;

/** The code to report for an error of a socket, if it means that the destination is unreachable. */
export function unreachableCode(error: unknown): ErrorCode | undefined {
  return codeOfErrno(errnoOf(error));
}

/** The same for the POSIX name of an error. */
export function codeOfErrno(errno: string): ErrorCode | undefined {
  return CODES[errno];
}

/** The POSIX name in an error of the runtime; empty if there is none. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Reports unreachable destinations: at most once a second for each, and never before the caller has returned. */
export class UnreachableReports {
  readonly #clock: Clock;
  readonly #report: (destination: Address, code: ErrorCode, reason?: string) => void;
  readonly #reportedAtMs = new Map<Address, number>();

  constructor(clock: Clock, report: (destination: Address, code: ErrorCode, reason?: string) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  add(destination: Address, code: ErrorCode, reason?: string): void {
    const now = this.#clock.now();
    const last = this.#reportedAtMs.get(destination);
    if (last !== undefined && now - last < REPORT_INTERVAL_MS) return;
    if (this.#reportedAtMs.size >= MOST_REMEMBERED) this.#reportedAtMs.clear();
    this.#reportedAtMs.set(destination, now);
    queueMicrotask(() => this.#report(destination, code, reason));
  }
}
