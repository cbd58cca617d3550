import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';
import { freePort } from './native.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/usrsctp-wasm.js', import.meta.url));

/** `./build.sh test` builds dist/ first. It may be missing if vitest is run alone. */
export const isBuilt: boolean = existsSync(PROGRAM) || process.env['CI'] !== undefined;

/** A program that has ended. */
interface Run {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

async function ended(child: Child): Promise<Run> {
  return { code: await child.exit(), output: Buffer.from(child.output, 'latin1').toString() };
}

/** Starts `usrsctp-wasm`. */
export function run(...args: readonly (string | number)[]): Child {
  return new Child(process.execPath, [PROGRAM, ...args.map(String)]);
}

/** Runs `usrsctp-wasm` until it ends. */
export function ran(...args: readonly (string | number)[]): Promise<Run> {
  return ended(run(...args));
}

/** As `ran`, in a terminal. One of 0 columns doesn't know its size. In the output, ESC is written as ␛. */
export async function ranInTerminal(columns: number, ...args: readonly (string | number)[]): Promise<Run> {
  const command = [process.execPath, PROGRAM, ...args].map((each) => `'${each}'`).join(' ');
  const child = new Child('script', ['-qec', `stty cols ${columns}; ${command}`, '/dev/null'], { NO_COLOR: '' });
  const { code, output } = await ended(child);
  return { code, output: output.replaceAll('\x1b', '␛') };
}

/** Starts a server of `usrsctp-wasm` on loopback addresses and a free UDP port, and waits until it listens. */
export async function server(...args: readonly (string | number)[]): Promise<{ child: Child; udpPort: number }> {
  const udpPort = await freePort();
  const child = run(...args, '--udp-port', udpPort, '--local', '127.0.0.1', '--local', '::1');
  await child.printed(/listening/);
  return { child, udpPort };
}

/** The lines of JSON that a program has printed, by their event. */
export function events(output: string, name: string): Record<string, unknown>[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line)).filter(({ event }) => event === name);
}
