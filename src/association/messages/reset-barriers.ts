/** A message as far as it matters here: its stream, and how many holds were made before it came. */
interface Held {
  readonly info: { readonly stream: number };
  readonly turn: number;
}

interface Hold {
  readonly number: number;
  readonly streams: ReadonlySet<number> | 'all';
  /** To be called when all that was sent before is handed over; undefined: it was. */
  begin: (() => void) | undefined;
}

/**
 * Streams on which nothing more may be handed over for now: they are being reset (RFC 6525 §5.1.2). What was sent
 * before a hold goes before it, what is sent after it waits for its end.
 */
export class ResetBarriers {
  readonly #holds: Hold[] = [];
  #made = 0;

  /** How many were made: what comes now, comes after them. */
  get made(): number {
    return this.#made;
  }

  get isEmpty(): boolean {
    return this.#holds.length === 0;
  }

  /** Makes one; returns what ends it. */
  add(streams: readonly number[] | 'all', begin: () => void): () => void {
    const hold = { number: ++this.#made, streams: streams === 'all' ? streams : new Set(streams), begin };
    this.#holds.push(hold);
    return () => {
      const index = this.#holds.indexOf(hold);
      if (index >= 0) this.#holds.splice(index, 1);
    };
  }

  /** Does a message wait for the end of one? */
  holds({ info, turn }: Held): boolean {
    return this.#holds.some((hold) => hold.number <= turn && covers(hold, info.stream));
  }

  /** Would a message of that stream wait for the end of one? */
  covers(stream: number): boolean {
    return this.#holds.some((hold) => covers(hold, stream));
  }

  /** Begins those for which no message has to be handed over any more. */
  begin(waiting: readonly Held[]): void {
    for (const hold of [...this.#holds]) {
      const { begin } = hold;
      if (!begin || waiting.some(({ info, turn }) => turn < hold.number && covers(hold, info.stream))) continue;
      hold.begin = undefined;
      begin();
    }
  }

  clear(): void {
    this.#holds.length = 0;
  }
}

function covers({ streams }: Hold, stream: number): boolean {
  return streams === 'all' || streams.has(stream);
}
