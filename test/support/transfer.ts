import { createHash, type Hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Child } from './child.js';

/** What a sender or a receiver is told, as JSON in its first argument. */
export interface Task {
  /** Its own addresses. */
  readonly addresses: readonly string[];
  /** Those that a sender connects to. */
  readonly peers: readonly string[];
  readonly bytes: number;
  /** A receiver takes no more than so many before it is told `go on`. */
  readonly holdBytes?: number;
}

/** What they tell, a line of JSON each. */
export type Report =
  | { readonly event: 'listening' }
  | { readonly event: 'connected'; readonly confirmed: readonly string[]; readonly tried: Record<string, number> }
  | { readonly event: 'path'; readonly address: string; readonly change: string }
  | { readonly event: 'progress'; readonly bytes: number }
  /** A sender has handed everything to its stack, or a receiver has got everything. */
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

/** What message `index` is: its stream, and how long it is. Some are smaller than a packet, some take many. */
export function plan(index: number): { readonly stream: number; readonly length: number } {
  return { stream: index % STREAMS, length: 8 + ((index * 7919) % 30_000) };
}

/** How many messages make up at least so many bytes. */
export function messageCount(bytes: number): number {
  let count = 0;
  for (let sum = 0; sum < bytes; count++) sum += plan(count).length;
  return count;
}

/** Digests messages stream by stream: equal only when each stream's messages are the same in the same order. */
export class Digest {
  readonly #hashes: Hash[] = Array.from({ length: STREAMS }, () => createHash('sha256'));

  add(stream: number, data: Uint8Array): void {
    this.#hashes[stream]?.update(Uint32Array.of(data.length)).update(data);
  }

  text(): string {
    return this.#hashes.map((hash) => hash.digest('hex')).join(' ');
  }
}

/** How long this thread could have run and had no processor, which no network is to blame for. */
export function waitedMs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
}

export function tell(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

type Of<Event extends Report['event']> = Report & { readonly event: Event };

/** The first report of that kind for which `holds`. */
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
