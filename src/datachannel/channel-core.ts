import type { Clock } from '../clock.js';
import type { SctpError } from '../errors.js';
import type { Message } from '../stack/socket/message.js';
import type { WaitOptions } from '../wait.js';
import { asSctpError, domException, protocolError } from './errors.js';
import type { ChannelParameters } from './init.js';
import { Mailbox } from './mailbox.js';
import { Outbox, type OutboxOwner } from './outbox.js';
import { type DataChannelSendable, type Payload, received } from './payload.js';
import type { StreamClosing } from './stream-closing.js';

/** Being opened; open; being closed by either end; closed. */
export type DataChannelState = 'connecting' | 'open' | 'closing' | 'closed';

/** What a channel needs from the channels of its association. */
export interface ChannelOwner {
  readonly clock: Clock;
  /** Passes a message to the association. Resolves when it has been taken. */
  transmit(channel: ChannelCore, payload: Payload): Promise<void>;
  /** Throws TypeError for a message that the peer doesn't take, OperationError if too many bytes wait. */
  checkSize(bytes: number): void;
  /** A message waits until the association takes it. */
  waits(bytes: number): void;
  /** The association has taken a message, or refused it. */
  transmitted(bytes: number): void;
  /** Gives up the stream of a channel that the peer hasn't been told of. */
  withdraw(channel: ChannelCore): void;
}

/** What a channel tells the program. */
export interface ChannelListener {
  opened(): void;
  message(data: string | Uint8Array): void;
  bufferedAmountIsLow(): void;
  closing(): void;
  closed(error: SctpError | undefined): void;
}

/** How many bytes of messages are kept for a channel from which nobody receives. */
const READ_AHEAD_BYTES = 65_536;
/** Each message that waits counts that many bytes more, as with associations. */
export const MESSAGE_BYTES = 128;

/** The inside of a channel: its state, and the messages in both directions. */
export class ChannelCore implements OutboxOwner {
  readonly parameters: ChannelParameters;
  readonly outbox: Outbox = new Outbox(this);
  readonly opened: Promise<void>;
  readonly closed: Promise<SctpError | undefined>;
  bufferedAmountLowThreshold = 0;
  /** The stream identifier; null until it is known. */
  id: number | null = null;
  /** The peer knows the channel: messages on it may be unordered (RFC 8832 §6). */
  isAcknowledged = false;
  /** The peer has been told of the channel, or knows it anyway. */
  isAnnounced = false;
  listener: ChannelListener | undefined;
  /** The program has the channel; if the peer has opened it, that is later. */
  #isHandedOut: boolean;
  readonly #owner: ChannelOwner;
  readonly #inbox: Mailbox<string | Uint8Array>;
  #state: DataChannelState = 'connecting';
  #stream: StreamClosing | undefined;
  #unreceivedBytes = 0;
  #readsToTheEnd = false;
  #hasRoom: (() => void) | undefined;
  #resolveOpened!: () => void;
  #rejectOpened!: (error: unknown) => void;
  #resolveClosed!: (error: SctpError | undefined) => void;

  /** `isHandedOut`: false if the peer has opened the channel, until `handOut` is called. */
  constructor(owner: ChannelOwner, parameters: ChannelParameters, isHandedOut: boolean) {
    this.#owner = owner;
    this.#isHandedOut = isHandedOut;
    this.parameters = parameters;
    this.#inbox = new Mailbox(owner.clock, 'receive', (data) => this.#taken(data));
    this.opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve;
      this.#rejectOpened = reject;
    });
    this.opened.catch(() => undefined); // the events tell it, too
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): DataChannelState {
    return this.#state;
  }

  // --- life ---------------------------------------------------------------------------------------------------------

  /** The channel has a stream from now on. */
  uses(id: number, stream: StreamClosing): void {
    this.id = id;
    this.#stream = stream;
  }

  /** Messages can be sent. */
  open(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#resolveOpened();
    if (this.#isHandedOut) this.listener?.opened();
  }

  /** The program has got the channel, and may have added listeners: the event `open` follows (W3C: "announce as open"). */
  handOut(): void {
    this.#isHandedOut = true;
    if (this.#state === 'open') this.listener?.opened();
  }

  close(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    this.readsToTheEnd();
    if (this.isAnnounced) return this.#stream?.close(this.outbox.drained);
    this.#owner.withdraw(this);
    queueMicrotask(() => this.end(undefined));
  }

  /** The peer has closed the channel. */
  peerHasClosed(): void {
    if (this.#state === 'connecting' || this.#state === 'open') {
      this.#state = 'closing';
      this.listener?.closing();
    }
    this.#stream?.close(this.outbox.drained);
    this.#stream?.peerHasReset();
  }

  /** Closes the channel because of an error, which is reported at once; the stream is reset as usual. */
  fail(error: SctpError): void {
    const stream = this.#state === 'closed' ? undefined : this.#stream;
    this.end(error);
    stream?.close();
  }

  /** Both ends have closed the channel, or the association has ended. */
  end(error: SctpError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.readsToTheEnd();
    this.#rejectOpened(error ?? domException('InvalidStateError', 'the channel was closed before it was open'));
    this.#resolveClosed(error);
    this.#inbox.end(error);
    this.listener?.closed(error);
  }

  // --- sending ------------------------------------------------------------------------------------------------------

  send(data: DataChannelSendable): Promise<void> {
    if (this.#state !== 'open') throw domException('InvalidStateError', `send: the channel is ${this.#state}`);
    return this.outbox.send(data);
  }

  transmit(payload: Payload): Promise<void> {
    return this.#owner.transmit(this, payload);
  }

  checkSize(bytes: number): void {
    this.#owner.checkSize(bytes);
  }

  waits(bytes: number): void {
    this.#owner.waits(bytes);
  }

  sent(before: number, now: number): void {
    this.#owner.transmitted(before - now);
    const threshold = this.bufferedAmountLowThreshold;
    if (before > threshold && now <= threshold) this.listener?.bufferedAmountIsLow();
  }

  sendFailed(error: unknown): void {
    this.fail(asSctpError(error, 'send'));
  }

  // --- receiving ----------------------------------------------------------------------------------------------------

  /** Takes a message that has arrived. The next one may be read when the promise resolves. */
  arrived({ ppid, data }: Message): Promise<void> | undefined {
    if (this.#state === 'closing' || this.#state === 'closed') return; // as W3C says: they are discarded
    const payload = received(ppid, data);
    if (payload === undefined) {
      this.fail(protocolError(`channel ${this.id}: a message has the payload protocol identifier ${ppid}`));
      return;
    }
    if (this.#inbox.push(payload)) return;
    this.#unreceivedBytes += costOf(payload);
    return this.#unreceivedBytes < READ_AHEAD_BYTES || this.#readsToTheEnd ? undefined : this.#room();
  }

  /**
   * The channel ends after the messages that have arrived: they are read even if nobody receives them. It is at most
   * what the association has read ahead, and its receive buffer.
   */
  readsToTheEnd(): void {
    this.#readsToTheEnd = true;
    this.#releaseRoom();
  }

  receive(options: WaitOptions): Promise<string | Uint8Array | undefined> {
    if (this.#inbox.hasListener) {
      return Promise.reject(
        domException('InvalidStateError', 'receive: listeners of the event message get the messages'),
      );
    }
    return this.#inbox.take(options);
  }

  /** From now on the listener gets all messages. */
  listenToMessages(): void {
    this.#inbox.listen((data) => this.listener?.message(data));
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#hasRoom = resolve;
    });
  }

  #taken(data: string | Uint8Array): void {
    this.#unreceivedBytes -= costOf(data);
    if (this.#unreceivedBytes < READ_AHEAD_BYTES) this.#releaseRoom();
  }

  #releaseRoom(): void {
    this.#hasRoom?.();
    this.#hasRoom = undefined;
  }
}

function costOf(data: string | Uint8Array): number {
  return data.length + MESSAGE_BYTES;
}
