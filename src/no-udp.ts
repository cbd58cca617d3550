export { type UdpOptions, type UdpTransport, udp } from './transport/no-udp.js';
