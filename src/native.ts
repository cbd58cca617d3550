/**
 * SCTP directly in IP, and UDP with many packets in one system call: Node on Linux, with the package `koffi`.
 * @module usrsctp-wasm/native
 */

export { type IpOptions, type IpTransport, ip } from './transport/native/ip.js';
export { udp } from './transport/native/udp.js';
export type { AddressFilter, UdpOptions, UdpTransport } from './transport/udp.js';
