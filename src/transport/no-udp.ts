import { SctpError } from '../errors.js';
import type { UdpOptions, UdpTransport } from './udp.js';

export type { UdpOptions, UdpTransport } from './udp.js';

/** `usrsctp-wasm/udp` where programs have no UDP sockets, such as in browsers: it says what there is instead. */
export function udp(_options: UdpOptions = {}): UdpTransport {
  const message = 'there is no UDP in this runtime: use relay() of usrsctp-wasm/relay';
  throw new SctpError('EAFNOSUPPORT', message, { syscall: 'udp' });
}
