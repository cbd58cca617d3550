/**
 * A bridge between a simulated network and programs in other processes, over UDP on loopback addresses.
 * @module usrsctp-wasm/testing/udp
 */

export { type BridgedProgram, UdpBridge } from './udp-bridge.js';
