import type { Handle } from '../../bridge/instance.js';
import { MSG_EOR, MSG_NOTIFICATION, SCTP_UNORDERED } from '../../generated/constants.js';
import { appended } from '../../lists.js';
import type { Pump } from '../../stack/pump.js';
import type { Owner } from '../descriptor.js';
import { decodeNotification } from '../notification/decode.js';
import type { Notification } from '../notification.js';
import type { Message } from './message.js';
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

/** Reads a socket of the module. What one entry has read is told after it: nobody is called while it lasts. */
export class Reading {
  readonly #pump: Pump;
  readonly #handle: Handle;
  readonly #owner: Owner;
  readonly #reassembly: Reassembly;
  #batch: (Read | Notification)[] | undefined;
  #isRunning = false;
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
      let isMore = true;
      while (isMore && !this.#isOver) {
        const room = this.#owner.room();
        isMore = room > 0 && this.#pump.enter(() => this.#fill(room));
        const batch = this.#batch;
        if (batch === undefined) continue;
        this.#batch = undefined;
        for (const read of batch) this.#tell(read);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Takes over the beginnings of messages. */
  adopt(associationId: number, from: Reading): void {
    this.#reassembly.adopt(associationId, from.#reassembly);
  }

  /** Fills the batch; false: there is nothing more. */
  #fill(room: number): boolean {
    const { calls } = this.#pump;
    for (let left = room; left > 0 && (this.#batch?.length ?? 0) < BATCH; ) {
      const length = calls.recvv(this.#handle);
      if (length <= 0) return false;
      left -= this.#take(length);
      if (!calls.hasMore) return false;
    }
    return true;
  }

  /** What the last recvv brought; returns how many bytes it has of a message. */
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
    return length;
  }

  /** What was received, decoded where it lies: copies, which are a buffer each, took a third of a set-up. */
  #notification(length: number, isEnd: boolean): Notification | undefined {
    const { calls } = this.#pump;
    if (isEnd && !this.#reassembly.hasNotification) return decodeNotification(calls.receivedView, length);
    const whole = this.#reassembly.notification(calls.receivedBytes(length), isEnd);
    return whole && decodeNotification(new DataView(whole.buffer), whole.length);
  }

  #tell(read: Read | Notification): void {
    if (read.type === 'message') return this.#tellMessage(read);
    const { type, associationId } = read;
    if (type === 'partialDeliveryAborted') this.#forget(associationId, read.stream);
    if (type === 'association') this.#forget(associationId);
    this.#owner.notification(read);
  }

  #tellMessage({ associationId, isEnd, message }: Read): void {
    const { stream, unordered } = message;
    const data = this.#reassembly.message(associationId, stream, unordered, message.data, isEnd);
    if (data === message.data) return this.#owner.message(associationId, message);
    this.#owner.begun(associationId, this.#reassembly.bytes(associationId));
    if (data === 'oversized') this.#owner.oversized(associationId);
    else if (data) this.#owner.message(associationId, { ...message, data });
  }

  #forget(associationId: number, stream?: number): void {
    this.#reassembly.forget(associationId, stream);
    this.#owner.begun(associationId, this.#reassembly.bytes(associationId));
  }
}
