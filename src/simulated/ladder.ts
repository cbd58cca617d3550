import { describePacket } from '../chunk/describe.js';
import { remarks } from './capture.js';
import type { Named } from './group.js';
import type { TraceEntry } from './trace.js';

/**
 * Packets as a ladder diagram, a line each. The host that was added first stands on the left:
 *
 * ```
 *        0.000  client → INIT → server           10.0.1.1 > 10.0.1.2
 *        0.125  client ← INIT ACK ← server       10.0.1.2 > 10.0.1.1
 *        0.250  client → COOKIE ECHO ✗ server    10.0.1.1 > 10.0.1.2    lost
 * ```
 */
export function ladder(entries: readonly TraceEntry[], hosts: readonly Named[]): string[] {
  const order = new Map(hosts.map(({ name }, index) => [name, index]));
  const middles = entries.map((entry) => step(entry, order));
  const width = Math.max(0, ...middles.map((text) => text.length));
  return entries.map((entry, index) => {
    const time = entry.sentMs.toFixed(3).padStart(12);
    const remark = remarks(entry);
    const line = `${time}  ${(middles[index] ?? '').padEnd(width)}  ${addresses(entry)}`;
    return remark === undefined ? line : `${line}    ${remark}`;
  });
}

function step(entry: TraceEntry, order: ReadonlyMap<string, number>): string {
  const { from, to = '?' } = entry;
  const isLeftward = (order.get(to) ?? Number.POSITIVE_INFINITY) < (order.get(from) ?? 0);
  const what = describePacket(entry.bytes);
  const isLost = entry.fate !== 'delivered' && entry.fate !== 'in flight' && entry.fate !== 'held';
  if (isLeftward) return `${to} ${isLost ? '✗' : '←'} ${what} ← ${from}`;
  return `${from} → ${what} ${isLost ? '✗' : '→'} ${to}`;
}

function addresses({ source, destination, sourcePort, destinationPort }: TraceEntry): string {
  if (destinationPort === 0) return `${source} > ${destination}`;
  return `${source} udp ${sourcePort} > ${destination} udp ${destinationPort}`;
}
