/**
 * A network in memory: hosts, links with delay and loss, NATs, and a virtual clock.
 * @module usrsctp-wasm/simulated
 */

export { type Conditions, DEFAULT_LATENCY_MS, type GilbertElliott } from './simulated/conditions.js';
export type { End, Group, Named } from './simulated/group.js';
export type { Host, HostOptions } from './simulated/host.js';
export type { Dependence, Nat, NatOptions } from './simulated/nat.js';
export { Network, type NetworkOptions } from './simulated/network.js';
export type { NetworkClock, Pending } from './simulated/network-clock.js';
export type { PacketOutcome } from './simulated/outcome.js';
export { RealTimeClock } from './simulated/real-time-clock.js';
export type { Filter } from './simulated/router.js';
export { type ScenarioOptions, scenario } from './simulated/scenario.js';
export { SeededRandom } from './simulated/seeded-random.js';
export type { ScheduledCall } from './simulated/timer-queue.js';
export type { Trace, TraceEntry } from './simulated/trace.js';
export { VirtualClock } from './simulated/virtual-clock.js';
