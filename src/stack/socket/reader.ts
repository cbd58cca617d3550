import type { Handle } from '../../bridge/instance.js';
import { MSG_EOR, MSG_NOTIFICATION, SCTP_UNORDERED } from '../../generated/constants.js';
import { appended } from '../../lists.js';
import type { Pump } from '../pump.js';
import { MESSAGE_BYTES, type Message } from './message.js';
import type { Owner } from './module-socket.js';
import type { Notification } from './notification.js';
import { decodeNotification } from './notification-decoder.js';
import { Reassembly } from './reassembly.js';

/** One read of a message, or of a part of one. */
interface Read {
  readonly type: 'message';
  readonly associationId: number;
  /** Does it end the message? */
  readonly isEnd: boolean;
  readonly message: Message;
}

/** How many reads one entry into the module makes at most. */
const BATCH = 64;

/**
 * Reads a socket of the module. What one entry has read is told after it: nobody is called while it lasts. Whoever is told
 * may do anything: read on, close the socket, or peel the association off, which then takes along what isn't told yet.
 */
export class SocketReader {
  readonly #pump: Pump;
  readonly #handle: Handle;
  readonly #owner: Owner;
  readonly #reassembly: Reassembly;
  /** What is read, and how much of that is told. */
  #batch: (Read | Notification)[] | undefined;
  #told = 0;
  #isRunning = false;
  /** The owner has had room for more since the last read. */
  #hasRoom = false;
  #isOver = false;

  constructor(pump: Pump, handle: Handle, owner: Owner, maxMessageBytes: number) {
    this.#pump = pump;
    this.#handle = handle;
    this.#owner = owner;
    this.#reassembly = new Reassembly(maxMessageBytes);
  }

  /** The socket is closed: nothing more is read. */
  end(): void {
    this.#isOver = true;
  }

  /** Reads until there is nothing more, or the owner has no room. */
  run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      this.#tellBatch();
      for (let isMore = true; (isMore || this.#hasRoom) && !this.#isOver; this.#tellBatch()) {
        this.#hasRoom = false;
        const room = this.#owner.room();
        isMore = room > 0 && this.#pump.enter(() => this.#fill(room));
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Reads what there was no room for: also where the owner is told of it by those who are told what is read. */
  again(): void {
    this.#hasRoom = true;
    this.run();
  }

  /** Takes over what another one has read of an association: beginnings of messages, and what it hasn't told yet. */
  adopt(associationId: number, from: SocketReader): void {
    this.#reassembly.adopt(associationId, from.#reassembly);
    for (const read of from.#untold(associationId)) this.#batch = appended(this.#batch, read);
  }

  /** Takes what isn't told yet of an association. */
  #untold(associationId: number): (Read | Notification)[] {
    const batch = this.#batch ?? [];
    const isOurs = (read: Read | Notification) => read.associationId === associationId;
    const untold = batch.splice(this.#told);
    batch.push(...untold.filter((read) => !isOurs(read)));
    return untold.filter(isOurs);
  }

  #tellBatch(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    for (this.#told = 0; this.#told < batch.length; ) {
      const read = batch[this.#told++];
      if (read) this.#tell(read);
    }
    this.#batch = undefined;
  }

  /** Fills the batch; false: there is nothing more. */
  #fill(room: number): boolean {
    const { calls } = this.#pump;
    const { held } = this.#owner;
    if (held === undefined) return this.#read(room);
    try {
      return calls.setAside(this.#handle, held) && this.#read(room);
    } finally {
      calls.putBack();
    }
  }

  /** A notification that has begun is read to its end. */
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
    return this.#batch !== undefined && this.#batch.length >= BATCH && !this.#reassembly.hasNotification;
  }

  /** What the last recvv brought; returns what it costs. */
  #take(length: number): number {
    const { calls } = this.#pump;
    const { associationId, flags, stream, ppid, ssn, tsn, rcvFlags } = calls.received;
    const isEnd = (flags & MSG_EOR) !== 0;
    if (flags & MSG_NOTIFICATION) {
      const notification = this.#notification(length, isEnd);
      if (notification) this.#batch = appended(this.#batch, notification);
      return 0;
    }
    const unordered = (rcvFlags & SCTP_UNORDERED) !== 0;
    const data = calls.receivedBytes(length);
    const message = { data, stream, ppid, unordered, ssn, tsn };
    this.#batch = appended(this.#batch, { type: 'message', associationId, isEnd, message });
    return length + MESSAGE_BYTES;
  }

  /** What was received, decoded where it lies: copies, which are a buffer each, took a third of a set-up. */
  #notification(length: number, isEnd: boolean): Notification | undefined {
    const { calls } = this.#pump;
    if (isEnd && !this.#reassembly.hasNotification) return decodeNotification(calls.receivedView, length);
    const whole = this.#reassembly.notification(calls.receivedBytes(length), isEnd);
    return whole && decodeNotification(new DataView(whole.buffer), whole.length);
  }

  /** What can't be told is its association's failure: nothing that a peer causes may stop the reading. */
  #tell(read: Read | Notification): void {
    try {
      if (read.type === 'message') this.#tellMessage(read);
      else this.#tellNotification(read);
    } catch (error) {
      this.#owner.failed(read.associationId, error);
    }
  }

  #tellNotification(notification: Notification): void {
    const { type, associationId } = notification;
    if (type === 'partialDeliveryAborted') this.#reassembly.abort(associationId, notification);
    // of a peer that restarts, what isn't whole is told as aborted; what is whole is read to its end
    if (type === 'association' && notification.state !== 'restart') this.#reassembly.forget(associationId);
    if (type === 'partialDeliveryAborted' || type === 'association') this.#tellBegun(associationId);
    this.#owner.notification(notification);
  }

  #tellMessage({ associationId, isEnd, message }: Read): void {
    const data = this.#reassembly.message(associationId, message, isEnd);
    if (data === message.data) return this.#owner.message(associationId, message);
    this.#tellBegun(associationId);
    if (data === 'oversized') this.#owner.oversized(associationId);
    else if (data) this.#owner.message(associationId, { ...message, data });
  }

  /** The owner knows how much of an association's messages is here. */
  #tellBegun(associationId: number): void {
    this.#owner.begun(associationId, this.#reassembly.bytes(associationId));
  }
}
