export {
  type IpOptions,
  type IpTransport,
  ip,
  type UdpOptions,
  type UdpTransport,
  udp,
} from './transport/no-native.js';
