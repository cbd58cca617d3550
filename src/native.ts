export { type IpOptions, type IpTransport, ip } from './transport/native/ip.js';
export { udp } from './transport/native/udp.js';
export type { AddressFilter, UdpOptions, UdpTransport } from './transport/udp.js';
