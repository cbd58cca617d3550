import type { Socket } from 'node:dgram';

/** Whether `node:dgram` is Deno's, which needs some care. */
export const isDeno: boolean = 'Deno' in globalThis;

/** Hands a datagram to a socket; `sent` is called when the kernel has taken or refused it. */
export type Send = (
  bytes: Uint8Array,
  port: number,
  address: string,
  sent: (error: Error | null | undefined) => void,
) => void;

/** Sending goes on for so many datagrams; then what has arrived is read. */
const BURST = 32;

/**
 * Deno (2.9) sends what is under way at the same time in reverse order, and reads nothing while something is always ready
 * to be sent. So each datagram waits for the one before it, and after a burst a timer lets arrivals in.
 */
export function oneByOne(socket: Socket): Send {
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
