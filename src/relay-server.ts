/**
 * The relay server, and the tickets of its clients.
 * @module usrsctp-wasm/relay/server
 */

export { DEFAULT_LIMITS, type RelayLimits } from './relay/limits.js';
export type { LogEntry, PublicAddress, RelayServerOptions } from './relay/options.js';
export type { Resolve } from './relay/policy.js';
export { type RelayServer, relayServer } from './relay/server.js';
export { signTicket, type TicketClaims, type TicketKey } from './relay/ticket.js';
export {
  type RelayWorkerExit,
  type RelayWorkerInfo,
  type RelayWorkerListening,
  RelayWorkers,
  type RelayWorkersEvents,
  type RelayWorkersOptions,
} from './relay/workers/relay-workers.js';
export { type RelayWorker, relayWorker } from './relay/workers/worker.js';
