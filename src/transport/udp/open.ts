import { SctpError } from '../../errors.js';
import type { LocalSocket } from './local-socket.js';
import type { AskedAddress, Wanted } from './wanted.js';

/** Opens a socket on an address and a port. */
export type Open = (address: AskedAddress, port: number) => Promise<LocalSocket>;

/** How many ports to try until one is free on all addresses. */
const MOST_TRIES = 16;

/**
 * Opens a socket on every address, all on the same port: a peer that learns the port of one address uses it for the others
 * too. Either all sockets are open afterwards or none is. Only addresses from a wildcard may be left out, if the machine no longer
 * has them.
 */
export async function openSockets(wanted: readonly Wanted[], port: number, open: Open): Promise<LocalSocket[]> {
  for (let left = MOST_TRIES; ; left--) {
    try {
      return await openAll(wanted, port, open);
    } catch (error) {
      if (port !== 0 || left === 1 || !isCode(error, 'EADDRINUSE')) throw error;
    }
  }
}

async function openAll(wanted: readonly Wanted[], port: number, open: Open): Promise<LocalSocket[]> {
  const sockets: LocalSocket[] = [];
  try {
    for (const address of wanted) {
      const opening = open(address, port || (sockets[0]?.port ?? 0));
      const socket = await (address.explicit ? opening : opening.catch(ignoreMissingAddress));
      if (socket !== undefined) sockets.push(socket);
    }
    if (sockets.length === 0) throw noAddressError();
    return sockets;
  } catch (error) {
    await Promise.all(sockets.map((socket) => socket.close()));
    throw error;
  }
}

function ignoreMissingAddress(error: unknown): undefined {
  if (!isCode(error, 'EADDRNOTAVAIL')) throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof SctpError && error.code === code;
}

function noAddressError(): SctpError {
  const message =
    'this machine has no address that `addresses`, `include` and `exclude` allow: connect it to a network, or change them';
  return new SctpError('EADDRNOTAVAIL', message, { syscall: 'bind' });
}
