import type { Association } from '../association/association.js';

/** The most streams of an association (RFC 9260 §3.3.2). */
const MOST_STREAMS = 0xffff;

/** Adds outgoing streams (RFC 6525 §6.3) when an id needs more than there are. */
export class StreamGrowth {
  readonly #association: Association;
  #adding: Promise<void> | undefined;

  constructor(association: Association) {
    this.#association = association;
  }

  /** Is there an outgoing stream of that number? */
  has(id: number): boolean {
    return id < this.#association.setup.streams.outbound;
  }

  /** Resolves when there is such a stream. Rejects as `association.addStreams` does. */
  async reach(id: number): Promise<void> {
    while (!this.has(id)) {
      this.#adding ??= this.#add(id).finally(() => {
        this.#adding = undefined;
      });
      await this.#adding;
    }
  }

  /** Twice as many as there are, so that few requests are made; if the peer takes fewer, those that are needed. */
  async #add(id: number): Promise<void> {
    const now = this.#association.setup.streams.outbound;
    const needed = id + 1 - now;
    const wanted = Math.min(Math.max(needed, now), MOST_STREAMS - now);
    try {
      await this.#association.addStreams({ outbound: wanted });
    } catch (error) {
      if (wanted === needed || this.#association.state !== 'open') throw error;
      await this.#association.addStreams({ outbound: needed });
    }
  }
}
