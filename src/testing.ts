/**
 * Fixtures for tests of programs that use SCTP, over a simulated network.
 * @module usrsctp-wasm/testing
 */

export { payload, RecordingHost, type Refusal } from './testing/recording-host.js';
export {
  type Hooks,
  type NetworkFixture,
  networkFixture,
  type RunOptions,
  useNetwork,
  withNetwork,
} from './testing/runners.js';
export { LeakError, TestNetwork, type TestNetworkOptions, type TestStackOptions } from './testing/test-network.js';
export { type ContractCase, type TransportPair, transportContract } from './testing/transport-contract.js';
