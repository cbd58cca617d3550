import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, canonicalAddress, familyOf } from '../../address.js';
import { type ErrorCode, SctpError } from '../../errors.js';
import type { Packet } from '../../packet.js';
import { isDeno, oneByOne, type Send } from './deno.js';
import { noLookup } from './kernel.js';
import type { UdpSettings } from './options.js';
import { BoundedQueue } from './queue.js';
import { errnoOf, unreachableCode } from './unreachable.js';

/** What a socket tells the transport. */
export interface SocketEvents {
  /** A datagram that could be SCTP has arrived; called from the runtime's event loop only. */
  received(packet: Packet): void;
  unreachable(destination: Address, code: ErrorCode): void;
}

/** Datagrams per socket and turn of the event loop: a peer in this process reads no more than that (libuv). */
const PER_TURN = 32;
/** Datagrams that wait for their turn. */
const MOST_WAITING = 4096;
/** The common header (RFC 9260 §3.1) and one chunk header: nothing shorter is SCTP. */
const SMALLEST_PACKET_BYTES = 16;

/**
 * A UDP socket bound to one local address.
 *
 * At most 32 datagrams are handed to the kernel per turn of the event loop, and at most 32 before the kernel has taken
 * them; the rest waits in a queue, and what doesn't fit there is dropped and counted.
 *
 *     send ─► budget left? ──► dgram ──► sent ─► inFlight--
 *                  └─► waiting ──► next turn ──┘
 *
 * Sockets aren't connected to a peer. Should one be, for the speed of it or to hear of ICMP errors, #transmit and
 * #failed are where that shows.
 */
export class UdpSocket {
  readonly address: Address;
  readonly #socket: Socket;
  readonly #settings: UdpSettings;
  readonly #events: SocketEvents;
  readonly #hand: Send;
  readonly #waiting = new BoundedQueue<Packet>(MOST_WAITING);
  #turn: NodeJS.Immediate | undefined;
  #sentThisTurn = 0;
  #inFlight = 0;
  #dropped = 0;
  #closed = false;

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
    this.#settings = settings;
    this.#events = events;
    this.#hand = isDeno ? oneByOne(socket) : (...datagram) => socket.send(...datagram);
    socket.on('message', (bytes, from) => this.#arrived(bytes, from));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** How many packets never left: too large, no room here or in the kernel, or nowhere to go. */
  get dropped(): number {
    return this.#dropped;
  }

  send(packet: Packet): void {
    const budget = PER_TURN - Math.max(this.#sentThisTurn, this.#inFlight);
    if (budget > 0 && this.#waiting.length === 0) this.#transmit(packet);
    else if (!this.#waiting.push(packet)) this.#dropped++;
  }

  /** Drops what waits, and counts it; resolves when the port is free. */
  close(): Promise<void> {
    this.#closed = true;
    this.#dropped += this.#waiting.length;
    this.#waiting.clear();
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #transmit({ bytes, port, destination }: Packet): void {
    this.#sentThisTurn++;
    this.#inFlight++;
    try {
      this.#hand(bytes, port || this.#settings.encapsulationPort, destination, this.#sent);
    } catch {
      // A port or socket that the runtime refuses: for the stack above that's a lost packet.
      this.#inFlight--;
      this.#dropped++;
    }
    this.#nextTurn();
  }

  /** Shared by all packets: the error says where its packet was going. It never sends: that would starve the loop. */
  readonly #sent = (error: Error | null | undefined): void => {
    this.#inFlight--;
    if (this.#closed) return;
    if (error !== null && error !== undefined) this.#failed(error);
    if (this.#inFlight === 0 && this.#waiting.length > 0) this.#nextTurn();
  };

  #failed(error: Error & { address?: unknown }): void {
    this.#dropped++;
    const code = unreachableCode(error);
    if (code !== undefined && typeof error.address === 'string') this.#events.unreachable(error.address, code);
  }

  #nextTurn(): void {
    this.#turn ??= setImmediate(this.#drain);
  }

  /** Runs once in a turn. While the kernel still holds packets it waits for #sent to call for another one. */
  readonly #drain = (): void => {
    this.#turn = undefined;
    this.#sentThisTurn = 0;
    if (this.#inFlight > 0) return;
    while (this.#sentThisTurn < PER_TURN) {
      const packet = this.#waiting.take();
      if (packet === undefined) return;
      this.#transmit(packet);
    }
  };

  #arrived(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (this.#closed || bytes.length < SMALLEST_PACKET_BYTES || port === 0) return;
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
