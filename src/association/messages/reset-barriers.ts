/** A message, as far as a barrier needs to know it. */
interface QueuedMessage {
  readonly info: { readonly stream: number };
  /** How many barriers had been made when the message was sent. */
  readonly barriersBefore: number;
}

interface Barrier {
  readonly number: number;
  readonly streams: ReadonlySet<number> | 'all';
  /** Called when usrsctp has taken all messages that were sent before the barrier; undefined: it was called. */
  begin: (() => void) | undefined;
}

/**
 * Barriers in the send queue for streams that are being reset (RFC 6525 §5.1.2). Messages that were sent on these
 * streams before a barrier go to usrsctp before the reset. Messages that are sent after it wait until the barrier is
 * removed.
 */
export class ResetBarriers {
  readonly #barriers: Barrier[] = [];
  #made = 0;

  /** How many barriers have been made. */
  get made(): number {
    return this.#made;
  }

  get isEmpty(): boolean {
    return this.#barriers.length === 0;
  }

  /** Adds a barrier. Returns the function that removes it. */
  add(streams: readonly number[] | 'all', begin: () => void): () => void {
    const barrier = { number: ++this.#made, streams: streams === 'all' ? streams : new Set(streams), begin };
    this.#barriers.push(barrier);
    return () => {
      const index = this.#barriers.indexOf(barrier);
      if (index >= 0) this.#barriers.splice(index, 1);
    };
  }

  /** Is the message behind a barrier? */
  blocks({ info, barriersBefore }: QueuedMessage): boolean {
    return this.#barriers.some(({ number, streams }) => number <= barriersBefore && has(streams, info.stream));
  }

  /** Would a message that is sent on that stream now be behind a barrier? */
  blocksStream(stream: number): boolean {
    return this.#barriers.some(({ streams }) => has(streams, stream));
  }

  /** Calls `begin` of the barriers that have no message of `queue` before them any more. */
  begin(queue: Iterable<QueuedMessage>): void {
    for (const barrier of [...this.#barriers]) {
      const { begin, number, streams } = barrier;
      const isBefore = ({ info, barriersBefore }: QueuedMessage) =>
        barriersBefore < number && has(streams, info.stream);
      if (!begin || some(queue, isBefore)) continue;
      barrier.begin = undefined;
      begin();
    }
  }

  clear(): void {
    this.#barriers.length = 0;
  }
}

function some(queue: Iterable<QueuedMessage>, is: (message: QueuedMessage) => boolean): boolean {
  for (const message of queue) if (is(message)) return true;
  return false;
}

function has(streams: Barrier['streams'], stream: number): boolean {
  return streams === 'all' || streams.has(stream);
}
