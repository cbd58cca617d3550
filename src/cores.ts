/**
 * A server in several worker threads of Node, behind one UDP port.
 * @module usrsctp-wasm/cores
 */

export { CoreWorker, type CoreWorkerEvents, coreWorker } from './cores/core-worker.js';
export {
  type CoreExit,
  type CoreInfo,
  type CoreListening,
  type CoreStatistics,
  Cores,
  type CoresEvents,
  type CoresStatistics,
} from './cores/cores.js';
export type { CoresSteering, WorkerStatistics } from './cores/messages.js';
export type { CoresOptions, CoresUdpOptions } from './cores/options.js';
export type { ShareState } from './steering/path-table.js';
export type { SteeringCounts } from './steering/steered-transport.js';
