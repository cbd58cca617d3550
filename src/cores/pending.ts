/** The most packets that may wait for a thread. More are dropped, as by the buffer of a socket: SCTP sends them again. */
const MOST_PENDING = 16_384;

/** How many packets wait for each thread, in shared memory: queues of messages between threads have no bound of their own. */
export class Pending {
  readonly #counts: Int32Array;

  /** The memory for a number of workers and the main thread. */
  static create(of: number): SharedArrayBuffer {
    return new SharedArrayBuffer((of + 1) * 4);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.#counts = new Int32Array(buffer);
  }

  /** The main thread's number. */
  get main(): number {
    return this.#counts.length - 1;
  }

  /** Counts packets for a thread. Returns false if they must be dropped. */
  add(thread: number, packets: number): boolean {
    if (Atomics.load(this.#counts, thread) > MOST_PENDING) return false;
    Atomics.add(this.#counts, thread, packets);
    return true;
  }

  /** The thread has taken packets. */
  taken(thread: number, packets: number): void {
    Atomics.sub(this.#counts, thread, packets);
  }

  /** The thread is another one now. */
  reset(thread: number): void {
    Atomics.store(this.#counts, thread, 0);
  }
}
