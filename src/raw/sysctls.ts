import { sysctls } from '../generated/sysctls.js';
import { integer } from './arguments.js';
import type { Core } from './core.js';

type Sysctl = (typeof sysctls)[number];

/** Sizes of tables. They apply to tables that are made later, such as those of a new socket. */
const TUNABLES = ['sctp_hashtblsize', 'sctp_pcbtblsize', 'sctp_chunkscale'] as const;
type Tunable = (typeof TUNABLES)[number];

/**
 * `usrsctp_sysctl_get_sctp_…()` returns the value, or -1; `usrsctp_sysctl_set_sctp_…(value)` and
 * `usrsctp_tunable_set_sctp_…(value)` return 0 or -1.
 */
export type SysctlCalls = { readonly [Name in Sysctl as `usrsctp_sysctl_get_${Name}`]: () => number } & {
  readonly [Name in Exclude<Sysctl, Tunable> as `usrsctp_sysctl_set_${Name}`]: (value: number) => number;
} & { readonly [Name in Tunable as `usrsctp_tunable_set_${Name}`]: (value: number) => number };

export function sysctlCalls(core: Core): SysctlCalls {
  const calls: Record<string, (value: number) => number> = {};
  for (const [index, name] of sysctls.entries()) {
    const kind = (TUNABLES as readonly string[]).includes(name) ? 'tunable' : 'sysctl';
    calls[`usrsctp_sysctl_get_${name}`] = () => core.result(() => core.calls.sysctl(index));
    calls[`usrsctp_${kind}_set_${name}`] = (value) => {
      const wanted = integer('value', value) >>> 0;
      return core.result(() => core.calls.setSysctl(index, wanted));
    };
  }
  return calls as unknown as SysctlCalls;
}
