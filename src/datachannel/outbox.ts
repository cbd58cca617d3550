import { binaryPayload, copyOf, type DataChannelSendable, type Payload, textPayload } from './payload.js';

/** What an outbox needs from its channel. */
export interface OutboxOwner {
  /** Passes a message to the association. Resolves when it has been taken. */
  transmit(payload: Payload): Promise<void>;
  /** Throws if a message of that size can't be sent now. */
  checkSize(bytes: number): void;
  /** A message waits until the association takes it. */
  waits(bytes: number): void;
  /** The number of bytes that wait has fallen: a message was taken, or refused. */
  sent(before: number, now: number): void;
  /** A message couldn't be sent, so the channel has to end. */
  sendFailed(error: unknown): void;
}

const TAKEN = Promise.resolve();

/** Messages of one channel on their way into the association, in order. */
export class Outbox {
  readonly #owner: OutboxOwner;
  /** The last of the messages that wait for something else than room in the association, such as a Blob to be read. */
  #tail: Promise<unknown> | undefined;
  #bytes = 0;

  constructor(owner: OutboxOwner) {
    this.#owner = owner;
  }

  /** How many bytes of messages the association hasn't taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when everything that was sent so far has been passed on. */
  get drained(): Promise<unknown> {
    return this.#tail ?? TAKEN;
  }

  /** Messages that are sent from now on wait until a promise resolves. */
  waitFor(ready: Promise<unknown>): void {
    this.#then(() => ready).catch(() => undefined);
  }

  /** Throws TypeError if `data` can't be sent. */
  send(data: DataChannelSendable): Promise<void> {
    if (typeof data === 'string') return this.#send(textPayload(data));
    const bytes = copyOf(data);
    if (bytes) return this.#send(binaryPayload(bytes));
    if (data instanceof Blob) return this.#sendBlob(data);
    throw new TypeError('send: data must be a string, an ArrayBuffer, a view of one, or a Blob');
  }

  #send(payload: Payload): Promise<void> {
    const { length } = payload.bytes;
    this.#owner.checkSize(length);
    const transmit = () => this.#owner.transmit(payload);
    return this.#count(length, this.#tail ? this.#then(transmit) : transmit());
  }

  #sendBlob(blob: Blob): Promise<void> {
    this.#owner.checkSize(blob.size);
    const read = async () => binaryPayload(new Uint8Array(await blob.arrayBuffer()));
    return this.#count(
      blob.size,
      this.#then(async () => this.#owner.transmit(await read())),
    );
  }

  /** Does something after everything that waits. */
  #then<T>(act: () => Promise<T>): Promise<T> {
    const done = (this.#tail ?? TAKEN).then(act, act);
    this.#tail = done;
    const over = () => {
      if (this.#tail === done) this.#tail = undefined;
    };
    done.then(over, over);
    return done;
  }

  /** Counts a message until it has been taken. Its caller may leave the promise unhandled: the channel reports errors. */
  #count(bytes: number, sending: Promise<void>): Promise<void> {
    this.#bytes += bytes;
    this.#owner.waits(bytes);
    sending.then(
      () => this.#left(bytes),
      (error) => {
        this.#left(bytes);
        this.#owner.sendFailed(error);
      },
    );
    return sending;
  }

  #left(bytes: number): void {
    const before = this.#bytes;
    this.#bytes -= bytes;
    this.#owner.sent(before, this.#bytes);
  }
}
