import type { Message, Sendable, SendOptions } from '../../stack/socket/message.js';
import type { MessageReceiver, ReceiveQueue } from './receive-queue.js';

/** A message to send, with what it is sent with. */
export interface OutgoingMessage extends SendOptions {
  /** What is sent. */
  readonly data: Sendable;
}

/**
 * Messages as a stream. Takes one from `inbox` when one is asked for: what isn't read stays where it is. `ended` is told
 * that this stream gives no further one.
 */
export function readableOf(inbox: () => ReceiveQueue, ended: () => void = () => undefined): ReadableStream<Message> {
  const source = new Source(inbox, ended);
  source.readable = new ReadableStream<Message>(source, { highWaterMark: 0 });
  return source.readable;
}

/** Gives a message to the stream in the instant in which it comes: no cancel or `releaseLock` finds it on its way. */
class Source implements UnderlyingDefaultSource<Message>, MessageReceiver {
  /** The stream that it feeds. */
  readable: ReadableStream<Message> | undefined;
  readonly #inbox: () => ReceiveQueue;
  readonly #ended: () => void;
  #controller: ReadableStreamDefaultController<Message> | undefined;
  /** Where it waits for a message. */
  #asked: ReceiveQueue | undefined;

  constructor(inbox: () => ReceiveQueue, ended: () => void) {
    this.#inbox = inbox;
    this.#ended = ended;
  }

  pull(controller: ReadableStreamDefaultController<Message>): void {
    if (this.#asked) return;
    this.#controller = controller;
    this.#asked = this.#inbox();
    this.#asked.ask(this);
  }

  cancel(): void {
    this.#asked?.forget(this);
    this.#ended();
  }

  /** False when the reader that asked was released meanwhile: the message isn't for the next reader alone. */
  resolve(message: Message | undefined): boolean {
    this.#asked = undefined;
    if (!this.readable?.locked) return false;
    if (message) this.#controller?.enqueue(message);
    else {
      this.#ended();
      this.#controller?.close();
    }
    return true;
  }

  reject(error: unknown): void {
    this.#asked = undefined;
    this.#controller?.error(error);
  }
}

/** What messages are sent on: an association, or one of its streams. */
interface Target {
  send(data: Sendable, options?: SendOptions): Promise<void>;
  /** Takes back what `send` has promised. */
  withdraw(sent: Promise<void>, reason: unknown): void;
}

/** How a writable ends. */
interface Ends {
  /** Everything is written. `signal` aborts when the writable is aborted meanwhile. */
  close(signal: AbortSignal): Promise<void>;
  /** Must not wait for the peer. `isClosing`: `close` was called. */
  abort(reason: unknown, isClosing: boolean): void;
  /** A write has failed, and with it the writable. */
  failed(): void;
}

/** A writable of messages. A write is done when the message is taken; an abort doesn't wait for that. */
export function writableOf(target: Target, ends: Ends): WritableStream<Sendable | OutgoingMessage> {
  const aborted = new AbortController();
  let writing: Promise<void> | undefined;
  let isClosing = false;
  const abort = (reason: unknown) => {
    if (aborted.signal.aborted) return;
    if (writing) target.withdraw(writing, reason);
    ends.abort(reason, isClosing);
    aborted.abort(reason);
  };
  return new WritableStream({
    start({ signal }) {
      signal.addEventListener('abort', () => abort(signal.reason)); // `abort` comes when the write in flight is done
    },
    async write(chunk) {
      writing = isMessage(chunk) ? target.send(chunk.data, chunk) : target.send(chunk);
      try {
        await writing;
      } catch (error) {
        ends.failed();
        throw error;
      } finally {
        writing = undefined;
      }
    },
    close() {
      isClosing = true;
      return ends.close(aborted.signal);
    },
    abort,
  });
}

function isMessage(chunk: Sendable | OutgoingMessage): chunk is OutgoingMessage {
  return typeof chunk === 'object' && chunk !== null && 'data' in chunk;
}
