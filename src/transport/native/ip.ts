import { existsSync } from 'node:fs';
import type { Address } from '../../address.js';
import { checkOptions } from '../../arguments.js';
import { SctpError } from '../../errors.js';
import type { Names } from '../../nearest-name.js';
import type { Route, Transport } from '../transport.js';
import { packetSizes } from '../udp/mtu.js';
import { settingsOf, type UdpOptions } from '../udp/options.js';
import { SocketTransport } from '../udp/socket-transport.js';
import { systemCalls } from './ffi.js';
import { RawSockets } from './raw-sockets.js';

/** Options of `ip()`. They are those of `udp()`, without ports. */
export interface IpOptions extends Omit<UdpOptions, 'port' | 'encapsulationPort'> {
  /**
   * Whether packets for SCTP ports that this stack doesn't use are answered with ABORT, so that peers of a program that has been
   * killed learn of it at once. Only one program of a machine may do that: it also aborts the associations of all others that
   * have raw sockets. Default false.
   */
  readonly answerOutOfTheBlue?: boolean;
}

/** A transport over IP. */
export interface IpTransport extends Transport {
  /** How many packets were dropped in this process: the queue was full, they were too large, or there was no route. */
  readonly dropped: number;
  /** Keeps the process alive until it is closed, which is the default. */
  ref(): void;
  /** Doesn't keep the process alive. */
  unref(): void;
  route(destination: Address): Route | undefined;
}

const IP_OPTIONS: Names<IpOptions> = {
  addresses: true,
  include: true,
  exclude: true,
  watch: true,
  mtu: true,
  receiveBufferBytes: true,
  sendBufferBytes: true,
  busyPollUs: true,
  clock: true,
  answerOutOfTheBlue: true,
};

/**
 * SCTP directly over IPv4 and IPv6, protocol 132, as Linux and telecom equipment speak it. It uses raw sockets, one for each
 * local address, and needs root or the capability CAP_NET_RAW: without it `start` rejects with EACCES. Packets have the
 * don't-fragment bit, except those that IP may fragment; the traffic class, and therefore ECN, works in both directions; ICMP
 * errors are reported.
 *
 * A raw socket gets all SCTP packets of the machine. So several stacks and programs can use `ip()` side by side, on different SCTP
 * ports: each stack only gets packets for ports that it uses.
 *
 * `start` also rejects with EOPNOTSUPP if the package `koffi` isn't installed, and with EAFNOSUPPORT on other systems than 64-bit
 * Linux. If the kernel has loaded its own SCTP, Node prints a warning: the kernel then answers the same packets. Throws EINVAL if an
 * option is invalid, and names it.
 *
 * @example
 * const stack = await Stack.create({ transport: ip() });
 */
export function ip(options: IpOptions = {}): IpTransport {
  checkOptions(options, IP_OPTIONS, 'ip');
  const { answerOutOfTheBlue: answerStrangers = false, ...rest } = options;
  if (typeof answerStrangers !== 'boolean') {
    const message = `\`answerStrangers\` is of type ${typeof answerStrangers}: give true or false`;
    throw new SctpError('EINVAL', message, { syscall: 'ip' });
  }
  const settings = settingsOf({ ...rest, port: 0 });
  let sockets: RawSockets | undefined;
  return new SocketTransport(settings, {
    name: 'IP',
    async system(host) {
      const calls = await systemCalls();
      warnOfKernel();
      sockets = new RawSockets(calls, settings, host, answerStrangers);
      return sockets;
    },
    packetSizes,
    portBound: (port) => sockets?.portBound(port),
  });
}

/** The file exists as long as the kernel's SCTP is loaded. */
const KERNEL_SCTP = '/proc/net/sctp';

function warnOfKernel(): void {
  if (!existsSync(KERNEL_SCTP)) return;
  const message =
    'the kernel of this machine has loaded its own SCTP, which answers the packets for ip() with ABORT: ' +
    'unload it (`modprobe -r sctp`), or use udp()';
  process.emitWarning(message, { type: 'SctpWarning', code: 'USRSCTP_KERNEL_SCTP' });
}
