import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { Child } from './child.js';

const FOLDER = '/usr/lib/usrsctp';
/** Below the kernel's range of ephemeral ports. */
const PORTS = { first: 10_000, last: 32_000 };

/** Starts a program of Debian's libusrsctp-examples. With `udpPort`, waits until it listens on that port. */
export async function native(program: string, args: readonly (string | number)[], udpPort?: number): Promise<Child> {
  const file = `${FOLDER}/${program}`;
  if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install libusrsctp-examples`);
  const child = new Child('stdbuf', ['-oL', file, ...args.map(String)]); // stdbuf executes the program in its own process
  if (udpPort !== undefined) await ready(udpPort, child);
  return child;
}

const given = new Set<number>();

/**
 * A UDP port that is free on all addresses and wasn't returned before, since its program may not listen yet. It is random, so
 * that test files that run at the same time get different ports.
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

/** Waits until the port is open and the main thread sleeps: by then the program has called listen, and waits for peers. */
async function ready(port: number, child: Child): Promise<void> {
  const end = performance.now() + 40_000;
  for (let asleep = 0; asleep < 2; ) {
    if (performance.now() > end) throw new Error(`UDP port ${port} isn't open: ${child.output}`);
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
