import { SctpError } from '../errors.js';
import type { IpOptions, IpTransport } from './native/ip.js';
import type { UdpOptions, UdpTransport } from './udp.js';

export type { IpOptions, IpTransport } from './native/ip.js';
export type { UdpOptions, UdpTransport } from './udp.js';

/** `usrsctp-wasm/native` in runtimes other than Node. Throws EAFNOSUPPORT. */
export function ip(_options: IpOptions = {}): IpTransport {
  throw unavailable('ip');
}

/** `usrsctp-wasm/native` in runtimes other than Node. Throws EAFNOSUPPORT. */
export function udp(_options: UdpOptions = {}): UdpTransport {
  throw unavailable('udp');
}

function unavailable(syscall: string): SctpError {
  const message =
    'usrsctp-wasm/native needs Node on Linux: use udp() of usrsctp-wasm/udp, or relay() of usrsctp-wasm/relay';
  return new SctpError('EAFNOSUPPORT', message, { syscall });
}
