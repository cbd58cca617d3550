import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { type Address, familyOf } from '../../address.js';
import { isDeno } from './deno.js';

/** The kernel's answer to the question which source address talks to a destination: an address, or why there is none. */
export type KernelAnswer = { readonly source: Address } | { readonly error: unknown };

/**
 * Asks the kernel's routing table by connecting a throw-away UDP socket, which sends nothing. The answer comes through
 * the callback, later; runtimes that know it at once (Node does) return it as well.
 */
export function askKernel(destination: Address, answered: (answer: KernelAnswer) => void): Address | undefined {
  const socket = createSocket({ type: familyOf(destination) === 'IPv6' ? 'udp6' : 'udp4', ...noLookup });
  const settle = once((error?: unknown) => {
    const source = error ? undefined : connectedSource(socket);
    socket.close();
    answered(source === undefined ? { error } : { source });
  });
  socket.on('error', settle);
  try {
    socket.connect(DISCARD_PORT, destination, settle);
  } catch (error) {
    queueMicrotask(() => settle(error));
    return undefined;
  }
  return connectedSource(socket);
}

/**
 * Addresses need no name resolution: without it a send reaches the kernel before it returns. In Deno a socket whose
 * `lookup` answers at once never tells that it is closed.
 */
export const noLookup: Pick<SocketOptions, 'lookup'> = isDeno
  ? {}
  : { lookup: (host, { family }, callback) => callback(null, host, family === 6 ? 6 : 4) };

/** Any port serves: nothing is sent there. */
const DISCARD_PORT = 9;

/** The address that a connected socket sends from; an unconnected one has the wildcard or none. */
function connectedSource(socket: Socket): Address | undefined {
  try {
    const { address } = socket.address();
    return address === '0.0.0.0' || address === '::' ? undefined : address;
  } catch {
    return undefined;
  }
}

function once(action: (argument?: unknown) => void): (argument?: unknown) => void {
  let done = false;
  return (argument) => {
    if (!done) {
      done = true;
      action(argument);
    }
  };
}
