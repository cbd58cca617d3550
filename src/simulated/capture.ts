import { PcapngWriter } from '../pcapng.js';
import type { Named } from './group.js';
import type { TraceEntry } from './trace.js';

/**
 * A trace as a capture file: an interface per host, on it the packets that the host sent, at the time of sending.
 * What became of a packet that wasn't simply delivered stands in its comment.
 */
export function pcapngOf(entries: readonly TraceEntry[], hosts: readonly Named[]): Uint8Array {
  const writer = new PcapngWriter({ limitBytes: Number.POSITIVE_INFINITY });
  const interfaces = new Map(hosts.map(({ name }) => [name, writer.addInterface(name)]));
  for (const entry of entries) {
    const comment = remarks(entry);
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

/** What is to be said of a packet; undefined: it was delivered as it was sent. */
export function remarks({ fate, note }: TraceEntry): string | undefined {
  const words = [fate === 'delivered' ? undefined : fate, note].filter((text) => text !== undefined);
  return words.length === 0 ? undefined : words.join(', ');
}
