import type { Handle } from '../../bridge/instance.js';
import { MSG_EOR, MSG_NOTIFICATION, SCTP_UNORDERED } from '../../generated/constants.js';
import type { Words } from '../../lib-types.js';
import type { Pump } from '../pump.js';
import { MESSAGE_BYTES, type Message } from './message.js';
import type { Notification } from './notification.js';
import { decodeNotification } from './notification-decoder.js';
import { Reassembly } from './reassembly.js';

/** To whom a reader delivers what it reads. */
export interface ReaderOwner {
  /** How many bytes of messages may be read now. The rest stays in usrsctp and closes the receive window. */
  room(): number;
  /** Ids of associations from which nothing may be read now; undefined if there are none. */
  readonly setAside: Words | undefined;
  message(associationId: number, message: Message): void;
  notification(notification: Notification): void;
  /** How many bytes of an association's incomplete messages have been read. */
  begun(associationId: number, bytes: number): void;
  /** A message is larger than the limit: its association can't go on. */
  oversized(associationId: number): void;
  /** Delivering a message or notification threw an error: its association can't go on. */
  failed(associationId: number, error: unknown): void;
}

/** A message, or a part of one, as one call of recvv returned it. */
interface MessagePart {
  readonly type: 'message';
  readonly associationId: number;
  /** Is it the last part of the message? */
  readonly isEnd: boolean;
  readonly message: Message;
}

type ReadItem = MessagePart | Notification;

/** The most reads in one entry into the module. */
const BATCH = 64;

/**
 * Reads a socket of the module. One entry into the module reads a batch, which is delivered after the entry: C never
 * calls JavaScript that could call C again. The code that receives an item may do anything: read on, close the socket,
 * or peel the association off, which takes the undelivered items of the association along.
 */
export class SocketReader {
  readonly #pump: Pump;
  readonly #handle: Handle;
  readonly #owner: ReaderOwner;
  readonly #reassembly: Reassembly;
  /** What the last entry has read; the first `#delivered` items have been delivered. */
  #batch: ReadItem[] = [];
  #delivered = 0;
  #isRunning = false;
  /** The owner has got room for more since the last read. */
  #hasRoom = false;
  #isClosed = false;

  constructor(pump: Pump, handle: Handle, owner: ReaderOwner, maxMessageBytes: number) {
    this.#pump = pump;
    this.#handle = handle;
    this.#owner = owner;
    this.#reassembly = new Reassembly(maxMessageBytes);
  }

  /** Ends reading, because the socket is closed. */
  end(): void {
    this.#isClosed = true;
  }

  /** Reads and delivers until there is nothing more to read, or the owner has no room. */
  run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      this.#deliverBatch();
      for (let isMore = true; (isMore || this.#hasRoom) && !this.#isClosed; this.#deliverBatch()) {
        this.#hasRoom = false;
        const room = this.#owner.room();
        isMore = room > 0 && this.#pump.enter(() => this.#fill(room));
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Reads on, because the owner has room again. May be called while a batch is delivered. */
  again(): void {
    this.#hasRoom = true;
    this.run();
  }

  /** Takes over what another reader has of an association: incomplete messages and undelivered items. */
  adopt(associationId: number, from: SocketReader): void {
    this.#reassembly.adopt(associationId, from.#reassembly);
    this.#batch.push(...from.#takeUndelivered(associationId));
  }

  #takeUndelivered(associationId: number): ReadItem[] {
    const undelivered = this.#batch.splice(this.#delivered);
    this.#batch.push(...undelivered.filter((item) => item.associationId !== associationId));
    return undelivered.filter((item) => item.associationId === associationId);
  }

  #deliverBatch(): void {
    if (this.#batch.length === 0) return;
    while (this.#delivered < this.#batch.length) {
      const item = this.#batch[this.#delivered++];
      if (item) this.#deliver(item);
    }
    this.#batch = [];
    this.#delivered = 0;
  }

  /** Reads a batch. Returns false if there is nothing more to read. */
  #fill(room: number): boolean {
    const { calls } = this.#pump;
    const { setAside } = this.#owner;
    if (setAside === undefined) return this.#read(room);
    try {
      return calls.setAside(this.#handle, setAside) && this.#read(room);
    } finally {
      calls.putBack();
    }
  }

  #read(room: number): boolean {
    const { calls } = this.#pump;
    for (let left = room; left > 0 && !this.#isFull; ) {
      const length = calls.recvv(this.#handle);
      if (length <= 0) return false;
      left -= this.#take(length);
      if (!calls.hasMore) return false;
    }
    return true;
  }

  get #isFull(): boolean {
    return this.#batch.length >= BATCH && !this.#reassembly.hasNotification; // a notification is read to its end
  }

  /** Takes what the last recvv returned. Returns how much of the room it uses. */
  #take(length: number): number {
    const { calls } = this.#pump;
    const { associationId, flags, stream, ppid, ssn, tsn, rcvFlags } = calls.received;
    const isEnd = (flags & MSG_EOR) !== 0;
    if (flags & MSG_NOTIFICATION) {
      const notification = this.#notification(length, isEnd);
      if (notification) this.#batch.push(notification);
      return 0;
    }
    const unordered = (rcvFlags & SCTP_UNORDERED) !== 0;
    const data = calls.receivedBytes(length);
    const message = { data, stream, ppid, unordered, ssn, tsn };
    this.#batch.push({ type: 'message', associationId, isEnd, message });
    return length + MESSAGE_BYTES;
  }

  /** Decodes a notification in the module's memory: a copy of each took a third of the time of a set-up. */
  #notification(length: number, isEnd: boolean): Notification | undefined {
    const { calls } = this.#pump;
    if (isEnd && !this.#reassembly.hasNotification) return decodeNotification(calls.receivedView, length);
    const whole = this.#reassembly.notification(calls.receivedBytes(length), isEnd);
    return whole && decodeNotification(new DataView(whole.buffer), whole.length);
  }

  /** An error ends the association that the item is about: nothing that a peer causes may stop the reader. */
  #deliver(item: ReadItem): void {
    try {
      if (item.type === 'message') this.#deliverMessage(item);
      else this.#deliverNotification(item);
    } catch (error) {
      this.#owner.failed(item.associationId, error);
    }
  }

  #deliverNotification(notification: Notification): void {
    const { type, associationId } = notification;
    if (type === 'partialDeliveryAborted') this.#reassembly.abort(associationId, notification);
    // When a peer restarts, usrsctp reports its incomplete messages as aborted, and delivers the complete ones.
    if (type === 'association' && notification.state !== 'restart') this.#reassembly.forget(associationId);
    if (type === 'partialDeliveryAborted' || type === 'association') this.#reportBegun(associationId);
    this.#owner.notification(notification);
  }

  #deliverMessage({ associationId, isEnd, message }: MessagePart): void {
    const data = this.#reassembly.message(associationId, message, isEnd);
    if (data === message.data) return this.#owner.message(associationId, message);
    this.#reportBegun(associationId);
    if (data === 'oversized') this.#owner.oversized(associationId);
    else if (data) this.#owner.message(associationId, { ...message, data });
  }

  #reportBegun(associationId: number): void {
    this.#owner.begun(associationId, this.#reassembly.bytes(associationId));
  }
}
