import type { SctpError } from '../errors.js';
import type { WaitOptions } from '../wait.js';
import type { ChannelCore, DataChannelState } from './channel-core.js';
import {
  DataChannelErrorEvent,
  DataChannelMessageEvent,
  type Handler,
  HandlerAttributes,
  type Listener,
  type ListenerOptions,
} from './events.js';
import type { DataChannelPriority } from './init.js';
import { iterate } from './mailbox.js';
import { type DataChannelData, type DataChannelSendable, presented } from './payload.js';

/** The events of a channel. */
export interface DataChannelEvents {
  /** Messages can be sent. */
  readonly open: Event;
  /** A message has arrived. */
  readonly message: DataChannelMessageEvent;
  /** `bufferedAmount` has fallen to `bufferedAmountLowThreshold`, or below it. */
  readonly bufferedamountlow: Event;
  /** The peer has begun to close the channel. */
  readonly closing: Event;
  /** The channel ends because of an error. The event `close` follows. */
  readonly error: DataChannelErrorEvent;
  /** The channel has ended. */
  readonly close: Event;
}

/** Makes a channel with this inside. */
export let newDataChannel: (core: ChannelCore) => DataChannel;

/**
 * A data channel (RFC 8831), with the names and the behaviour of W3C's RTCDataChannel, and promises beside them.
 *
 * Messages go to listeners of the event `message`, if there are any. Otherwise they are kept until `receive` or an
 * iteration takes them. If you don't take the messages of a channel, it keeps about 64 KB, and the association's receive
 * window, which all channels share, closes: no channel gets any more messages then. So take the messages of each
 * channel, or ignore them by a listener.
 */
export class DataChannel extends EventTarget implements AsyncIterable<DataChannelData> {
  readonly #core: ChannelCore;
  readonly #handlers = new HandlerAttributes(this);
  #binaryType: 'arraybuffer' | 'blob' = 'arraybuffer';

  private constructor(core: ChannelCore) {
    super();
    this.#core = core;
    core.listener = {
      opened: () => this.dispatchEvent(new Event('open')),
      message: (data) => this.dispatchEvent(new DataChannelMessageEvent(presented(data, this.#binaryType))),
      bufferedAmountIsLow: () => this.dispatchEvent(new Event('bufferedamountlow')),
      closing: () => this.dispatchEvent(new Event('closing')),
      closed: (error) => {
        if (error) this.dispatchEvent(new DataChannelErrorEvent(error));
        this.dispatchEvent(new Event('close'));
      },
    };
  }

  static {
    newDataChannel = (core) => new this(core);
  }

  // --- state --------------------------------------------------------------------------------------------------------

  /** The name that the end which opened the channel gave it. */
  get label(): string {
    return this.#core.parameters.label;
  }

  /** The name of the protocol that the application speaks on the channel; `''` if it has none. */
  get protocol(): string {
    return this.#core.parameters.protocol;
  }

  /** Are messages delivered in order? */
  get ordered(): boolean {
    return this.#core.parameters.ordered;
  }

  /** How often a message is retransmitted before it is given up; null: no limit. */
  get maxRetransmits(): number | null {
    const { reliability } = this.#core.parameters;
    return reliability && 'retransmits' in reliability ? reliability.retransmits : null;
  }

  /** For how many ms a message is transmitted and retransmitted; null: no limit. */
  get maxPacketLifeTime(): number | null {
    const { reliability } = this.#core.parameters;
    return reliability && 'lifetimeMs' in reliability ? reliability.lifetimeMs : null;
  }

  /** Did both ends create the channel with the same id, so that nothing was sent to open it? */
  get negotiated(): boolean {
    return this.#core.parameters.negotiated;
  }

  /** The urgency of the channel's messages, compared with those of the other channels. */
  get priority(): DataChannelPriority {
    return this.#core.parameters.priority;
  }

  /** The stream identifier, 0 to 65,534. */
  get id(): number | null {
    return this.#core.id;
  }

  /** The state of the channel. */
  get readyState(): DataChannelState {
    return this.#core.state;
  }

  /** Resolves when the channel is open. Rejects if it ends before; that rejection may be left unhandled. */
  get opened(): Promise<void> {
    return this.#core.opened;
  }

  /** Resolves when the channel has ended: with the error if there was one. */
  get closed(): Promise<SctpError | undefined> {
    return this.#core.closed;
  }

  /**
   * Closes the channel (RFC 8831 §6.7): what was sent is delivered first. Messages that the peer still sends are dropped.
   * Resolves when both ends have closed it; the id is free then.
   */
  async close(): Promise<void> {
    this.#core.close();
    await this.#core.closed;
  }

  // --- sending ------------------------------------------------------------------------------------------------------

  /**
   * Sends a message; its bytes are copied. Resolves as soon as the stack has taken it: await it, and you have
   * back-pressure. Programs written for browsers needn't: the promise may be left unhandled, because an error also ends
   * the channel. Throws InvalidStateError unless the channel is open, TypeError for a message that is larger than
   * `maxMessageSize` or can't be sent, OperationError if the socket's `sendQueueBytes` (16 MB by default) wait already.
   */
  send(data: DataChannelSendable): Promise<void> {
    return this.#core.send(data);
  }

  /** How many bytes of messages wait for room in the association's send buffer: those whose `send` hasn't resolved. */
  get bufferedAmount(): number {
    return this.#core.outbox.bytes;
  }

  /** When `bufferedAmount` falls to this number of bytes, the event `bufferedamountlow` is emitted. Default 0. */
  get bufferedAmountLowThreshold(): number {
    return this.#core.bufferedAmountLowThreshold;
  }

  /** Sets the threshold, in bytes. */
  set bufferedAmountLowThreshold(bytes: number) {
    this.#core.bufferedAmountLowThreshold = bytes >>> 0;
  }

  // --- receiving ----------------------------------------------------------------------------------------------------

  /** As what binary messages are received: `arraybuffer`, the default, or `blob`. */
  get binaryType(): 'arraybuffer' | 'blob' {
    return this.#binaryType;
  }

  /** Sets it for the messages that are received from now on. */
  set binaryType(type: 'arraybuffer' | 'blob') {
    if (type === 'arraybuffer' || type === 'blob') this.#binaryType = type; // others are ignored, as in browsers
  }

  /**
   * The next message. Resolves with undefined when the channel was closed and everything is received. Rejects with the
   * channel's error, with ETIMEDOUT or the signal's reason, and with InvalidStateError if there are listeners of the
   * event `message`. If the wait ends by `signal` or `timeoutMs`, no message is lost.
   */
  async receive(options: WaitOptions = {}): Promise<DataChannelData | undefined> {
    const data = await this.#core.receive(options);
    return data === undefined ? undefined : presented(data, this.#binaryType);
  }

  /** The messages, until the channel is closed. Throws the channel's error. */
  [Symbol.asyncIterator](): AsyncIterableIterator<DataChannelData> {
    return iterate(() => this.receive());
  }

  // --- events -------------------------------------------------------------------------------------------------------

  /** Calls `listener` for each event of that name. */
  override addEventListener<Name extends keyof DataChannelEvents>(
    name: Name,
    listener: ((event: DataChannelEvents[Name]) => void) | null,
    options?: ListenerOptions,
  ): void;
  /** As of any EventTarget. */
  override addEventListener(name: string, listener: Listener, options?: ListenerOptions): void;
  override addEventListener(name: string, listener: Listener, options?: ListenerOptions): void {
    super.addEventListener(name, listener, options);
    if (name === 'message' && listener) this.#core.listenToMessages();
  }

  /** Removes a listener. */
  override removeEventListener<Name extends keyof DataChannelEvents>(
    name: Name,
    listener: ((event: DataChannelEvents[Name]) => void) | null,
    options?: Parameters<EventTarget['removeEventListener']>[2],
  ): void;
  /** As of any EventTarget. */
  override removeEventListener(
    name: string,
    listener: Listener,
    options?: Parameters<EventTarget['removeEventListener']>[2],
  ): void;
  override removeEventListener(
    name: string,
    listener: Listener,
    options?: Parameters<EventTarget['removeEventListener']>[2],
  ): void {
    super.removeEventListener(name, listener, options);
  }

  /** Is called with each event `open`. */
  get onopen(): Handler<Event> {
    return this.#handlers.of('open');
  }

  /** Sets the handler; null removes it. */
  set onopen(handler: Handler<Event>) {
    this.#handlers.set('open', handler);
  }

  /** Is called with each event `message`. */
  get onmessage(): Handler<DataChannelMessageEvent> {
    return this.#handlers.of('message');
  }

  /** Sets the handler; null removes it. */
  set onmessage(handler: Handler<DataChannelMessageEvent>) {
    this.#handlers.set('message', handler);
  }

  /** Is called with each event `bufferedamountlow`. */
  get onbufferedamountlow(): Handler<Event> {
    return this.#handlers.of('bufferedamountlow');
  }

  /** Sets the handler; null removes it. */
  set onbufferedamountlow(handler: Handler<Event>) {
    this.#handlers.set('bufferedamountlow', handler);
  }

  /** Is called with each event `closing`. */
  get onclosing(): Handler<Event> {
    return this.#handlers.of('closing');
  }

  /** Sets the handler; null removes it. */
  set onclosing(handler: Handler<Event>) {
    this.#handlers.set('closing', handler);
  }

  /** Is called with each event `error`. */
  get onerror(): Handler<DataChannelErrorEvent> {
    return this.#handlers.of('error');
  }

  /** Sets the handler; null removes it. */
  set onerror(handler: Handler<DataChannelErrorEvent>) {
    this.#handlers.set('error', handler);
  }

  /** Is called with each event `close`. */
  get onclose(): Handler<Event> {
    return this.#handlers.of('close');
  }

  /** Sets the handler; null removes it. */
  set onclose(handler: Handler<Event>) {
    this.#handlers.set('close', handler);
  }
}
