import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import type { Association, Endpoint, Socket, SocketOptions, Stack } from '../../src/index.js';
import { DEFAULT_PRESET } from '../../src/options/timers.js';
import { isEqual, pattern } from '../support/two-stacks.js';
import { closeHosts, type HostOptions, host, WAIT } from '../support/udp-host.js';
import { GuestProgram } from './guest.js';
import { connectTo, KernelPeer, listenOn } from './kernel.js';
import { GUEST, HERE } from './network.js';

/** The end that sets the association up. */
export const ENDS = ['we', 'the peer'] as const;
export type End = (typeof ENDS)[number];

/** Our end: both addresses, SCTP over UDP port 9899, the default preset. */
export async function ours({ udp, ...options }: Partial<HostOptions> = {}): Promise<Stack> {
  const { stack } = await host({ preset: DEFAULT_PRESET, ...options, udp: { addresses: HERE, port: 9899, ...udp } });
  return stack;
}

/** To be called after each test. */
export async function endAll(): Promise<void> {
  await closeHosts();
  await GuestProgram.endAll();
}

/** Both of the guest's addresses. */
export function guest(port: number): Endpoint[] {
  return GUEST.map((address) => ({ address, port }));
}

/** A listening socket on both of our addresses. */
export function listening(stack: Stack, port: number, options: SocketOptions = {}): Socket {
  const socket = stack.socket(options);
  bindTo(socket, port);
  socket.listen();
  return socket;
}

export function bindTo(socket: Socket, port: number): void {
  socket.bindx(HERE.map((address) => ({ address, port })));
}

/** An SCTP port without an association that the guest's kernel still remembers. */
export function freshPort(): number {
  return randomInt(10_000, 60_000);
}

export interface Pair {
  /** The SCTP port of both ends. */
  readonly port: number;
  readonly peer: KernelPeer;
  readonly association: Association;
  readonly socket: Socket;
}

export interface PairOptions {
  /** Our stack; a new one by default. */
  readonly stack?: Stack;
  /** Commands for the kernel's socket before it is bound. */
  readonly commands?: readonly string[];
  readonly socket?: SocketOptions;
  /** Prepares our socket before the set-up. */
  readonly prepare?: (socket: Socket) => void;
}

/** An association with the kernel over two confirmed paths. */
export async function pair(connects: End, options: PairOptions = {}): Promise<Pair> {
  const { commands = [], prepare } = options;
  const stack = options.stack ?? (await ours());
  const socket = stack.socket(options.socket);
  const port = freshPort();
  prepare?.(socket);
  bindTo(socket, port);
  const peer = await KernelPeer.start(...commands, listenOn(port));
  if (connects === 'the peer') socket.listen();
  const [association] = await Promise.all([
    connects === 'we' ? socket.connectx(guest(port), WAIT) : socket.accept(WAIT),
    connects === 'we' ? peer.printed(/^up/m) : peer.command(connectTo(port)),
  ]);
  await confirmed(association);
  return { port, peer, association, socket };
}

/** The n-th message of guest/peer.c's `send`. */
export function sent(bytes: number, n = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => index + n);
}

/** Sends messages from one byte to many packets, in both directions, and checks that each arrives completely. */
export async function exchange(peer: KernelPeer, association: Association): Promise<void> {
  for (const [stream, bytes] of [1, 1500, 65_536, 300_000].entries()) {
    await association.send(pattern(bytes), { stream, ppid: 46 });
    await peer.printed(new RegExp(`^message stream=${stream} ppid=46 bytes=${bytes}$`, 'm'));
    await peer.command(`send ${stream} 46 ${bytes} 1`);
    const message = await association.receive(WAIT);
    expect(message).toMatchObject({ stream, ppid: 46 });
    expect(isEqual(message?.data, sent(bytes))).toBe(true);
  }
}

/** Resolves when every path is confirmed. */
export async function confirmed(association: Association): Promise<void> {
  const isConfirmed = () => association.paths().every(({ state }) => state !== 'unconfirmed');
  while (!isConfirmed()) await new Promise<void>((resolve) => association.once('path', () => resolve()));
}

/** Resolves with the next event of this name. */
export function nextEvent<Name extends Parameters<Association['once']>[0]>(
  association: Association,
  name: Name,
): Promise<unknown> {
  return new Promise((resolve) => association.once(name, resolve));
}
