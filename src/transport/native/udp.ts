import { bindError } from '../udp/bind-error.js';
import type { SocketSystem } from '../udp/local-socket.js';
import { packetSizes } from '../udp/mtu.js';
import { parseOptions, type UdpOptions } from '../udp/options.js';
import { SocketTransport } from '../udp/socket-transport.js';
import type { UdpTransport } from '../udp.js';
import { addressNotifier } from './address-notifier.js';
import { SystemError } from './descriptor.js';
import { systemCalls } from './ffi.js';
import { IncomingMessages } from './incoming.js';
import { IPPROTO_IPV6, IPPROTO_UDP, IPV6_V6ONLY, SOCK_DGRAM, SOL_UDP, UDP_GRO, UDP_SEGMENT } from './linux.js';
import { NativeSocket, type SharedParts, type SocketKind, type SocketSettings } from './socket.js';

/**
 * SCTP over UDP (RFC 6951) like `udp()` of `usrsctp-wasm/udp`, with the same options, but many packets in one system call. On
 * Linux the kernel also divides and joins packets (UDP_SEGMENT, UDP_GRO). Packets have the don't-fragment bit, except those that
 * IP may fragment; the traffic class, and therefore ECN, works in both directions; ICMP errors are reported.
 *
 * `start` rejects with EOPNOTSUPP if the package `koffi` isn't installed, with EAFNOSUPPORT on other systems than 64-bit Linux,
 * and with EACCES if Node's permission model forbids native code. Throws EINVAL if an option is invalid, and names it.
 *
 * @example
 * const stack = await Stack.create({ transport: udp({ port: 9899 }) });
 */
export function udp(options: UdpOptions = {}): UdpTransport {
  const settings = parseOptions(options);
  const { encapsulationPort } = settings;
  const parts = { name: 'UDP', encapsulationPort, system: () => udpSockets(settings), packetSizes };
  return new SocketTransport(settings, parts) as SocketTransport & { readonly encapsulationPort: number };
}

/** Loads what UDP sockets need. */
export async function udpSockets(settings: UdpSocketSettings): Promise<SocketSystem> {
  const shared = await udpParts(settings);
  return {
    async open(address, port, events) {
      try {
        return NativeSocket.open(shared, address, port, events);
      } catch (error) {
        if (error instanceof SystemError) throw bindError(error.errno, address.address, port, error);
        throw error;
      }
    },
    watch: (changed) => addressNotifier(shared.system, changed),
  };
}

export type UdpSocketSettings = SocketSettings & { readonly encapsulationPort: number };

/** What all UDP sockets of a transport share. */
export async function udpParts(settings: UdpSocketSettings): Promise<SharedParts> {
  const system = await systemCalls();
  const kind = udpKind(settings.encapsulationPort);
  return { system, incoming: IncomingMessages.of(system), kind, settings };
}

function udpKind(defaultPort: number): SocketKind {
  return {
    type: SOCK_DGRAM,
    protocol: IPPROTO_UDP,
    defaultPort,
    prepare(socket, isIpv4) {
      if (!isIpv4) socket.setOption(IPPROTO_IPV6, IPV6_V6ONLY, 1);
    },
    bound(socket) {
      socket.tryOption(SOL_UDP, UDP_GRO, 1);
      return socket.tryOption(SOL_UDP, UDP_SEGMENT, 0);
    },
    strip: (message) => (message.port === 0 ? undefined : message),
    sending: () => {},
    closed: () => {},
  };
}
