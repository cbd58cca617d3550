import { type End, endsOf, enters, type Group, leaves } from './group.js';
import type { PacketInTransit } from './packet-in-transit.js';

/** Pairs of groups between which packets are blocked, in both directions: by a partition, or by a hold. */
export class BlockedPairs {
  readonly #pairs = new Set<readonly [ReadonlySet<End>, ReadonlySet<End>]>();

  /** Blocks packets between two groups. The returned function removes this pair again. */
  add(a: Group, b: Group, syscall: string): () => void {
    const pair = [endsOf(a, syscall), endsOf(b, syscall)] as const;
    this.#pairs.add(pair);
    return () => void this.#pairs.delete(pair);
  }

  clear(): void {
    this.#pairs.clear();
  }

  blocks(transit: PacketInTransit): boolean {
    for (const [a, b] of this.#pairs) {
      if ((leaves(a, transit) && enters(b, transit)) || (leaves(b, transit) && enters(a, transit))) return true;
    }
    return false;
  }
}
