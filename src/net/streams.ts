import { Readable, Writable } from 'node:stream';

/** What a stream needs of its socket. */
export interface StreamOwner {
  /** Sends a message on a stream. */
  sendOn(stream: number, ppid: number | undefined, data: Buffer, done: (error?: Error | null) => void): void;
  /** A reader of a stream takes messages again. */
  resumeReading(): void;
}

/** An outgoing stream of an association, as `createStream` returns it. Each write is a message. */
export class OutgoingStream extends Writable {
  /** The number of the stream. */
  readonly stream_id: number;
  /** How many bytes were written to it. */
  bytesWritten = 0;
  readonly #owner: StreamOwner;
  readonly #ppid: number | undefined;

  constructor(owner: StreamOwner, id: number, ppid: number | undefined) {
    super();
    this.#owner = owner;
    this.stream_id = id;
    this.#ppid = ppid;
  }

  /** Ends it. Resolves when what was written is taken by the stack, or the stream has failed. */
  finished(): Promise<void> {
    if (this.destroyed || this.writableFinished) return Promise.resolve();
    return new Promise((resolve) => {
      this.once('close', resolve);
      this.end();
    });
  }

  /** Is called by `node:stream`. */
  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.bytesWritten += data.length;
    this.#owner.sendOn(this.stream_id, this.#ppid, data, done);
  }
}

/** An incoming stream of an association, as the event `stream` gives it. Each chunk is a message. */
export class IncomingStream extends Readable {
  /** The number of the stream. */
  readonly stream_id: number;
  readonly #owner: StreamOwner;
  #isFull = false;

  constructor(owner: StreamOwner, id: number) {
    super({ objectMode: true });
    this.#owner = owner;
    this.stream_id = id;
  }

  /** Does it hold as many messages as it may? No more are received then, on any stream. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Is called by the socket with each message. */
  deliver(message: Buffer): void {
    this.#isFull = !this.push(message);
  }

  /** Is called by `node:stream`. */
  override _read(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#owner.resumeReading();
  }
}
