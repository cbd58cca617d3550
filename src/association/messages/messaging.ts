import type { SendInfo } from '../../bridge/calls.js';
import type { SctpError } from '../../errors.js';
import { unlessEnding } from '../../stack/socket/errors.js';
import type { Message, Sendable, SendOptions } from '../../stack/socket/message.js';
import type { Notification } from '../../stack/socket/notification.js';
import type { WaitOptions } from '../../wait.js';
import { Lifecycle } from '../lifecycle.js';
import { type AssociationState, Multihomed } from '../multihomed.js';
import type { AssociationOwner } from '../owner.js';
import { unacknowledgedBytes } from '../paths/status.js';
import type { Setup } from '../setup.js';
import { MessageIterator } from './iterator.js';
import type { ReceiveQueueOwner } from './receive-queue.js';
import { ReceiveQueues } from './receive-queues.js';
import { SendFailures } from './send-failures.js';
import { bytesOf, priorityOf, sendInfo } from './send-info.js';
import { SendQueue, type SendQueueOwner } from './send-queue.js';

const DEFAULTS = {};

/** The messages of an association, to and fro. */
export abstract class Messaging extends Multihomed implements AsyncIterable<Message> {
  #home: AssociationOwner;
  /** @internal */
  protected readonly life: Lifecycle = new Lifecycle();
  /** @internal */
  protected readonly inbox: ReceiveQueues;
  /** @internal */
  protected readonly outgoing: SendQueue;
  #undelivered: SendFailures | undefined;
  /** senderDry was told, and nothing is sent since. */
  protected isDry = false;
  /** Of messages without options: the same for all. */
  #plain: SendInfo | undefined;

  /** @internal */
  constructor(home: AssociationOwner, id: number) {
    super(id);
    this.#home = home;
    const ties = new Messaging.#Ties(this);
    this.inbox = new ReceiveQueues(home.clock, ties);
    this.outgoing = new SendQueue(ties, home.clock, home.pieceBytes, home.sendQueueBytes);
  }

  /** Where it is in its life. */
  override get state(): AssociationState {
    return this.life.state;
  }

  /** How the association came about. Throws EINPROGRESS while it is being set up, its error when that has failed. */
  get setup(): Setup {
    return this.life.setup;
  }

  /** @internal */
  protected override get home(): AssociationOwner {
    return this.#home;
  }

  /**
   * Sends a message. Resolves as soon as the stack has taken it: the promise is the back-pressure, not an
   * acknowledgement. Until then `data` must not be changed. Rejects with EINVAL for an empty message or an option that
   * can't be, EFAULT for a detached buffer, ENOBUFS when more than the socket's `sendQueueBytes` wait already; with
   * ENOTCONN before the association is up, EPIPE once either end shuts it down (a message that has begun to go is still
   * finished), and its error when it has failed.
   */
  send(data: Sendable, options: SendOptions = DEFAULTS): Promise<void> {
    try {
      if (this.state !== 'open') throw this.life.notOpen('send');
      if (options === DEFAULTS) {
        this.#plain ??= sendInfo(this.id, 1, DEFAULTS);
        return this.outgoing.push(bytesOf(data), this.#plain, 0);
      }
      const info = sendInfo(this.id, this.setup.streams.outbound, options);
      return this.outgoing.push(bytesOf(data), info, priorityOf(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @internal Takes back what `send` has promised, as far as it isn't begun; the promise rejects. */
  withdraw(sent: Promise<void>, reason: unknown): void {
    this.outgoing.withdraw(sent, reason);
  }

  /** Bytes of messages whose `send` hasn't resolved: what waits for room in the send buffer. */
  get bufferedBytes(): number {
    return this.outgoing.bytes;
  }

  /**
   * The next message; undefined when the association was shut down and all is received. Rejects with the association's
   * error when it was aborted or lost, after what was received before. If you stop receiving, no more is read ahead than the
   * socket's `readAheadBytes` allow, the receive window closes, and the peer stops sending. A call that gives up by `signal`
   * or `timeoutMs` (0: only what is here already) takes no message; it goes to the next.
   */
  receive(options: WaitOptions = DEFAULTS): Promise<Message | undefined> {
    return this.inbox.take(options);
  }

  /** The messages, one after the other, until the association has ended; throws its error. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    return new MessageIterator(() => this.inbox.common);
  }

  /** @internal It has another socket now. */
  move(home: AssociationOwner): void {
    this.#home = home;
  }

  /** @internal */
  deliver(message: Message): void {
    this.inbox.push(message);
  }

  /** @internal There may be room to send; false: nothing waits any more. */
  flush(): boolean {
    this.outgoing.flush();
    return this.outgoing.isWaiting;
  }

  /** @internal */
  get unreceivedCost(): number {
    return this.inbox.cost;
  }

  /** @internal Does somebody wait for a message, or will nobody ever? */
  get isWanted(): boolean {
    return this.inbox.isWanted;
  }

  /** @internal A part of a message was not delivered. */
  protected notDelivered(fragment: Notification & { type: 'sendFailed' }): void {
    this.#undelivered ??= new SendFailures((failure) => this.emit('sendFailed', failure));
    this.#undelivered.add(fragment);
  }

  /** @internal Tells what there is of messages that were not delivered. */
  protected tellUndelivered(): void {
    this.#undelivered?.flush();
  }

  /** @internal Nobody will receive any more. */
  discard(): void {
    this.inbox.discard();
  }

  /** @internal Aborts it because of an error here. */
  abstract fail(error: SctpError, reason?: string): void;

  /** A call's answer; undefined when the association is about to end, or has ended. */
  protected unlessEnding<T>(call: () => T): T | undefined {
    return unlessEnding(call, this.#home);
  }

  /** What its two directions need of the association. */
  static readonly #Ties = class implements SendQueueOwner, ReceiveQueueOwner {
    readonly #of: Messaging;

    constructor(of: Messaging) {
      this.#of = of;
    }

    left(cost: number): void {
      this.#of.#home.left(this.#of, cost);
    }

    wanted(): void {
      this.#of.#home.wanted(this.#of);
    }

    send(data: Uint8Array, info: SendInfo): number | undefined {
      this.#of.isDry = false;
      if (this.#of.state === 'closed') throw this.#of.life.notOpen('send');
      return this.#of.unlessEnding(() => this.#of.#home.moduleSocket.send(data, info));
    }

    unacknowledgedBytes(): number {
      return unacknowledgedBytes(this.#of.#home.moduleSocket, this.#of.id);
    }

    waiting(): void {
      this.#of.#home.waiting(this.#of);
    }

    gaveUp(data: Uint8Array, { stream, ppid, context }: SendInfo): void {
      this.#of.emit('sendFailed', { stream, ppid, context, sent: false, data: new Uint8Array(data), whole: true });
    }

    broken(error: SctpError): void {
      this.#of.fail(error, 'a message was cut off');
    }
  };
}
