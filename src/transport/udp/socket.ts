import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { type Address, canonicalAddress, familyOf, isLinkLocalIpv6 } from '../../address.js';
import type { Packet } from '../../packet.js';
import { bindError } from './bind-error.js';
import { isDeno, type Send, sendOneByOne } from './deno.js';
import { noLookup } from './kernel.js';
import type { LocalSocket, SocketEvents, SocketSystem } from './local-socket.js';
import type { UdpSettings } from './options.js';
import { Sender } from './sender.js';
import { errnoOf, unreachableCode } from './unreachable.js';
import { type AskedAddress, withZone } from './wanted.js';

/** The common header (RFC 9260 §3.1) and one chunk header. Anything shorter is not SCTP. */
const SMALLEST_PACKET_BYTES = 16;

/**
 * A UDP socket of `node:dgram`, bound to one local address. A link-local address has a zone, which is also that of
 * the peers: addresses have their zone only between here and the kernel.
 */
export class UdpSocket implements LocalSocket {
  readonly address: Address;
  readonly zone: string | undefined;
  readonly #socket: Socket;
  readonly #sender: Sender;
  readonly #events: SocketEvents;
  #isClosing = false;

  /** Binds. Rejects with EADDRINUSE, EADDRNOTAVAIL or EACCES. `isShared`: see `dgramSockets`. */
  static async open(
    address: AskedAddress,
    port: number,
    settings: UdpSettings,
    events: SocketEvents,
    isShared = false,
  ): Promise<UdpSocket> {
    const socket = await bind(withZone(address), port, isShared);
    setBufferSize(settings.receiveBufferBytes, (bytes) => socket.setRecvBufferSize(bytes));
    setBufferSize(settings.sendBufferBytes, (bytes) => socket.setSendBufferSize(bytes));
    return new UdpSocket(address, socket, settings, events);
  }

  private constructor({ address, zone }: AskedAddress, socket: Socket, settings: UdpSettings, events: SocketEvents) {
    this.address = address;
    this.zone = zone;
    this.#socket = socket;
    this.#events = events;
    this.#sender = new Sender({
      pass: inZone(zone, isDeno ? sendOneByOne(socket) : (...datagram) => socket.send(...datagram)),
      defaultPort: settings.encapsulationPort,
      clock: settings.clock,
      failed: (error) => this.#failed(error),
    });
    socket.on('message', (bytes, from) => this.#arrived(bytes, from));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** How many packets weren't sent. */
  get dropped(): number {
    return this.#sender.dropped;
  }

  /** Whether the socket keeps the process alive. */
  setRef(isRef: boolean): void {
    if (isRef) this.#socket.ref();
    else this.#socket.unref();
  }

  send(packets: readonly Packet[]): void {
    for (const packet of packets) this.#sender.send(packet);
  }

  /**
   * Stops receiving, and sends the packets that are queued for at most a second: an ABORT may be among them, and programs often
   * exit after closing a stack. Resolves when the port is free.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#sender.finish();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #failed(error: Error & { address?: unknown }): void {
    const code = unreachableCode(error);
    if (code !== undefined && typeof error.address === 'string') {
      this.#events.unreachable(canonicalSource(error.address), code);
    }
  }

  #arrived(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (this.#isClosing || bytes.length < SMALLEST_PACKET_BYTES || port === 0) return;
    const source = canonicalSource(address);
    this.#events.received({ source, destination: this.address, port, trafficClass: 0, bytes });
  }
}

/**
 * UDP sockets by `node:dgram`. `isShared`: others may bind the same address and port, by SO_REUSEPORT, if they want to share it, too.
 * Node before 22.12 doesn't know that, and binds only the first one.
 */
export function dgramSockets(settings: UdpSettings, isShared = false): SocketSystem {
  return { open: (address, port, events) => UdpSocket.open(address, port, settings, events, isShared) };
}

/** Adds the zone to link-local destinations. */
function inZone(zone: string | undefined, send: Send): Send {
  if (zone === undefined) return send;
  return (bytes, port, address, sent) =>
    send(bytes, port, isLinkLocalIpv6(address) ? withZone({ address, zone }) : address, sent);
}

function bind(address: string, port: number, isShared: boolean): Promise<Socket> {
  const type = familyOf(address) === 'IPv6' ? 'udp6' : 'udp4';
  const options: SocketOptions & { readonly reusePort: boolean } = {
    type,
    ipv6Only: type === 'udp6',
    reusePort: isShared,
    ...noLookup,
  };
  return new Promise((resolve, reject) => {
    const socket = createSocket(options);
    socket.once('error', (error) => {
      socket.close();
      reject(bindError(errnoOf(error), address, port, error));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // Errors of packets are reported by `send`. Any other must not end the process.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** The kernel may grant less, or refuse a size above its limit; then smaller sizes are tried. */
function setBufferSize(bytes: number, set: (bytes: number) => void): void {
  for (let size = bytes; size >= 65_536 || size === bytes; size = Math.floor(size / 2)) {
    try {
      set(size);
      return;
    } catch {
      // The size is too large, or the runtime doesn't support it. The default works too.
    }
  }
}

/** The runtime's addresses are canonical, except for zones and for IPv6 that ends in dotted IPv4. */
function canonicalSource(text: string): Address {
  if (!text.includes(':') || !(text.includes('%') || text.includes('.'))) return text;
  return canonicalAddress(text.split('%')[0], 'recvmsg');
}
