import type { Address } from '../../address.js';
import type { Clock } from '../../clock.js';
import type { ErrorCode } from '../../errors.js';

/** The kernel's ways to say that a destination can't be reached, and ours. What isn't listed is a lost packet. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ENETUNREACH: 'ENETUNREACH',
  EHOSTUNREACH: 'EHOSTUNREACH',
  EHOSTDOWN: 'EHOSTUNREACH',
  ECONNREFUSED: 'ECONNREFUSED',
  EACCES: 'EACCES',
  EPERM: 'EPERM',
  ENETDOWN: 'ENETDOWN',
  // The source address went away, or is of no use for that destination (Linux: EINVAL from a loopback source).
  EADDRNOTAVAIL: 'ENETUNREACH',
  EAFNOSUPPORT: 'ENETUNREACH',
  EINVAL: 'ENETUNREACH',
  // Deno says no more of whatever the kernel refuses.
  UNKNOWN: 'ENETUNREACH',
};

const QUIET_MS = 1000;
const MOST_REMEMBERED = 1024;

/** What an error of a socket says about a destination, if anything. */
export function unreachableCode(error: unknown): ErrorCode | undefined {
  return CODES[errnoOf(error)];
}

/** The POSIX name in an error of the runtime; empty when there is none. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Passes on that destinations can't be reached: at most once a second for each, and never before the caller returned. */
export class UnreachableReports {
  readonly #clock: Clock;
  readonly #report: (destination: Address, code: ErrorCode) => void;
  readonly #reportedAtMs = new Map<Address, number>();

  constructor(clock: Clock, report: (destination: Address, code: ErrorCode) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  add(destination: Address, code: ErrorCode): void {
    const now = this.#clock.now();
    const last = this.#reportedAtMs.get(destination);
    if (last !== undefined && now - last < QUIET_MS) return;
    if (this.#reportedAtMs.size >= MOST_REMEMBERED) this.#reportedAtMs.clear();
    this.#reportedAtMs.set(destination, now);
    queueMicrotask(() => this.#report(destination, code));
  }
}
