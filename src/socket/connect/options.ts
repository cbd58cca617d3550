import type { Address } from '../../address.js';
import { shown } from '../../arguments.js';
import type { Association } from '../../association/association.js';
import { SctpError } from '../../errors.js';
import { checkWaitOptions, type WaitOptions } from '../../wait.js';

/** A local address to bind to. */
export interface LocalAddress {
  /** A local address of the stack, or `::` or `0.0.0.0` for all of them. */
  readonly address: Address;
  /** SCTP port; one for all addresses. Default 0: any free one. */
  readonly port?: number;
}

/** How connectx connects, and how it waits. */
export interface ConnectOptions extends WaitOptions {
  /**
   * The one deadline for the whole set-up, in ms: with it INITs are sent until then, however many addresses there are.
   * Without it the set-up ends with the INIT budget: Max.Init.Retransmits, raised to the number of addresses.
   */
  readonly timeoutMs?: number;
  /**
   * What an aborted `signal` does to the attempt. `abort` (default): ends it; the promise rejects with the signal's
   * reason. `detach`: lets it go on; the promise rejects with EINTR, and the socket emits `association` when it is up.
   */
  readonly onAbort?: 'abort' | 'detach';
  /** `false`: resolves at once with the connecting association; its `ready` is the result. Default true. */
  readonly wait?: boolean;
  /**
   * Insists on more than one path: rejects with EPROTO when either end has a single address. The association, which is
   * up all the same, is the error's `association`; `peeloff` or `abort` it.
   */
  readonly requireMultipath?: boolean;
  /** Binds to these addresses first; undone when the set-up fails. Default: as bound, or else all of the stack's. */
  readonly local?: readonly LocalAddress[];
  /** Binds to the transport's addresses of this network interface first; together with `local`: to those in both. */
  readonly interface?: string;
  /** Adds `local` or the `interface`'s addresses to this association (RFC 5061); the list of peers must be empty. */
  readonly association?: Association;
}

/** Checks what a caller gave. */
export function checkConnectOptions(options: ConnectOptions, syscall: string): void {
  checkWaitOptions(options, syscall);
  const { onAbort, local, interface: name } = options;
  const invalid = (what: string) => new SctpError('EINVAL', `${syscall}: ${what}`, { syscall });
  if (onAbort !== undefined && onAbort !== 'abort' && onAbort !== 'detach') {
    throw invalid(`onAbort must be 'abort' or 'detach', not ${shown(onAbort)}`);
  }
  for (const flag of ['wait', 'requireMultipath'] as const) {
    const value = options[flag];
    if (value !== undefined && typeof value !== 'boolean') throw invalid(`${flag} must be true or false`);
  }
  if (local !== undefined && !Array.isArray(local)) throw invalid('local must be an array of { address }');
  if (name !== undefined && typeof name !== 'string') throw invalid("interface must be an interface's name");
}
