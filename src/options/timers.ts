import { quoted, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import { sysctls } from '../generated/sysctls.js';
import { suggestion } from '../nearest-name.js';

/** The name of one of usrsctp's sysctls. */
export type Sysctl = (typeof sysctls)[number];

/** The protocol parameters of RFC 9260 §16, and those of RFC 7829. Times in ms. */
export interface Timers {
  /** RTO.Initial: how long the first INIT waits for an answer. */
  readonly rtoInitialMs: number;
  /** RTO.Min: no retransmission time-out is shorter. */
  readonly rtoMinMs: number;
  /** RTO.Max: no retransmission time-out is longer. */
  readonly rtoMaxMs: number;
  /** HB.interval: the time between HEARTBEATs on an idle path, to which the RTO is added. */
  readonly heartbeatMs: number;
  /**
   * How long a SACK may be delayed. Must be shorter than the peer's RTO.Min, or every delay causes a retransmission.
   */
  readonly delayedSackMs: number;
  /** Max.Init.Retransmits. */
  readonly initRetransmits: number;
  /** Path.Max.Retrans: more consecutive time-outs make a path inactive. */
  readonly pathRetransmits: number;
  /**
   * Association.Max.Retrans: more consecutive time-outs over all paths end the association. Unless you set it, the
   * presets with the RFC's values limit it to the sum of the `pathRetransmits` of all paths (RFC 9260 §8.2). While the host
   * has no network, time-outs don't count for 5 minutes.
   */
  readonly associationRetransmits: number;
  /** More consecutive time-outs make a path potentially failed: other paths are preferred then (RFC 7829). */
  readonly potentiallyFailedAfter: number;
}

/**
 * - `rfc7829`: the values of RFC 9260, and the failover of RFC 7829, as in Linux: after one time-out, data is sent on
 *   another path. A path becomes inactive after about a minute.
 * - `rfc9260`: RFC 9260 only. Until a path is inactive, each message is sent on it first.
 * - `fast-failover`: for networks with round trips well below 200 ms. The first time-out comes after 200 ms. A path
 *   becomes inactive after a second or two, and the association ends after about ten.
 */
export type TimerPreset = 'rfc7829' | 'rfc9260' | 'fast-failover';

export const DEFAULT_PRESET: TimerPreset = 'rfc7829';

const RFC_9260: Timers = {
  rtoInitialMs: 1000,
  rtoMinMs: 1000,
  rtoMaxMs: 60_000,
  heartbeatMs: 30_000,
  delayedSackMs: 200,
  initRetransmits: 8,
  pathRetransmits: 5,
  associationRetransmits: 10,
  potentiallyFailedAfter: 65_535,
};

const PRESETS: Readonly<Record<TimerPreset, Timers>> = {
  rfc7829: { ...RFC_9260, potentiallyFailedAfter: 0 },
  rfc9260: RFC_9260,
  'fast-failover': {
    rtoInitialMs: 500,
    rtoMinMs: 200,
    rtoMaxMs: 1000,
    heartbeatMs: 1000,
    delayedSackMs: 20,
    initRetransmits: 8,
    pathRetransmits: 2,
    associationRetransmits: 10,
    potentiallyFailedAfter: 0,
  },
};

/** The sysctl of each parameter, in ms or a count. */
const SYSCTLS: Readonly<Record<keyof Timers, Sysctl>> = {
  rtoInitialMs: 'sctp_rto_initial_default',
  rtoMinMs: 'sctp_rto_min_default',
  rtoMaxMs: 'sctp_rto_max_default',
  heartbeatMs: 'sctp_heartbeat_interval_default',
  delayedSackMs: 'sctp_delayed_sack_time_default',
  initRetransmits: 'sctp_init_rtx_max_default',
  pathRetransmits: 'sctp_path_rtx_max_default',
  associationRetransmits: 'sctp_assoc_rtx_max_default',
  potentiallyFailedAfter: 'sctp_path_pf_threshold',
};

/**
 * usrsctp ends an association when one chunk has been sent 30 times, whatever the peer answers (sctp_output.c,
 * sctp_max_retran_chunk). So a peer that doesn't read for some minutes would be lost although it acknowledges every
 * window probe. The limits of RFC 9260 §8 remain.
 */
const UNLIMITED: [Sysctl, number] = ['sctp_max_retran_chunk', 0];

/**
 * T5-shutdown-guard is 5 times RTO.Max (RFC 9260 §9.2), and never shorter than with the RFC's values: it is for peers
 * that answer but never finish. Messages that aren't delivered by then are lost. A peer that no longer answers is
 * detected earlier.
 */
const GUARD_MS = 300_000;
const guard = (rtoMaxMs: number): [Sysctl, number] => [
  'sctp_shutdown_guard_time_default', // in s; 0: 5 RTO.Max
  5 * rtoMaxMs < GUARD_MS ? GUARD_MS / 1000 : 0,
];

/** The sysctls for a preset with changes. Throws EINVAL for an unknown parameter or an invalid value. */
export function timerSysctls(preset: TimerPreset, changes: Partial<Timers>): [Sysctl, number][] {
  const base = PRESETS[preset];
  if (!base) throw invalid(`there is no timer preset ${quoted(preset)}: ${suggestion(preset, Object.keys(PRESETS))}`);
  for (const name of Object.keys(changes))
    if (!(name in SYSCTLS)) throw invalid(`there is no timer '${name}': ${suggestion(name, Object.keys(SYSCTLS))}`);
  const timers = { ...base, ...changes };
  if (timers.rtoMinMs > timers.rtoMaxMs) throw invalid('rtoMinMs must not be above rtoMaxMs');
  if (timers.rtoInitialMs < timers.rtoMinMs || timers.rtoInitialMs > timers.rtoMaxMs) {
    throw invalid('rtoInitialMs must be between rtoMinMs and rtoMaxMs');
  }
  const settings = Object.entries(SYSCTLS).map(([name, sysctl]): [Sysctl, number] => {
    const value = timers[name as keyof Timers];
    if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff) throw invalid(`${name} can't be ${shown(value)}`);
    return [sysctl, value];
  });
  return [UNLIMITED, guard(timers.rtoMaxMs), ...settings];
}

/**
 * Is Association.Max.Retrans limited to the sum of the paths' limits? Not if the caller has set it, and not with
 * `fast-failover`: a path is inactive after 3 time-outs, and an association with a single path should survive a gap of
 * 2 s.
 */
export function isLimitedByPaths(preset: TimerPreset, { associationRetransmits }: Partial<Timers>): boolean {
  return preset !== 'fast-failover' && associationRetransmits === undefined;
}

/** The sysctls that a caller has set. Throws EINVAL for an unknown one or a value that is no number. */
export function givenSysctls(given: Partial<Readonly<Record<Sysctl, number>>>): [Sysctl, number][] {
  return Object.entries(given).map(([name, value]) => {
    if (!sysctls.includes(name as Sysctl)) throw invalid(`there is no sysctl '${name}': ${suggestion(name, sysctls)}`);
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw invalid(`${name} can't be ${shown(value)}`);
    return [name as Sysctl, value];
  });
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', `Stack.create: ${message}`, { syscall: 'create' });
}
