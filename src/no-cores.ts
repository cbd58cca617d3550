import type { CoreWorker } from './cores/core-worker.js';
import { SctpError } from './errors.js';

export type { CoreWorker, CoreWorkerEvents } from './cores/core-worker.js';
export type { CoreInfo, CoresEvents, CoresStatistics } from './cores/cores.js';
export type { CoresSteering, WorkerStatistics } from './cores/messages.js';
export type { CoresOptions, CoresUdpOptions } from './cores/options.js';
export type { SteeringCounts } from './steering/steered-transport.js';

/** `usrsctp-wasm/cores` in runtimes other than Node. */
export const Cores: {
  /** Rejects with EAFNOSUPPORT. */
  start(): Promise<never>;
} = {
  start: async () => {
    throw unavailable('Cores.start');
  },
};

/** `usrsctp-wasm/cores` in runtimes other than Node. Throws EAFNOSUPPORT. */
export function coreWorker(): CoreWorker {
  throw unavailable('coreWorker');
}

function unavailable(syscall: string): SctpError {
  const message = `${syscall}: usrsctp-wasm/cores needs Node: use a stack with udp() of usrsctp-wasm/udp`;
  return new SctpError('EAFNOSUPPORT', message, { syscall });
}
