import type { Message } from '../../stack/socket/message.js';
import type { MessageReceiver, ReceiveQueue } from './receive-queue.js';
import { SEND_OPTIONS, type Sendable, type SendOptions } from './send-options.js';

/** A message to send, with its options. */
export interface OutgoingMessage extends SendOptions {
  /** The message. */
  readonly data: Sendable;
}

/**
 * Messages as a web stream. It takes a message from the queue only when it is asked for one; the others stay there.
 * `ended` is called when the stream returns no more messages.
 */
export function readableOf(queue: () => ReceiveQueue, ended: () => void = () => undefined): ReadableStream<Message> {
  const source = new Source(queue, ended);
  source.readable = new ReadableStream<Message>(source, { highWaterMark: 0 });
  return source.readable;
}

/** Passes a message to the stream in the instant in which it comes, so that no cancel or `releaseLock` can lose it. */
class Source implements UnderlyingDefaultSource<Message>, MessageReceiver {
  /** The stream of which this is the source. */
  readable: ReadableStream<Message> | undefined;
  readonly #queue: () => ReceiveQueue;
  readonly #ended: () => void;
  #controller: ReadableStreamDefaultController<Message> | undefined;
  /** The queue in which it waits for a message. */
  #asked: ReceiveQueue | undefined;

  constructor(queue: () => ReceiveQueue, ended: () => void) {
    this.#queue = queue;
    this.#ended = ended;
  }

  pull(controller: ReadableStreamDefaultController<Message>): void {
    if (this.#asked) return;
    this.#controller = controller;
    this.#asked = this.#queue();
    this.#asked.ask(this);
  }

  cancel(): void {
    this.#asked?.forget(this);
    this.#ended();
  }

  /** Returns false if the reader that asked has been released since: any receiver may have the message then. */
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

/** Where messages are sent: an association, or one of its streams. */
interface Target {
  send(data: Sendable, options?: SendOptions): Promise<void>;
  /** Withdraws a message, by the promise that `send` returned. */
  withdraw(sent: Promise<void>, reason: unknown): void;
}

/** What happens when a writable ends. */
interface Ends {
  /** Everything is written. `signal` is aborted if the writable is aborted before the promise resolves. */
  close(signal: AbortSignal): Promise<void>;
  /** Must not wait for the peer. `isClosing`: `close` was called. */
  abort(reason: unknown, isClosing: boolean): void;
  /** A write failed, which ends the writable. */
  failed(): void;
}

/**
 * A web stream of messages to send. A write is done when the stack has taken the message; an abort doesn't wait for
 * that.
 */
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
      signal.addEventListener('abort', () => abort(signal.reason)); // `abort` below is called after the write in flight
    },
    async write(chunk) {
      writing = isMessage(chunk) ? target.send(chunk.data, optionsOf(chunk)) : target.send(chunk);
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

/** The options of a message to send, which may be one that was received and so have more fields. */
function optionsOf(message: OutgoingMessage): SendOptions {
  return Object.fromEntries(Object.entries(message).filter(([name]) => Object.hasOwn(SEND_OPTIONS, name)));
}

function isMessage(chunk: Sendable | OutgoingMessage): chunk is OutgoingMessage {
  return typeof chunk === 'object' && chunk !== null && 'data' in chunk;
}
