import { ip, udp as nativeUdp } from '../../src/native.js';
import { type UdpOptions, udp } from '../../src/udp.js';

/** The transports over real networks. */
export type TransportName = 'udp' | 'native udp' | 'ip';

/** A transport by its name. `ip` has no ports. */
export function transportOf(name: TransportName = 'udp', options: UdpOptions = {}) {
  if (name === 'udp') return udp(options);
  if (name === 'native udp') return nativeUdp(options);
  const { port: _, encapsulationPort: __, ...rest } = options;
  return ip(rest);
}
