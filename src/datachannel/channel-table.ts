import type { Association } from '../association/association.js';
import type { SendOptions } from '../association/messages/send-options.js';
import type { Clock } from '../clock.js';
import type { SctpError } from '../errors.js';
import { PPID } from '../ppid.js';
import type { Message } from '../stack/socket/message.js';
import { ChannelCore, type ChannelOwner, MESSAGE_BYTES } from './channel-core.js';
import { decodeDcep, encodeAck, encodeOpen, type OpenMessage } from './dcep.js';
import { asSctpError, domException, protocolError, restarted } from './errors.js';
import { type ChannelParameters, nameBytes, openMessageOf, parametersIn } from './init.js';
import type { Payload } from './payload.js';
import { Priorities } from './priorities.js';
import { StreamClosing } from './stream-closing.js';
import { StreamGrowth } from './stream-growth.js';
import { type DataChannelRole, freeId, isOf } from './stream-ids.js';
import { readStream, type StreamReaderOwner } from './stream-reader.js';
import { StreamResets } from './stream-resets.js';

/** What limits the channels. */
export interface ChannelLimits {
  readonly role: DataChannelRole;
  /** The largest message that the peer takes, in bytes. */
  readonly maxMessageSize: number;
  /** How many channels there may be if the peer opens one more. */
  readonly maxChannels: number;
}

/** What the channels tell the program. */
export interface ChannelTableListener {
  /** The peer has opened a channel. */
  incoming(channel: ChannelCore): void;
  /** What the peer did with a stream was refused; the stream is closed. */
  refused(id: number, error: SctpError): void;
}

/** Who uses a stream: a channel, or nobody, until the stream that was refused is closed. */
interface StreamUser {
  readonly channel: ChannelCore | undefined;
  readonly closing: StreamClosing;
  /** Of the label and the protocol, if the peer has opened the channel. */
  readonly nameBytes: number;
  /** The peer has reset the stream; messages that came before may still have to be read. */
  isReset: boolean;
  /** These messages have been read. */
  isAtEnd: boolean;
}

/** Labels and protocols of all channels that the peer has opened, in bytes: they would take up to 131,070 for each. */
const NAME_BYTES = 1 << 20;

/** The channels of an association by their streams: opening, messages, closing, and what a peer may do wrong. */
export class ChannelTable implements ChannelOwner, StreamReaderOwner {
  readonly clock: Clock;
  readonly #association: Association;
  readonly #limits: ChannelLimits;
  readonly #listener: ChannelTableListener;
  readonly #users = new Map<number, StreamUser>();
  /** The streams that are being read. */
  readonly #reading = new Set<number>();
  /** Streams without a channel that the peer has just reset: see `#streamReset`. */
  readonly #earlyResets = new Set<number>();
  readonly #growth: StreamGrowth;
  readonly #resets: StreamResets;
  readonly #priorities: Priorities;
  /** How many bytes of messages wait until the association takes them, and MESSAGE_BYTES for each. */
  #waitingBytes = 0;

  constructor(association: Association, limits: ChannelLimits, listener: ChannelTableListener) {
    this.clock = association.clock;
    this.#association = association;
    this.#limits = limits;
    this.#listener = listener;
    this.#growth = new StreamGrowth(association);
    this.#resets = new StreamResets(association);
    this.#priorities = new Priorities(association);
    association.on('streamReset', ({ direction, streams, outcome }) => {
      if (direction !== 'incoming' || outcome !== 'performed') return;
      for (const id of streams === 'all' ? [...this.#users.keys()] : streams) this.#streamReset(id);
    });
    association.on('restart', () => this.#restarted());
    association.closed.then((error) => this.#associationEnded(error));
    this.#receive();
  }

  /** The channels that exist, by id. */
  get channels(): readonly ChannelCore[] {
    return [...this.#users.values()].flatMap(({ channel }) => channel ?? []);
  }

  // --- opening ------------------------------------------------------------------------------------------------------

  /** Makes a channel of this end. Throws OperationError if its id is in use, or none is free. */
  create(parameters: ChannelParameters): ChannelCore {
    const isTaken = (id: number) => this.#users.has(id);
    const id = parameters.id ?? freeId(this.#limits.role, isTaken);
    if (id === undefined) throw domException('OperationError', 'createDataChannel: no id is free');
    if (isTaken(id)) throw domException('OperationError', `createDataChannel: the id ${id} is in use`);
    const channel = new ChannelCore(this, parameters, true);
    this.#adopt(id, channel);
    this.#start(id, channel).catch((error) => {
      this.withdraw(channel);
      channel.end(asSctpError(error, 'createDataChannel'));
    });
    return channel;
  }

  /** The peer opens a channel (RFC 8832 §6). */
  #opened(id: number, open: OpenMessage): void {
    const user = this.#users.get(id);
    if (user?.isAtEnd) this.#release(id, user);
    else if (user) return user.channel?.fail(protocolError(`channel ${id} was opened again`));
    const parameters = parametersIn(open);
    const problem = this.#problemOf(id, parameters);
    if (problem) return this.#refuse(id, problem);
    const channel = new ChannelCore(this, parameters, false);
    channel.isAcknowledged = true;
    channel.isAnnounced = true;
    this.#adopt(id, channel, nameBytes(parameters));
    const isReset = this.#earlyResets.delete(id);
    this.#acknowledge(id, channel);
    channel.open(); // before the program gets it, so that it can send at once
    this.#listener.incoming(channel);
    if (isReset) this.#peerHasClosed(id);
  }

  #problemOf(id: number, parameters: ChannelParameters): string | undefined {
    if (isOf(this.#limits.role, id)) return `its channels can't have the id ${id}: the two ends have the same role`;
    const { maxChannels } = this.#limits;
    let [channels, names] = [0, nameBytes(parameters)];
    for (const user of this.#users.values()) {
      if (user.channel) channels++;
      names += user.nameBytes;
    }
    if (channels >= maxChannels) return `it opened a channel beyond maxChannels, ${maxChannels}`;
    return names > NAME_BYTES ? `the labels of its channels take more than ${NAME_BYTES} bytes` : undefined;
  }

  async #start(id: number, channel: ChannelCore): Promise<void> {
    await this.#association.ready;
    if (!this.#growth.has(id)) await this.#growth.reach(id);
    if (channel.state !== 'connecting') return;
    this.#priorities.set(id, channel.parameters.priority);
    channel.isAnnounced = true;
    if (channel.parameters.negotiated) channel.isAcknowledged = true;
    else await this.#sendDcep(id, encodeOpen(openMessageOf(channel.parameters)));
    channel.open();
  }

  /** Sends a DATA_CHANNEL_ACK before all other messages of the channel. */
  #acknowledge(id: number, channel: ChannelCore): void {
    const { priority } = channel.parameters;
    const acknowledge = () => {
      this.#priorities.set(id, priority);
      return this.#sendDcep(id, encodeAck());
    };
    const done = this.#growth.has(id) ? acknowledge() : this.#growth.reach(id).then(acknowledge);
    channel.outbox.waitFor(done);
    done.catch((error) => channel.fail(asSctpError(error, 'DATA_CHANNEL_ACK')));
  }

  #sendDcep(id: number, bytes: Uint8Array): Promise<void> {
    const sent = this.#association.send(bytes, { stream: id, ppid: PPID.WEBRTC_DCEP });
    const transmitted = () => this.transmitted(bytes.length);
    this.waits(bytes.length);
    sent.then(transmitted, transmitted);
    return sent;
  }

  // --- messages -----------------------------------------------------------------------------------------------------

  transmit(channel: ChannelCore, { ppid, bytes }: Payload): Promise<void> {
    return this.#association.send(bytes, { ...sendOptionsOf(channel), ppid });
  }

  waits(bytes: number): void {
    this.#waitingBytes += bytes + MESSAGE_BYTES;
  }

  transmitted(bytes: number): void {
    this.#waitingBytes -= bytes + MESSAGE_BYTES;
  }

  checkSize(bytes: number): void {
    const { maxMessageSize } = this.#limits;
    if (bytes > maxMessageSize) {
      throw new TypeError(`send: the message has ${bytes} bytes, and the peer takes ${maxMessageSize} at most`);
    }
    const waiting = this.#waitingBytes;
    if (waiting === 0) return;
    if (waiting + bytes + MESSAGE_BYTES <= this.#association.sendQueueBytes) return;
    throw domException('OperationError', `send: ${waiting} bytes wait already: await the promises of send`);
  }

  message(id: number, message: Message): Promise<void> | undefined {
    const user = this.#users.get(id);
    if (message.ppid === PPID.WEBRTC_DCEP) this.#dcep(id, user, message.data);
    else if (!user) this.#refuse(id, `data came on channel ${id}, which was never opened`);
    else if (user.channel) {
      user.channel.isAcknowledged = true;
      return user.channel.arrived(message);
    }
    return undefined;
  }

  #dcep(id: number, user: StreamUser | undefined, bytes: Uint8Array): void {
    const dcep = decodeDcep(bytes);
    if (dcep.type === 'open') return this.#opened(id, dcep);
    if (dcep.type === 'malformed') {
      if (user) user.channel?.fail(protocolError(`channel ${id}: ${dcep.problem}`));
      else this.#refuse(id, dcep.problem);
    } else if (!user) this.#refuse(id, `DATA_CHANNEL_ACK for channel ${id}, which was never opened`);
    else if (user.channel) user.channel.isAcknowledged = true;
  }

  /** Messages of streams without a channel. */
  async #receive(): Promise<void> {
    try {
      for (let next = await this.#association.receive(); next; next = await this.#association.receive()) {
        this.message(next.stream, next);
      }
    } catch {} // `association.closed` tells how it ended
  }

  // --- closing ------------------------------------------------------------------------------------------------------

  withdraw(channel: ChannelCore): void {
    const { id } = channel;
    if (id !== null && this.#users.get(id)?.channel === channel) this.#users.delete(id);
  }

  streamEnded(id: number, error: unknown): void {
    this.#reading.delete(id);
    if (this.#association.state !== 'closed') return this.#peerHasClosed(id);
    this.#users.get(id)?.channel?.end(error === undefined ? undefined : asSctpError(error, 'receive'));
  }

  #peerHasClosed(id: number): void {
    const user = this.#users.get(id);
    if (!user) return;
    user.isReset = true;
    user.isAtEnd = true;
    if (user.channel) user.channel.peerHasClosed();
    else user.closing.peerHasReset();
  }

  /**
   * The peer has reset a stream. The end of the stream is read behind its messages, by `readStream`. There is one
   * exception: a DATA_CHANNEL_OPEN that has been read, but is only on its way to `message`, so that nobody reads the
   * stream yet. Otherwise the peer has closed a negotiated channel that this end hasn't created: the peer waits for a
   * reset of this end's stream, too (RFC 8831 §6.7).
   */
  #streamReset(id: number): void {
    const user = this.#users.get(id);
    if (user && !user.isReset) {
      user.isReset = true;
      user.channel?.readsToTheEnd();
      return;
    }
    this.#earlyResets.add(id);
    queueMicrotask(() => {
      if (!this.#earlyResets.delete(id)) return; // `message` has been called by then
      if (!user && this.#growth.has(id)) this.#resets.reset(id).catch(() => undefined);
    });
  }

  /** Closes a stream that the peer has used wrongly (RFC 8832 §6), and drops what comes on it. */
  #refuse(id: number, problem: string): void {
    const closing = this.#adopt(id, undefined);
    closing.close();
    if (this.#earlyResets.delete(id)) this.#peerHasClosed(id);
    this.#listener.refused(id, protocolError(problem));
  }

  #restarted(): void {
    const { channels } = this;
    this.#users.clear();
    for (const channel of channels) channel.end(restarted());
  }

  /** Channels end when the messages that have arrived are read. */
  #associationEnded(error: SctpError | undefined): void {
    for (const [id, { channel }] of this.#users) {
      channel?.readsToTheEnd();
      if (!this.#reading.has(id)) channel?.end(error);
    }
  }

  // --- streams ------------------------------------------------------------------------------------------------------

  #adopt(id: number, channel: ChannelCore | undefined, nameBytes: number = 0): StreamClosing {
    const closing = new StreamClosing({
      resetOutgoing: () => (this.#growth.has(id) ? this.#resets.reset(id) : Promise.resolve()),
      closed: () => this.#release(id, user),
      failed: (error) => {
        if (this.#association.state !== 'closed') channel?.end(asSctpError(error, 'close'));
      },
    });
    const user: StreamUser = { channel, closing, nameBytes, isReset: false, isAtEnd: false };
    this.#users.set(id, user);
    channel?.uses(id, closing);
    this.#read(id);
    return closing;
  }

  /**
   * Both ends have reset the stream. If the peer opens the next channel on it before its answer to our reset arrives, the
   * DATA_CHANNEL_OPEN says so, too: the peer uses the stream again only when it has answered.
   */
  #release(id: number, user: StreamUser): void {
    if (this.#users.get(id) === user) this.#users.delete(id);
    user.channel?.end(undefined);
  }

  #read(id: number): void {
    if (this.#reading.has(id)) return;
    this.#reading.add(id);
    readStream(this.#association, id, this);
  }
}

/** Messages before the acknowledgement are ordered, so that none arrives before the DATA_CHANNEL_OPEN (RFC 8832 §6). */
function sendOptionsOf({ id, isAcknowledged, parameters }: ChannelCore): SendOptions {
  const { ordered, reliability } = parameters;
  return {
    stream: id ?? 0,
    unordered: !ordered && isAcknowledged,
    ...(reliability && { reliability: usrsctpReliability(reliability) }),
  };
}

/** usrsctp has no lifetime of 0 ms. */
function usrsctpReliability(reliability: NonNullable<ChannelParameters['reliability']>) {
  return 'lifetimeMs' in reliability ? { lifetimeMs: Math.max(1, reliability.lifetimeMs) } : reliability;
}
