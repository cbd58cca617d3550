export { type BridgedProgram, UdpBridge } from './udp-bridge.js';
