import type { UdpOptions } from '../../src/udp.js';
import type { TransportName } from './any-transport.js';
import type { Child } from './child.js';

export const SCTP_PORT = 5001;

/** The task of roaming-peer.ts, as JSON in its first argument. */
export interface RoamingTask {
  readonly role: 'client' | 'server';
  /** The addresses that a client connects to. */
  readonly peers: readonly string[];
  /** Its transport; `udp` by default. */
  readonly transport?: TransportName;
  readonly udpOptions?: UdpOptions;
  /** The SCTP port of the server. */
  readonly port?: number;
}

/** Its reports. */
export type RoamingReport =
  | { readonly event: 'listening'; readonly addresses: readonly string[] }
  | {
      readonly event: 'addresses';
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly addresses: readonly string[];
    }
  | { readonly event: 'path'; readonly address: string; readonly change: string }
  | { readonly event: 'answers'; readonly answers: number; readonly longestGapMs: number }
  | {
      readonly event: 'closed';
      readonly error: string | null;
      readonly ecn: { readonly echoesReceived: number; readonly reductions: number };
    };

type Of<Event extends RoamingReport['event']> = RoamingReport & { readonly event: Event };

/** The first report of that kind for which `holds` returns true, among those after the first `after` ones. */
export function reported<Event extends RoamingReport['event']>(
  child: Child,
  event: Event,
  holds: (report: Of<Event>) => boolean = () => true,
  after = 0,
): Promise<Of<Event>> {
  const fits = (report: RoamingReport): report is Of<Event> => report.event === event && holds(report as Of<Event>);
  return child.until((output) => reportsIn(output).slice(after).find(fits), `it reported ${event}: ${holds}`);
}

export function reportsIn(output: string): RoamingReport[] {
  const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as RoamingReport);
}

/** Waits until a hundred more messages have been answered. Returns the longest time between two answers so far. */
export async function answeredAgain(client: Child): Promise<number> {
  const last = (output: string) =>
    reportsIn(output)
      .flatMap((report) => (report.event === 'answers' ? [report] : []))
      .at(-1);
  const before = last(client.output)?.answers ?? 0;
  const { longestGapMs } = await client.until((output) => {
    const report = last(output);
    return report !== undefined && report.answers >= before + 100 && report;
  }, 'a hundred more messages were answered');
  return longestGapMs;
}
