import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, addressBytes, familyOf, formatAddress } from '../address.js';
import { noLookup } from '../transport/udp/kernel.js';
import { errnoOf, unreachableCode } from '../transport/udp/unreachable.js';
import type { UdpEndpoint } from './codec.js';

/** What the kernel is asked to hold for one client, in bytes; it may give less. */
const BUFFER_BYTES = 1 << 18;

/** What a socket tells its client's session. */
export interface SocketEvents {
  arrived(peer: UdpEndpoint, bytes: Uint8Array): void;
  unreachable(peer: UdpEndpoint): void;
}

/** One UDP address of one client. It keeps no queue but the runtime's, and no more in that than it is told to. */
export class RelaySocket {
  readonly #socket: Socket;
  readonly #most: number;
  #events: SocketEvents | undefined;
  #inFlight = 0;
  /** Who sent the last datagram, as the runtime says it, and as others see it. */
  #from = { address: '', port: 0 };
  #peer: UdpEndpoint | undefined;

  /** Binds. Rejects with what the system says, such as EADDRINUSE. */
  static open(address: Address, port: number, mostInFlight: number): Promise<RelaySocket> {
    const type = familyOf(address) === 'IPv6' ? 'udp6' : 'udp4';
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type, ipv6Only: type === 'udp6', ...noLookup });
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error').on('error', () => {}); // of a datagram: it is lost
        for (const ask of ['setRecvBufferSize', 'setSendBufferSize'] as const) {
          try {
            socket[ask](BUFFER_BYTES);
          } catch {
            // more than the system allows: its default serves too
          }
        }
        resolve(new RelaySocket(socket, mostInFlight));
      });
    });
  }

  private constructor(socket: Socket, mostInFlight: number) {
    this.#socket = socket;
    this.#most = mostInFlight;
    socket.on('message', (bytes, from) => this.#arrived(bytes, from));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  listen(events: SocketEvents): void {
    this.#events = events;
  }

  /** False: dropped, there is no room. */
  send(peer: UdpEndpoint, bytes: Uint8Array): boolean {
    if (this.#inFlight >= this.#most) return false;
    this.#inFlight++;
    try {
      this.#socket.send(bytes, peer.port, peer.address, (error) => {
        this.#inFlight--;
        if (error && unreachableCode(error) !== undefined) this.#events?.unreachable(peer);
      });
    } catch {
      this.#inFlight--;
    }
    return true;
  }

  close(): void {
    this.#events = undefined;
    this.#socket.close();
  }

  #arrived(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (address !== this.#from.address || port !== this.#from.port) {
      const raw = port === 0 ? undefined : addressBytes(address);
      this.#from = { address, port };
      this.#peer = raw && { address: formatAddress(raw), port };
    }
    if (this.#peer !== undefined) this.#events?.arrived(this.#peer, bytes);
  }
}

/** Whether the same port may be free elsewhere or later, or there is none to be had at all. */
export function isTaken(error: unknown): boolean {
  return errnoOf(error) === 'EADDRINUSE';
}
