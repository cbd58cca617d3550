import type { Flight } from './flight.js';
import { type End, endsOf, enters, type Group, leaves } from './group.js';

/** Pairs of groups between which something stands: a cut, or a hold. It stands in both directions. */
export class Barrier {
  readonly #walls = new Set<readonly [ReadonlySet<End>, ReadonlySet<End>]>();

  /** Builds a wall; the returned function takes that one down. */
  raise(a: Group, b: Group, syscall: string): () => void {
    const wall = [endsOf(a, syscall), endsOf(b, syscall)] as const;
    this.#walls.add(wall);
    return () => void this.#walls.delete(wall);
  }

  clear(): void {
    this.#walls.clear();
  }

  stops(flight: Flight): boolean {
    if (this.#walls.size === 0) return false;
    for (const [a, b] of this.#walls) {
      if ((leaves(a, flight) && enters(b, flight)) || (leaves(b, flight) && enters(a, flight))) return true;
    }
    return false;
  }
}
