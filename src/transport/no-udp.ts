import { SctpError } from '../errors.js';
import type { UdpOptions, UdpTransport } from './udp.js';

export type { UdpOptions, UdpTransport } from './udp.js';

/** `usrsctp-wasm/udp` in runtimes without UDP sockets, such as browsers. Throws EAFNOSUPPORT. */
export function udp(_options: UdpOptions = {}): UdpTransport {
  const message = 'this runtime has no UDP sockets: use relay() of usrsctp-wasm/relay';
  throw new SctpError('EAFNOSUPPORT', message, { syscall: 'udp' });
}
