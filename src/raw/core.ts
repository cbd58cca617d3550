import { errnoName } from '../bridge/calls.js';
import { RawCalls } from '../bridge/raw.js';
import { SctpError } from '../errors.js';
import type { Pump } from '../stack/pump.js';
import type { ErrnoName } from './errno.js';
import { Sockaddrs } from './sockaddr.js';

/** What all groups of functions share: the way into the module, the AF_CONN addresses, and errno. */
export class Core {
  readonly pump: Pump;
  readonly calls: RawCalls;
  readonly sockaddrs: Sockaddrs = new Sockaddrs();
  errno: ErrnoName | 0 = 0;

  constructor(pump: Pump) {
    this.pump = pump;
    this.calls = new RawCalls(pump.instance);
  }

  /** Calls into the module. A negative result becomes -1, as in C, and sets errno. */
  result(call: () => number): number {
    return this.attempt(() => {
      const result = this.pump.enter(call);
      return result < 0 ? this.fail(errnoName(result)) : result;
    });
  }

  /** Runs what may throw an `SctpError`; its code becomes errno, and the result -1. */
  attempt<T>(run: () => T): T | -1 {
    try {
      return run();
    } catch (error) {
      if (error instanceof SctpError) return this.fail(error.code);
      throw error;
    }
  }

  fail(errno: string): -1 {
    this.errno = errno as ErrnoName;
    return -1;
  }
}
