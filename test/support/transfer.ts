import { createHash, type Hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TransportName } from './any-transport.js';
import type { Child } from './child.js';

/** The task of a sender or receiver, as JSON in its first argument. */
export interface Task {
  /** Its own addresses. */
  readonly addresses: readonly string[];
  /** The addresses that a sender connects to. */
  readonly peers: readonly string[];
  readonly bytes: number;
  /** Its transport; `udp` by default. */
  readonly transport?: TransportName;
  /** A receiver pauses after this many bytes until it gets the line `go on`. */
  readonly holdBytes?: number;
}

/** Their reports, one line of JSON each. */
export type Report =
  | { readonly event: 'listening' }
  | { readonly event: 'connected'; readonly confirmed: readonly string[]; readonly tried: Record<string, number> }
  | { readonly event: 'path'; readonly address: string; readonly change: string; readonly mtu?: number }
  | { readonly event: 'progress'; readonly bytes: number }
  /** A sender has passed everything to its stack, or a receiver has received everything. */
  | {
      readonly event: 'done';
      readonly digest: string;
      readonly messages: number;
      readonly longestGapMs: number;
      readonly waitedMs: number;
    }
  | { readonly event: 'closed'; readonly error: string | null; readonly dropped: number };

export const SCTP_PORT = 5001;
export const STREAMS = 4;

/** The stream and length of message `index`. Some messages are smaller than a packet, others take many. */
export function plan(index: number): { readonly stream: number; readonly length: number } {
  return { stream: index % STREAMS, length: 8 + ((index * 7919) % 30_000) };
}

/** How many messages add up to at least this many bytes. */
export function messageCount(bytes: number): number {
  let count = 0;
  for (let sum = 0; sum < bytes; count++) sum += plan(count).length;
  return count;
}

/** A digest per stream. Digests are equal only if the messages of each stream are the same, in the same order. */
export class Digest {
  readonly #hashes: Hash[] = Array.from({ length: STREAMS }, () => createHash('sha256'));

  add(stream: number, data: Uint8Array): void {
    this.#hashes[stream]?.update(Uint32Array.of(data.length)).update(data);
  }

  text(): string {
    return this.#hashes.map((hash) => hash.digest('hex')).join(' ');
  }
}

/** How long this thread was ready to run but waited for a processor. The network isn't the cause of such delays. */
export function waitedMs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
}

export function tell(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

type Of<Event extends Report['event']> = Report & { readonly event: Event };

/** The first report of that kind for which `holds` returns true. */
export function reported<Event extends Report['event']>(
  child: Child,
  event: Event,
  holds: (report: Of<Event>) => boolean = () => true,
): Promise<Of<Event>> {
  return child.until(
    (output) =>
      reports(output).find((report): report is Of<Event> => report.event === event && holds(report as Of<Event>)),
    `it reported ${event}`,
  );
}

export function reports(output: string): Report[] {
  const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Report);
}
