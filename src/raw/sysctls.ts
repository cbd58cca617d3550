import { sysctls } from '../generated/sysctls.js';
import { type Core, integer } from './core.js';

type Sysctl = (typeof sysctls)[number];

/** Sizes of tables: those that are made later have them, such as the ones of a socket. */
const TUNABLES = ['sctp_hashtblsize', 'sctp_pcbtblsize', 'sctp_chunkscale'] as const;
type Tunable = (typeof TUNABLES)[number];

/** `usrsctp_sysctl_get_sctp_…()`, `usrsctp_sysctl_set_sctp_…(value)`: 0 or -1, and `usrsctp_tunable_set_sctp_…(value)`. */
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
