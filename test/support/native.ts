import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { Child } from './child.js';

const FOLDER = '/usr/lib/usrsctp';
/** Below the ports that the kernel gives to sockets that ask for any. */
const PORTS = { first: 10_000, last: 32_000 };

/** A program of Debian's libusrsctp-examples. With `udpPort` the promise waits until it listens there. */
export async function native(program: string, args: readonly (string | number)[], udpPort?: number): Promise<Child> {
  const file = `${FOLDER}/${program}`;
  if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install libusrsctp-examples`);
  const child = new Child('stdbuf', ['-oL', file, ...args.map(String)]); // it replaces itself by the program
  if (udpPort !== undefined) await ready(udpPort, child);
  return child;
}

const given = new Set<number>();

/**
 * A UDP port that nobody has, on any address, and that wasn't given before: who got that may not listen yet. By chance, so
 * that test files that run at once don't take the same.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.last);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp6');
    socket.on('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

/** The port is open, and its main thread has gone to sleep: it has listened by then, and waits for peers. */
async function ready(port: number, child: Child): Promise<void> {
  const end = performance.now() + 40_000;
  for (let asleep = 0; asleep < 2; ) {
    if (performance.now() > end) throw new Error(`UDP port ${port} isn't listened to: ${child.output}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    asleep = isOpen(port) && isAsleep(child.pid) ? asleep + 1 : 0;
  }
}

function isOpen(port: number): boolean {
  const local = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm');
  return ['udp', 'udp6'].some((table) => local.test(readFileSync(`/proc/net/${table}`, 'latin1')));
}

function isAsleep(pid: number): boolean {
  return /\) S /.test(readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1'));
}
