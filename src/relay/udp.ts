import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, addressBytes, familyOf, formatAddress } from '../address.js';
import { noLookup } from '../transport/udp/kernel.js';
import { errnoOf, unreachableCode } from '../transport/udp/unreachable.js';
import type { UdpEndpoint } from './codec.js';

/** The size of the kernel's buffers that is requested for each client; it may grant less. */
export const BUFFER_BYTES: number = 1 << 18;

/** Events of a socket. */
export interface SocketEvents {
  arrived(peer: UdpEndpoint, bytes: Uint8Array): void;
  unreachable(peer: UdpEndpoint): void;
}

/** One UDP address of one client. */
export interface RelaySocket {
  readonly port: number;
  listen(events: SocketEvents): void;
  /**
   * Returns false if the queue is full; otherwise calls `done` later, with whether the system has taken the datagram.
   */
  send(peer: UdpEndpoint, bytes: Uint8Array, done: (isSent: boolean) => void): boolean;
  close(): void;
}

/** Binds a socket whose queue holds that many datagrams. Rejects with the system's error, such as EADDRINUSE. */
export type OpenRelaySocket = (address: Address, port: number, maxInFlight: number) => Promise<RelaySocket>;

/** A socket of `node:dgram`. It has no queue but the runtime's, which it limits. */
export class DgramRelaySocket implements RelaySocket {
  readonly #socket: Socket;
  readonly #maxInFlight: number;
  #events: SocketEvents | undefined;
  #inFlight = 0;
  /** The source of the last datagram, as the runtime reports it, and as an endpoint. */
  #from = { address: '', port: 0 };
  #peer: UdpEndpoint | undefined;

  /** Binds a socket. Rejects with the system's error, such as EADDRINUSE. */
  static open(address: Address, port: number, maxInFlight: number): Promise<DgramRelaySocket> {
    const type = familyOf(address) === 'IPv6' ? 'udp6' : 'udp4';
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type, ipv6Only: type === 'udp6', ...noLookup });
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error').on('error', () => {}); // A datagram couldn't be sent: it is lost.
        for (const ask of ['setRecvBufferSize', 'setSendBufferSize'] as const) {
          try {
            socket[ask](BUFFER_BYTES);
          } catch {
            // More than the system allows: its default will do.
          }
        }
        resolve(new DgramRelaySocket(socket, maxInFlight));
      });
    });
  }

  private constructor(socket: Socket, maxInFlight: number) {
    this.#socket = socket;
    this.#maxInFlight = maxInFlight;
    socket.on('message', (bytes, from) => this.#arrived(bytes, from));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  listen(events: SocketEvents): void {
    this.#events = events;
  }

  send(peer: UdpEndpoint, bytes: Uint8Array, done: (isSent: boolean) => void): boolean {
    if (this.#inFlight >= this.#maxInFlight) return false;
    this.#inFlight++;
    const settle = (error: Error | null) => {
      this.#inFlight--;
      done(!error);
      if (error && unreachableCode(error) !== undefined) this.#events?.unreachable(peer);
    };
    try {
      this.#socket.send(bytes, peer.port, peer.address, settle);
    } catch (error) {
      settle(error as Error);
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

/** Whether the port is in use, so that another one may be free. */
export function isPortInUse(error: unknown): boolean {
  return errnoOf(error) === 'EADDRINUSE';
}
