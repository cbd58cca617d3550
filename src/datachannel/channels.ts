import { checkOptions, shown } from '../arguments.js';
import type { Association } from '../association/association.js';
import type { SctpError } from '../errors.js';
import type { Names } from '../nearest-name.js';
import type { WaitOptions } from '../wait.js';
import { type DataChannel, newDataChannel } from './channel.js';
import type { ChannelCore } from './channel-core.js';
import { type ChannelLimits, ChannelTable } from './channel-table.js';
import { type Handler, HandlerAttributes, type Listener, type ListenerOptions } from './events.js';
import { type DataChannelInit, parametersOf } from './init.js';
import { iterate, Mailbox } from './mailbox.js';
import type { DataChannelRole } from './stream-ids.js';

/** Options of {@link DataChannels}. */
export interface DataChannelsOptions {
  /**
   * The ids of the channels that this end creates: `client`: even ones, `server`: odd ones. The ends must have different
   * roles. Over DTLS, they are the roles of DTLS (RFC 8832 §6).
   */
  readonly role: DataChannelRole;
  /**
   * The largest message that the peer takes, in bytes: `a=max-message-size` in its SDP (RFC 8841 §6), 0 or Infinity for
   * any. Default Infinity. How much this end takes is the socket's `maxMessageBytes`.
   */
  readonly maxMessageSize?: number;
  /** The peer can't open channels if there are that many. Default 1024. */
  readonly maxChannels?: number;
}

/** The event `datachannel`: the peer has opened a channel. */
export class DataChannelEvent extends Event {
  /** The channel. */
  readonly channel: DataChannel;

  constructor(channel: DataChannel) {
    super('datachannel');
    this.channel = channel;
  }
}

/** The event `refused`: the peer has broken the protocol on a stream that is no channel, and the stream was closed. */
export class RefusedEvent extends Event {
  /** The stream. */
  readonly id: number;
  /** What the peer did: EPROTO. */
  readonly error: SctpError;

  constructor(id: number, error: SctpError) {
    super('refused');
    this.id = id;
    this.error = error;
  }
}

/** The events of {@link DataChannels}. */
export interface DataChannelsEvents {
  /** The peer has opened a channel. */
  readonly datachannel: DataChannelEvent;
  /** The peer has broken the protocol on a stream that is no channel, and the stream was closed. */
  readonly refused: RefusedEvent;
}

const OPTIONS: Names<DataChannelsOptions> = { role: true, maxMessageSize: true, maxChannels: true };

/**
 * The data channels of an association (RFC 8831, RFC 8832), over any transport. From now on the association belongs to
 * the channels: don't receive from it or send on it.
 *
 * ```ts
 * const channels = new DataChannels(association, { role: 'client' });
 * const chat = channels.createDataChannel('chat');
 * await chat.opened;
 * await chat.send('hello');
 * for await (const message of chat) console.log(message);
 * ```
 *
 * At the other end:
 *
 * ```ts
 * for await (const channel of new DataChannels(association, { role: 'server' })) {
 *   channel.onmessage = ({ data }) => channel.send(data);
 * }
 * ```
 */
export class DataChannels extends EventTarget implements AsyncIterable<DataChannel>, AsyncDisposable {
  /** The association. */
  readonly association: Association;
  readonly #table: ChannelTable;
  readonly #facades = new WeakMap<ChannelCore, DataChannel>();
  readonly #incoming: Mailbox<ChannelCore>;
  readonly #handlers = new HandlerAttributes(this);

  /** Throws TypeError for an option that doesn't exist or is invalid, and if the association has data channels already. */
  constructor(association: Association, options: DataChannelsOptions) {
    super();
    const limits = limitsOf(options);
    claim(association);
    this.association = association;
    this.#table = new ChannelTable(association, limits, {
      incoming: (channel) => this.#incoming.push(channel),
      refused: (id, error) => this.dispatchEvent(new RefusedEvent(id, error)),
    });
    this.#incoming = new Mailbox(this.#table.clock, 'accept');
    association.closed.then((error) => this.#incoming.end(error));
  }

  /** The channels that haven't ended. */
  get channels(): readonly DataChannel[] {
    return this.#table.channels.filter(({ state }) => state !== 'closed').map((channel) => this.#facadeOf(channel));
  }

  /**
   * Creates a channel. It is open when the event `open` is emitted and `opened` resolves: at once if the association is
   * up, as the peer needn't answer (RFC 8832 §6). If the association has too few streams, some are added (RFC 6525); the
   * channel fails if the peer refuses them. Throws TypeError for a label or an option that is invalid, OperationError if
   * the id is in use or none is free, InvalidStateError if the association has ended.
   */
  createDataChannel(label: string, init: DataChannelInit = {}): DataChannel {
    const parameters = parametersOf(label, init);
    const { state } = this.association;
    if (state === 'closed' || state === 'closing') {
      throw new DOMException(`createDataChannel: the association is ${state}`, 'InvalidStateError');
    }
    return this.#facadeOf(this.#table.create(parameters));
  }

  /**
   * The next channel that the peer has opened. Resolves with undefined when the association was shut down. Rejects with
   * the association's error, with ETIMEDOUT or the signal's reason. Listeners of the event `datachannel` get the channels
   * instead, if there are any.
   */
  async accept(options: WaitOptions = {}): Promise<DataChannel | undefined> {
    const channel = await this.#incoming.take(options);
    if (!channel) return undefined;
    this.#table.clock.schedule(0, () => channel.handOut()); // the caller adds listeners first
    return this.#facadeOf(channel);
  }

  /** The channels that the peer opens, until the association has ended. Throws the association's error. */
  [Symbol.asyncIterator](): AsyncIterableIterator<DataChannel> {
    return iterate(() => this.accept());
  }

  /** Shuts the association down, as its `close` does: what was sent on the channels is delivered first. */
  async close(options: WaitOptions = {}): Promise<void> {
    await Promise.all(this.#table.channels.map(({ outbox }) => outbox.drained.catch(() => undefined)));
    await this.association.close(options);
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls `listener` for each event of that name. */
  override addEventListener<Name extends keyof DataChannelsEvents>(
    name: Name,
    listener: ((event: DataChannelsEvents[Name]) => void) | null,
    options?: ListenerOptions,
  ): void;
  /** As of any EventTarget. */
  override addEventListener(name: string, listener: Listener, options?: ListenerOptions): void;
  override addEventListener(name: string, listener: Listener, options?: ListenerOptions): void {
    super.addEventListener(name, listener, options);
    if (name !== 'datachannel' || !listener) return;
    this.#incoming.listen((channel) => {
      this.dispatchEvent(new DataChannelEvent(this.#facadeOf(channel)));
      channel.handOut();
    });
  }

  /** Is called with each event `datachannel`. */
  get ondatachannel(): Handler<DataChannelEvent> {
    return this.#handlers.of('datachannel');
  }

  /** Sets the handler; null removes it. */
  set ondatachannel(handler: Handler<DataChannelEvent>) {
    this.#handlers.set('datachannel', handler);
  }

  #facadeOf(core: ChannelCore): DataChannel {
    const facade = this.#facades.get(core) ?? newDataChannel(core);
    this.#facades.set(core, facade);
    return facade;
  }
}

/** The associations that have data channels. */
const claimed = new WeakSet<Association>();

function claim(association: Association): void {
  if (typeof association?.stream !== 'function') {
    throw new TypeError(`DataChannels: give an association, not ${shown(association)}`);
  }
  if (claimed.has(association)) throw new TypeError('DataChannels: the association has its data channels already');
  claimed.add(association);
}

function limitsOf(options: DataChannelsOptions): ChannelLimits {
  checkOptions(options, OPTIONS, 'DataChannels');
  const { role, maxMessageSize = Number.POSITIVE_INFINITY, maxChannels = 1024 } = options;
  if (role !== 'client' && role !== 'server') {
    throw new TypeError(`DataChannels: role must be 'client' or 'server', not ${shown(role)}`);
  }
  if (typeof maxMessageSize !== 'number' || !(maxMessageSize >= 0)) {
    throw new TypeError(`DataChannels: maxMessageSize must be a number of bytes, not ${shown(maxMessageSize)}`);
  }
  if (!Number.isInteger(maxChannels) || maxChannels < 0) {
    throw new TypeError(`DataChannels: maxChannels must be 0 or more, not ${shown(maxChannels)}`);
  }
  return { role, maxMessageSize: maxMessageSize === 0 ? Number.POSITIVE_INFINITY : maxMessageSize, maxChannels };
}
