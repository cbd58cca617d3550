import type { Socket } from 'node:dgram';

/** Whether `node:dgram` is Deno's, which behaves differently. */
export const isDeno: boolean = 'Deno' in globalThis;

/** Passes a datagram to a socket. `sent` is called when the kernel has accepted or refused it. */
export type Send = (
  bytes: Uint8Array,
  port: number,
  address: string,
  sent: (error: Error | null | undefined) => void,
) => void;

/** After this many datagrams, those that have arrived are read. */
const BURST = 32;

/**
 * Deno (2.9) sends datagrams that are pending at the same time in reverse order, and reads nothing as long as one is ready to
 * be sent. So each datagram waits for the one before it, and after each burst a timer lets the runtime read.
 */
export function sendOneByOne(socket: Socket): Send {
  const waiting: Parameters<Send>[] = [];
  let isBusy = false;
  let burst = 0;
  const next = () => {
    const datagram = waiting.shift();
    isBusy = datagram !== undefined;
    if (datagram === undefined) return;
    const [bytes, port, address, sent] = datagram;
    const done = (error?: Error | null) => {
      sent(error);
      burst = (burst + 1) % BURST;
      if (burst === 0) setTimeout(next, 0);
      else next();
    };
    try {
      socket.send(bytes, port, address, done);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return (...datagram) => {
    waiting.push(datagram);
    if (!isBusy) next();
  };
}
