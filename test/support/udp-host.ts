import type { PcapngWriter } from '../../src/capture/pcapng.js';
import { Stack, type StackOptions, type WaitOptions } from '../../src/index.js';
import { capture } from '../../src/transport/capture.js';
import { type UdpOptions, type UdpTransport, udp } from '../../src/udp.js';

/** A stack on real UDP sockets. */
export interface Host {
  readonly stack: Stack;
  readonly transport: UdpTransport;
}

export interface HostOptions extends Omit<StackOptions, 'transport'> {
  readonly udp: UdpOptions;
  /** Records all of its packets. */
  readonly writer?: PcapngWriter;
}

/** How long to wait for peers: longer than any step takes, even on a busy machine. */
export const WAIT: WaitOptions = { timeoutMs: 40_000 };

const open = new Set<Stack>();

/** Starts a stack. The default preset is `fast-failover`, so that tests in real time are short. */
export async function host({ udp: options, writer, ...rest }: HostOptions): Promise<Host> {
  const transport = udp({ port: 0, ...options });
  const captured = writer ? capture(transport, writer) : transport;
  const stack = await Stack.create({ preset: 'fast-failover', ...rest, transport: captured });
  open.add(stack);
  return { stack, transport };
}

/** Closes all stacks. To be called after each test, before its child processes end, so that associations are shut down. */
export async function closeHosts(): Promise<void> {
  const stacks = [...open];
  open.clear();
  await Promise.allSettled(stacks.map((stack) => stack.close({ timeoutMs: 1000 })));
}
