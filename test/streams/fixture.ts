import type { Association } from '../../src/index.js';
import type { Network } from '../../src/simulated.js';

/** The peer may reset the streams and the association, and add streams. */
export const ALL = { peerMayReset: 'association' } as const;

/** Receives the next messages, and returns them with their stream sequence numbers. */
export async function take(association: Association, count: number): Promise<[text: string, ssn: number][]> {
  const taken: [string, number][] = [];
  for (let left = count; left > 0; left--) {
    const message = await association.receive({ timeoutMs: 60_000 });
    taken.push([new TextDecoder().decode(message?.data), message?.ssn ?? -1]);
  }
  return taken;
}

export async function sendAll(association: Association, stream: number, ...texts: string[]): Promise<void> {
  for (const text of texts) await association.send(text, { stream });
}

/** Drops the client's first `count` packets that carry a RE-CONFIG chunk. */
export function losing(network: Network, count: number): { readonly seen: number } {
  const reconfigs = { seen: 0 };
  network.filter((packet) => {
    if (packet.source.endsWith('.2') || packet.bytes[12] !== 130) return packet;
    reconfigs.seen++;
    return reconfigs.seen <= count ? 'drop' : packet;
  });
  return reconfigs;
}
