/**
 * SCTP in UDP (RFC 6951) in Node, Deno and Bun.
 * @module usrsctp-wasm/udp
 */

export { type AddressFilter, type UdpOptions, type UdpTransport, udp } from './transport/udp.js';
