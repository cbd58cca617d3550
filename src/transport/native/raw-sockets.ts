import type { Address } from '../../address.js';
import { SctpError } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { TransportHost } from '../transport.js';
import type { AddressNotifier, LocalSocket, SocketEvents, SocketSystem } from '../udp/local-socket.js';
import type { UdpSettings } from '../udp/options.js';
import type { AskedAddress } from '../udp/wanted.js';
import { addressNotifier } from './address-notifier.js';
import { BpfProgram } from './bpf.js';
import { type Descriptor, SystemError } from './descriptor.js';
import type { SystemCalls } from './ffi.js';
import { type IncomingMessage, IncomingMessages } from './incoming.js';
import { IPPROTO_SCTP, SO_ATTACH_FILTER, SOCK_RAW, SOL_SOCKET } from './linux.js';
import { portFilter } from './port-filter.js';
import { Ports } from './ports.js';
import { NativeSocket, type SharedParts, type SocketKind } from './socket.js';

/** The raw sockets of a transport, all with the same filter: they get packets for the ports that the stack uses. */
export class RawSockets implements SocketSystem, SocketKind {
  readonly type: number = SOCK_RAW;
  readonly protocol: number = IPPROTO_SCTP;
  readonly defaultPort = 0;
  readonly #system: SystemCalls;
  readonly #shared: SharedParts;
  readonly #ports: Ports | undefined;
  /** The open sockets, and whether they are IPv4. */
  readonly #open = new Map<Descriptor, boolean>();

  constructor(system: SystemCalls, settings: UdpSettings, host: TransportHost, answersOutOfTheBlue: boolean) {
    this.#system = system;
    this.#shared = { system, incoming: IncomingMessages.of(system), kind: this, settings };
    this.#ports = answersOutOfTheBlue
      ? undefined
      : new Ports({
          clock: settings.clock,
          portsInUse: () => host.portsInUse?.(),
          changed: () => this.#updateFilters(),
        });
  }

  portBound(port: number): void {
    this.#ports?.add(port);
  }

  async open(address: AskedAddress, _port: number, events: SocketEvents): Promise<LocalSocket> {
    try {
      return NativeSocket.open(this.#shared, address, 0, events);
    } catch (error) {
      if (error instanceof SystemError) throw openError(error, address.address);
      throw error;
    }
  }

  watch(changed: () => void): AddressNotifier {
    return addressNotifier(this.#system, changed);
  }

  prepare(socket: Descriptor, isIpv4: boolean): void {
    this.#open.set(socket, isIpv4);
    this.#filter(socket, isIpv4);
  }

  bound(): boolean {
    return false; // raw sockets have no segmentation
  }

  strip(message: IncomingMessage, isIpv4: boolean): IncomingMessage | undefined {
    const packet = isIpv4 ? withoutIpHeader(message) : message;
    return this.#ports === undefined || this.#ports.accepts(packet.bytes) ? packet : undefined;
  }

  sending(packets: readonly Packet[]): void {
    this.#ports?.sent(packets);
  }

  closed(socket: Descriptor): void {
    this.#open.delete(socket);
  }

  close(): void {
    this.#ports?.close();
  }

  #updateFilters(): void {
    for (const [socket, isIpv4] of this.#open) this.#filter(socket, isIpv4);
  }

  #filter(socket: Descriptor, isIpv4: boolean): void {
    const instructions = portFilter(isIpv4, this.#ports?.passing ?? 'all');
    const program = new BpfProgram(instructions, this.#system.addressOf);
    socket.setStructure(SOL_SOCKET, SO_ATTACH_FILTER, program.value);
  }
}

/** The kernel leaves the header of IPv4, which has the traffic class in its second byte. */
function withoutIpHeader(message: IncomingMessage): IncomingMessage {
  const { bytes, source, segmentBytes } = message;
  const headerBytes = ((bytes[0] ?? 0) & 0xf) * 4;
  return { source, port: 0, bytes: bytes.subarray(headerBytes), trafficClass: bytes[1] ?? 0, segmentBytes };
}

function openError(cause: SystemError, address: Address): SctpError {
  const details = { syscall: 'socket', address, cause };
  switch (cause.errno) {
    case 'EACCES':
    case 'EPERM': {
      const how = [
        'run the program as root',
        'run `setcap cap_net_raw+ep` on the node binary',
        'start the container with `--cap-add NET_RAW`',
        'or use udp(), which needs none of it',
      ];
      return new SctpError('EACCES', `raw sockets need the capability CAP_NET_RAW: ${how.join(', ')}`, details);
    }
    case 'EMFILE':
    case 'ENFILE':
      return new SctpError('ENOBUFS', `a raw socket on ${address}: too many open files: raise the limit`, details);
    case 'EPROTONOSUPPORT':
    case 'EAFNOSUPPORT':
      return new SctpError('EAFNOSUPPORT', `the kernel has no raw sockets for ${address}`, details);
    case 'EADDRNOTAVAIL':
      return new SctpError('EADDRNOTAVAIL', `${address} is not an address of this machine: leave it out`, details);
    default:
      return new SctpError('EINVAL', `the kernel refuses a raw socket on ${address}: ${cause.message}`, details);
  }
}
