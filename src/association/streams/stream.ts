import type { Message, Sendable, SendOptions } from '../../stack/socket/message.js';
import type { WaitOptions } from '../../wait.js';
import { MessageIterator } from '../messages/iterator.js';
import type { ReceiveQueues } from '../messages/receive-queues.js';
import { type OutgoingMessage, readableOf, writableOf } from '../messages/web-streams.js';
import type { ResetStreamsOptions } from './streams.js';

/** What a message on a stream is sent with. */
export type StreamSendOptions = Omit<SendOptions, 'stream'>;

/** What a stream has of its association. */
interface Whole {
  send(data: Sendable, options: SendOptions): Promise<void>;
  withdraw(sent: Promise<void>, reason: unknown): void;
  resetStreams(options: ResetStreamsOptions): Promise<void>;
}

/**
 * One stream of an association: both directions of one number.
 *
 * From the first time on that something is received from it, its messages are its own, and the association's `receive`
 * gets those of the other streams only. That ends where the peer resets the stream: what comes after that is the
 * association's again, as if it were another stream, until something is received from this one again. (So a data channel
 * is opened by a message that the association receives, and lives as a stream.) All streams of an association share its
 * receive window, though, and what is read ahead of it (the socket's `readAheadBytes`): when messages of another stream have
 * filled them that nobody receives, nothing comes here either. So somebody must receive whatever the peer sends: from each
 * stream, or what is left from the association.
 */
export class Stream implements AsyncIterable<Message> {
  /** Its number, from 0. */
  readonly id: number;
  readonly #association: Whole;
  readonly #inboxes: ReceiveQueues;
  #readable: ReadableStream<Message> | undefined;
  #writable: WritableStream<Sendable | OutgoingMessage> | undefined;

  /** @internal */
  constructor(association: Whole, id: number, inboxes: ReceiveQueues) {
    this.id = id;
    this.#association = association;
    this.#inboxes = inboxes;
  }

  /** Sends a message on it, as the association's `send` does. */
  send(data: Sendable, options: StreamSendOptions = {}): Promise<void> {
    return this.#association.send(data, { ...options, stream: this.id });
  }

  /**
   * Its next message; undefined when the peer has reset it, each time that it does, and when the association was shut
   * down and all is received. Otherwise as the association's `receive`.
   */
  receive(options: WaitOptions = {}): Promise<Message | undefined> {
    return this.#inboxes.claim(this.id).take(options);
  }

  /** Its messages until the peer resets it, or the association ends. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    return new MessageIterator(() => this.#inboxes.claim(this.id));
  }

  /**
   * Its messages until the peer resets it, or the association ends; after that, those of its next life. Takes a message
   * when it is asked for one. Cancelling it leaves the rest to `receive`.
   */
  get readable(): ReadableStream<Message> {
    this.#inboxes.claim(this.id);
    this.#readable ??= readableOf(
      () => this.#inboxes.claim(this.id),
      () => {
        this.#readable = undefined;
      },
    );
    return this.#readable;
  }

  /**
   * Messages to send on it, alone or with their options. Its close resets the outgoing stream, which ends the peer's
   * `readable`; there is a new one for the stream's next life then. Its abort drops what isn't begun to be sent and asks
   * for the reset, too, but waits for no answer: SCTP takes nothing back that was sent, and a peer that doesn't receive
   * doesn't answer. A message that can't be sent ends the writable, as in all web streams; there is a new one then.
   */
  get writable(): WritableStream<Sendable | OutgoingMessage> {
    this.#writable ??= this.#newWritable();
    return this.#writable;
  }

  /** Resets the outgoing stream, as the association's `resetStreams` does: the peer hears that this is its end. */
  reset(options: WaitOptions = {}): Promise<void> {
    return this.#association.resetStreams({ ...options, outgoing: [this.id] });
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
        if (!isClosing) this.reset().catch(() => undefined); // `streamReset` tells what becomes of it
      },
      failed: over,
    });
    return writable;
  }
}
