import type { Address } from '../../address.js';
import { shown } from '../../arguments.js';
import type { Association } from '../../association/association.js';
import { SctpError } from '../../errors.js';
import type { Lookup } from '../../host-name.js';
import type { Names } from '../../nearest-name.js';
import { checkWaitOptions, WAIT_OPTIONS, type WaitOptions } from '../../wait.js';

/** A local address to which a socket is bound. */
export interface LocalAddress {
  /** A local address of the stack, or `::` or `0.0.0.0` for all of them. */
  readonly address: Address;
  /** The SCTP port, which must be the same for all addresses. Default 0: any free port. */
  readonly port?: number;
}

/** The options of connectx. */
export interface ConnectOptions extends WaitOptions {
  /**
   * The deadline of the whole set-up, in ms, including the look-up of host names: INITs are sent until then, however many addresses there are. Without it
   * the set-up ends when Max.Init.Retransmits, or the number of addresses if that is larger, is reached.
   */
  readonly timeoutMs?: number;
  /**
   * What happens when `signal` is aborted. `abort` (default): the set-up ends, and the promise rejects with the
   * signal's reason. `detach`: the set-up goes on, the promise rejects with EINTR, and the socket emits `association`
   * when it is up.
   */
  readonly onAbort?: 'abort' | 'detach';
  /** `false`: resolves at once with the association, whose `ready` is the result of the set-up. Default true. */
  readonly wait?: boolean;
  /**
   * Requires several paths: rejects with EPROTO if either end has a single address. The association, which is up all
   * the same, is the error's `association`; `peeloff` or `abort` it.
   */
  readonly requireMultipath?: boolean;
  /** Binds the socket to these addresses first, until the set-up fails. Default: the binding, or all addresses. */
  readonly local?: readonly LocalAddress[];
  /** Binds the socket to the addresses of this network interface first; with `local`, to those that are in both. */
  readonly interface?: string;
  /**
   * Looks up host names in the list of peers, like the option of `net.connect`: a function such as `dns.lookup`. Default: the
   * transport's; `udp()` uses `dns.lookup`, other transports have none.
   */
  readonly lookup?: Lookup;
  /** Adds `local`, or the addresses of `interface`, to this association (RFC 5061). The list of peers must be empty. */
  readonly association?: Association;
}

const CONNECT_OPTIONS: Names<ConnectOptions> = {
  ...WAIT_OPTIONS,
  onAbort: true,
  wait: true,
  requireMultipath: true,
  local: true,
  interface: true,
  lookup: true,
  association: true,
};

/** Checks the options that a caller gave. */
export function checkConnectOptions(options: ConnectOptions, syscall: string): void {
  checkWaitOptions(options, syscall, CONNECT_OPTIONS);
  const { onAbort, local, interface: name, lookup } = options;
  const invalid = (what: string) => new SctpError('EINVAL', `${syscall}: ${what}`, { syscall });
  if (onAbort !== undefined && onAbort !== 'abort' && onAbort !== 'detach') {
    throw invalid(`onAbort must be 'abort' or 'detach', not ${shown(onAbort)}`);
  }
  for (const flag of ['wait', 'requireMultipath'] as const) {
    const value = options[flag];
    if (value !== undefined && typeof value !== 'boolean') throw invalid(`${flag} must be true or false`);
  }
  if (lookup !== undefined && typeof lookup !== 'function')
    throw invalid('lookup must be a function such as dns.lookup');
  if (local !== undefined && !Array.isArray(local)) throw invalid('local must be an array of { address }');
  if (name !== undefined && typeof name !== 'string') throw invalid("interface must be an interface's name");
}
