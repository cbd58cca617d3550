import { quoted, shown } from '../arguments.js';
import type { StackOptions, Timers } from '../index.js';
import { suggestion } from '../nearest-name.js';

/** The parameters of {@link defaults}: the names of Linux's `net.sctp`, in ms, and two of node-sctp's own. */
export interface Defaults {
  /** RTO.Initial, in ms. */
  rto_initial: number;
  /** RTO.Min, in ms. */
  rto_min: number;
  /** RTO.Max, in ms. */
  rto_max: number;
  /** The heartbeat interval, in ms. */
  hb_interval: number;
  /** How long a SACK may be delayed, in ms. */
  sack_timeout: number;
  /** After how many packets a SACK is sent at once. */
  sack_freq: number;
  /** How long a State Cookie is valid, in ms. */
  valid_cookie_life: number;
  /** Max.Burst, in packets. */
  max_burst: number;
  /** Max.Init.Retransmits. */
  max_init_retransmits: number;
  /** Path.Max.Retrans. */
  path_max_retrans: number;
  /** Association.Max.Retrans. */
  association_max_retrans: number;
  /** The receive window of new sockets, in bytes. 0: it grows with the path. */
  RWND: number;
}

const TIMERS: Readonly<Partial<Record<keyof Defaults, keyof Timers>>> = {
  rto_initial: 'rtoInitialMs',
  rto_min: 'rtoMinMs',
  rto_max: 'rtoMaxMs',
  hb_interval: 'heartbeatMs',
  sack_timeout: 'delayedSackMs',
  max_init_retransmits: 'initRetransmits',
  path_max_retrans: 'pathRetransmits',
  association_max_retrans: 'associationRetransmits',
};

const current: Defaults = {
  rto_initial: 1000,
  rto_min: 1000,
  rto_max: 60_000,
  hb_interval: 30_000,
  sack_timeout: 200,
  sack_freq: 2,
  valid_cookie_life: 60_000,
  max_burst: 4,
  max_init_retransmits: 8,
  path_max_retrans: 5,
  association_max_retrans: 10,
  RWND: 0,
};
const changed = new Set<keyof Defaults>();

/**
 * Changes parameters of the stacks that are made afterwards, and returns all of them. Stacks of your own (the option `stack`) keep
 * theirs. Throws TypeError for a parameter that doesn't exist, RangeError for a value that isn't a number of 0 or more.
 */
export function defaults(parameters: Partial<Defaults> = {}): Defaults {
  for (const [name, value] of Object.entries(parameters)) {
    if (!Object.hasOwn(current, name)) {
      throw new TypeError(`defaults: there is no parameter ${quoted(name)}: ${suggestion(name, Object.keys(current))}`);
    }
    if (!Number.isInteger(value) || value < 0) {
      throw new RangeError(`defaults: ${name} must be an integer of 0 or more, not ${shown(value)}`);
    }
    current[name as keyof Defaults] = value;
    changed.add(name as keyof Defaults);
  }
  return { ...current };
}

/** What was changed, as options of a stack. */
export function stackDefaults(): Pick<StackOptions, 'timers' | 'sysctls'> {
  const timers = Object.fromEntries(
    Object.entries(TIMERS).flatMap(([name, timer]) =>
      changed.has(name as keyof Defaults) ? [[timer, current[name as keyof Defaults]]] : [],
    ),
  ) as Partial<Timers>;
  const sysctls = {
    ...(changed.has('sack_freq') && { sctp_sack_freq_default: current.sack_freq }),
    ...(changed.has('max_burst') && { sctp_max_burst_default: current.max_burst }),
    ...(changed.has('valid_cookie_life') && {
      sctp_valid_cookie_life_default: Math.max(1, Math.round(current.valid_cookie_life / 1000)), // usrsctp counts seconds
    }),
  };
  return { timers, sysctls };
}

/** The receive buffer of new sockets, if it was changed. */
export function receiveWindow(): { readonly receiveBufferBytes?: number } {
  return current.RWND > 0 ? { receiveBufferBytes: current.RWND } : {};
}
