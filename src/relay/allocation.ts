import { SctpError } from '../errors.js';
import type { UdpEndpoint } from './codec.js';
import type { Allocation } from './outbound.js';
import type { PoolAddress, PortClaim } from './port-pool.js';
import { isPortInUse, type OpenRelaySocket, type RelaySocket } from './udp.js';

/** Events of the addresses of a client. */
export interface AllocationEvents {
  arrived(local: number, peer: UdpEndpoint, bytes: Uint8Array): void;
  unreachable(peer: UdpEndpoint): void;
}

/**
 * Opens the sockets of a client, on the first port that no other program uses. Rejects with the system's error if no sockets can be
 * opened.
 */
export async function openAllocation(
  claims: Iterable<PortClaim> | AsyncIterable<PortClaim>,
  openSocket: OpenRelaySocket,
  queueDatagrams: number,
): Promise<UdpAllocation> {
  let failure: unknown = new Error('each port is used, or peers of another client may go on sending to it');
  for await (const claim of claims) {
    try {
      const sockets = await openAll(claim, openSocket, queueDatagrams);
      const locals = claim.addresses.map((address) => ({ address: address.public, port: claim.port }));
      return new UdpAllocation(locals, sockets, (isResting) => claim.giveBack(isResting));
    } catch (error) {
      claim.giveBack(false);
      if (!isPortInUse(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function openAll(
  { addresses, port }: PortClaim,
  openSocket: OpenRelaySocket,
  queueDatagrams: number,
): Promise<RelaySocket[]> {
  const sockets: RelaySocket[] = [];
  try {
    for (const { bind } of addresses) sockets.push(await openSocket(bind, port, queueDatagrams));
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/**
 * Rejects with EADDRNOTAVAIL if UDP sockets can't be bound to one of the addresses: better at the start than for each
 * client.
 */
export async function checkAddresses(addresses: readonly PoolAddress[], openSocket: OpenRelaySocket): Promise<void> {
  for (const { bind } of addresses) {
    const socket = await openSocket(bind, 0, 1).catch((cause) => {
      throw unavailable(bind, cause);
    });
    socket.close();
  }
}

function unavailable(address: string, cause: unknown): SctpError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `relay: no UDP socket can be bound to ${address} (${why}): give an address of this machine`;
  return new SctpError('EADDRNOTAVAIL', message, { syscall: 'bind', address, cause });
}

/** The sockets of one client. */
export class UdpAllocation implements Allocation {
  readonly locals: readonly UdpEndpoint[];
  readonly #sockets: readonly RelaySocket[];
  readonly #closed: (isResting: boolean) => void;
  #isOpen = true;

  constructor(locals: readonly UdpEndpoint[], sockets: readonly RelaySocket[], closed: (isResting: boolean) => void) {
    this.locals = locals;
    this.#sockets = sockets;
    this.#closed = closed;
  }

  listen(events: AllocationEvents): void {
    for (const [local, socket] of this.#sockets.entries()) {
      socket.listen({
        arrived: (peer, bytes) => events.arrived(local, peer, bytes),
        unreachable: (peer) => events.unreachable(peer),
      });
    }
  }

  send(local: number, peer: UdpEndpoint, bytes: Uint8Array, done: (isSent: boolean) => void): boolean {
    return this.#sockets[local]?.send(peer, bytes, done) ?? false;
  }

  close(isResting: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.close();
    this.#closed(isResting);
  }
}
