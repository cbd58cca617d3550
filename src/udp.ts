export { type AddressFilter, type UdpOptions, type UdpTransport, udp } from './transport/udp.js';
