import type { Message } from '../../stack/socket/message.js';
import type { WaitOptions } from '../../wait.js';
import { type MessageIteration, MessageIterator } from '../messages/iterator.js';
import type { ReceiveQueues } from '../messages/receive-queues.js';
import type { Sendable, SendOptions } from '../messages/send-options.js';
import { type OutgoingMessage, readableOf, writableOf } from '../messages/web-streams.js';
import type { ResetStreamsOptions } from './streams.js';

/** How a message is sent on a stream. */
export type StreamSendOptions = Omit<SendOptions, 'stream'>;

/** What a stream needs from its association. */
export interface StreamOwner {
  readonly receiveQueues: ReceiveQueues;
  send(data: Sendable, options: SendOptions): Promise<void>;
  withdraw(sent: Promise<void>, reason: unknown): void;
  resetStreams(options: ResetStreamsOptions): Promise<void>;
}

/** Makes a stream of an association. */
export let streamOf: (association: StreamOwner, id: number) => Stream;

/**
 * One stream of an association: both directions of a stream number.
 *
 * The first time you receive from a stream, its messages become its own, and the association's `receive` returns those
 * of the other streams only. This ends when the peer resets the stream: later messages go to the association again,
 * until you receive from the stream once more. (So a data channel is opened by a message that the association receives,
 * and lives as a stream.)
 *
 * All streams of an association share its receive window and its read-ahead (the socket's `readAheadBytes`). If
 * unreceived messages of other streams fill them, nothing arrives on this stream either. So receive everything that the
 * peer sends: from each stream, or the rest from the association.
 */
export class Stream implements AsyncIterable<Message> {
  /** The stream number, from 0. */
  readonly id: number;
  readonly #association: StreamOwner;
  #readable: ReadableStream<Message> | undefined;
  #writable: WritableStream<Sendable | OutgoingMessage> | undefined;

  private constructor(association: StreamOwner, id: number) {
    this.#association = association;
    this.id = id;
  }

  static {
    streamOf = (association, id) => new this(association, id);
  }

  /** Sends a message on the stream, as the association's `send` does. */
  send(data: Sendable, options: StreamSendOptions = {}): Promise<void> {
    return this.#association.send(data, { ...options, stream: this.id });
  }

  /**
   * The next message of the stream. Resolves with undefined each time that the peer has reset the stream, and when the
   * association was shut down and everything is received. Otherwise like the association's `receive`.
   */
  receive(options: WaitOptions = {}): Promise<Message | undefined> {
    return this.#claim().take(options);
  }

  /** The messages of the stream, until the peer resets it or the association ends. */
  [Symbol.asyncIterator](): MessageIteration {
    return new MessageIterator(() => this.#claim());
  }

  /**
   * The messages of the stream as a web stream, until the peer resets the stream or the association ends; read again,
   * it has the messages after the reset. It takes a message only when it is asked for one. If it is cancelled, the
   * other messages are left for `receive`.
   */
  get readable(): ReadableStream<Message> {
    this.#claim();
    this.#readable ??= readableOf(
      () => this.#claim(),
      () => {
        this.#readable = undefined;
      },
    );
    return this.#readable;
  }

  /**
   * A web stream of messages to send on the stream, each alone or with its options. Closing it resets the outgoing
   * stream, which ends the peer's `readable`; `writable` is a new one then. Aborting it drops the messages that haven't
   * begun to be sent and requests the reset as well, but doesn't wait for the answer: SCTP can't take back what was
   * sent, and a peer that doesn't receive doesn't answer. As in all web streams, a message that can't be sent ends the
   * writable; then, too, `writable` is a new one.
   */
  get writable(): WritableStream<Sendable | OutgoingMessage> {
    this.#writable ??= this.#newWritable();
    return this.#writable;
  }

  /** Resets the outgoing stream, as the association's `resetStreams` does: the peer sees the end of the stream. */
  reset(options: WaitOptions = {}): Promise<void> {
    return this.#association.resetStreams({ ...options, outgoing: [this.id] });
  }

  #claim(): ReturnType<ReceiveQueues['claim']> {
    return this.#association.receiveQueues.claim(this.id);
  }

  #newWritable(): WritableStream<Sendable | OutgoingMessage> {
    const over = () => {
      if (this.#writable === writable) this.#writable = undefined;
    };
    const target = {
      send: (data: Sendable, options?: StreamSendOptions) => this.send(data, options),
      withdraw: (sent: Promise<void>, reason: unknown) => this.#association.withdraw(sent, reason),
    };
    const writable = writableOf(target, {
      close: (signal) => {
        over();
        return this.reset({ signal });
      },
      abort: (_, isClosing) => {
        over();
        if (!isClosing) this.reset().catch(() => undefined); // the event `streamReset` reports the outcome
      },
      failed: over,
    });
    return writable;
  }
}
