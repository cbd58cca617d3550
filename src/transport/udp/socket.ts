import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, canonicalAddress, familyOf } from '../../address.js';
import { type ErrorCode, SctpError } from '../../errors.js';
import type { Packet } from '../../packet.js';
import { isDeno, oneByOne } from './deno.js';
import { noLookup } from './kernel.js';
import type { UdpSettings } from './options.js';
import { Sender } from './sender.js';
import { errnoOf, unreachableCode } from './unreachable.js';

/** What a socket tells the transport. */
export interface SocketEvents {
  /** A datagram that could be SCTP has arrived; called from the runtime's event loop only. */
  received(packet: Packet): void;
  unreachable(destination: Address, code: ErrorCode): void;
}

/** The common header (RFC 9260 §3.1) and one chunk header: nothing shorter is SCTP. */
const SMALLEST_PACKET_BYTES = 16;

/**
 * A UDP socket bound to one local address.
 *
 * Sockets aren't connected to a peer. Should one be, for the speed of it or to hear of ICMP errors, the sender and #failed
 * are where that shows.
 */
export class UdpSocket {
  readonly address: Address;
  readonly #socket: Socket;
  readonly #sender: Sender;
  readonly #events: SocketEvents;
  #isClosing = false;

  /** Binds. Rejects with EADDRINUSE, EADDRNOTAVAIL or EACCES. */
  static async open(address: Address, port: number, settings: UdpSettings, events: SocketEvents): Promise<UdpSocket> {
    const socket = await bind(address, port);
    askFor(settings.receiveBufferBytes, (bytes) => socket.setRecvBufferSize(bytes));
    askFor(settings.sendBufferBytes, (bytes) => socket.setSendBufferSize(bytes));
    return new UdpSocket(address, socket, settings, events);
  }

  private constructor(address: Address, socket: Socket, settings: UdpSettings, events: SocketEvents) {
    this.address = address;
    this.#socket = socket;
    this.#events = events;
    this.#sender = new Sender({
      hand: isDeno ? oneByOne(socket) : (...datagram) => socket.send(...datagram),
      defaultPort: settings.encapsulationPort,
      clock: settings.clock,
      failed: (error) => this.#failed(error),
    });
    socket.on('message', (bytes, from) => this.#arrived(bytes, from));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** How many packets never left. */
  get dropped(): number {
    return this.#sender.dropped;
  }

  send(packet: Packet): void {
    this.#sender.send(packet);
  }

  /**
   * Receives nothing any more. Sends what waits, for a second at most: it may be the ABORT that a peer is to be told, and
   * who closes a stack ends the process next. Resolves when the port is free.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#sender.finish();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #failed(error: Error & { address?: unknown }): void {
    const code = unreachableCode(error);
    if (code !== undefined && typeof error.address === 'string') this.#events.unreachable(error.address, code);
  }

  #arrived(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (this.#isClosing || bytes.length < SMALLEST_PACKET_BYTES || port === 0) return;
    const source = canonicalSource(address);
    this.#events.received({ source, destination: this.address, port, trafficClass: 0, bytes });
  }
}

function bind(address: Address, port: number): Promise<Socket> {
  const type = familyOf(address) === 'IPv6' ? 'udp6' : 'udp4';
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type, ipv6Only: type === 'udp6', ...noLookup });
    socket.once('error', (error) => {
      socket.close();
      reject(bindError(error, address, port));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // What concerns a packet comes back from its send. An error that comes here concerns none, and must not end the process.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function bindError(cause: Error, address: Address, port: number): SctpError {
  const details = { syscall: 'bind', address, port, cause };
  const where = `UDP port ${port} on ${address}`;
  switch (errnoOf(cause)) {
    case 'EADDRINUSE':
      return new SctpError('EADDRINUSE', `${where} is taken: choose another \`port\`, or 0 for any`, details);
    case 'EACCES':
    case 'EPERM':
      return new SctpError('EACCES', `${where} needs a privilege: choose a \`port\` above 1023`, details);
    case 'EMFILE':
    case 'ENFILE':
      return new SctpError('ENOBUFS', `${where}: too many open files: raise their limit`, details);
    default:
      return new SctpError('EADDRNOTAVAIL', `${address} is no address of this machine: leave it out`, details);
  }
}

/** The kernel gives what it likes, or refuses what is over its limit: then less may do. */
function askFor(bytes: number, set: (bytes: number) => void): void {
  for (let size = bytes; size >= 65_536 || size === bytes; size = Math.floor(size / 2)) {
    try {
      set(size);
      return;
    } catch {
      // Too much, or the runtime can't: the default serves too.
    }
  }
}

/** The runtime writes addresses canonically, but for zones and for IPv6 that ends in dotted IPv4. */
function canonicalSource(text: string): Address {
  if (!text.includes(':') || !(text.includes('%') || text.includes('.'))) return text;
  return canonicalAddress(text.split('%')[0], 'recvmsg');
}
