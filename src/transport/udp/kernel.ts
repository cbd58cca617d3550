import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { type Address, familyOf } from '../../address.js';
import { isDeno } from './deno.js';

/** The source address that the kernel chooses for a destination, or the error that says why there is none. */
export type KernelAnswer = { readonly source: Address } | { readonly error: unknown };

/**
 * Asks the kernel for the source address for a destination by connecting a temporary UDP socket, which sends nothing. The
 * callback gets the answer later. Runtimes that know the answer at once, as Node does, return it as well.
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
 * Replaces name resolution, which addresses don't need: a send then reaches the kernel before it returns. In Deno, a socket
 * whose `lookup` answers at once never reports that it is closed.
 */
export const noLookup: Pick<SocketOptions, 'lookup'> = isDeno
  ? {}
  : { lookup: (host, { family }, callback) => callback(null, host, family === 6 ? 6 : 4) };

/** Any port will do, since nothing is sent. */
const DISCARD_PORT = 9;

/** The source address of a connected socket. An unconnected one has the wildcard address, or none. */
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
