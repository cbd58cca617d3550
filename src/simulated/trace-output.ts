import { ladder } from '../capture/ladder.js';
import { PcapngWriter } from '../capture/pcapng.js';
import type { Named } from './group.js';
import type { TraceEntry } from './trace.js';

/**
 * A trace as a capture file: one interface per host, with the packets that the host sent, at the time of sending.
 * If a packet was not simply delivered, a comment says what happened to it.
 */
export function pcapngOf(entries: readonly TraceEntry[], hosts: readonly Named[]): Uint8Array {
  const writer = new PcapngWriter({ limitBytes: Number.POSITIVE_INFINITY });
  const interfaces = new Map(hosts.map(({ name }) => [name, writer.addInterface(name)]));
  for (const entry of entries) {
    const comment = remarkOf(entry);
    writer.add({
      interfaceId: interfaces.get(entry.from) ?? 0,
      timeMs: entry.sentMs,
      direction: 'outbound',
      datagram: entry,
      ...(comment !== undefined && { comment }),
    });
  }
  return writer.bytes();
}

/** A trace as a ladder diagram, one line per packet. */
export function ladderOf(entries: readonly TraceEntry[], hosts: readonly Named[]): string[] {
  const steps = entries.map((entry) => ({ ...entry, isLost: isLost(entry), remark: remarkOf(entry) }));
  const names = hosts.map(({ name }) => name);
  return ladder(steps, names);
}

function isLost({ outcome }: TraceEntry): boolean {
  return outcome !== 'delivered' && outcome !== 'in flight' && outcome !== 'held';
}

/** What happened to a packet; undefined if it was delivered as it was sent. */
function remarkOf({ outcome, note }: TraceEntry): string | undefined {
  const words = [outcome === 'delivered' ? undefined : outcome, note].filter((text) => text !== undefined);
  return words.length === 0 ? undefined : words.join(', ');
}
