import type { Association, Endpoint, Socket, SocketOptions, Stack } from '../../src/index.js';
import { type HostOptions, host } from '../support/host.js';
import { GUEST, HERE } from './network.js';

/** Our end: both addresses, SCTP in UDP port 9899, the default preset. */
export async function ours(options: Omit<HostOptions, 'udp'> = {}): Promise<Stack> {
  const { stack } = await host({ preset: 'rfc9260', ...options, udp: { addresses: HERE, port: 9899 } });
  return stack;
}

/** Both of the guest's addresses. */
export function guest(port: number): Endpoint[] {
  return GUEST.map((address) => ({ address, port }));
}

/** A listening socket on both of our addresses. */
export function listening(stack: Stack, port: number, options: SocketOptions = {}): Socket {
  const socket = stack.socket(options);
  socket.bindx(HERE.map((address) => ({ address, port })));
  socket.listen();
  return socket;
}

/** The n-th message of guest/peer.c's `send`. */
export function sent(bytes: number, n = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => index + n);
}

/** Resolves when every path is confirmed. */
export async function confirmed(association: Association): Promise<void> {
  const isConfirmed = () => association.paths().every(({ state }) => state !== 'unconfirmed');
  while (!isConfirmed()) await new Promise<void>((resolve) => association.once('path', () => resolve()));
}
