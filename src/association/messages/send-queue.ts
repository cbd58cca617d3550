import type { SendInfo } from '../../bridge/calls.js';
import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { SCTP_EOR, SCTP_PR_SCTP_TTL } from '../../generated/constants.js';
import { ResetBarriers } from './reset-barriers.js';
import { detached } from './send-info.js';
import { SMALL_BYTES, SmallMessages } from './small-messages.js';
import type { WaitingMessage } from './waiting-message.js';
import { WaitingMessages } from './waiting-messages.js';

/** What a send queue needs from its association. */
export interface SendQueueOwner {
  /** Passes as much as fits to usrsctp. Returns the number of bytes, or undefined if there is no room. */
  passToStack(data: Uint8Array, info: SendInfo): number | undefined;
  /** May parts of messages be interleaved, because both ends have I-DATA (RFC 8260)? */
  readonly interleaves: boolean;
  /** How many bytes in usrsctp the peer hasn't acknowledged. */
  unacknowledgedBytes(): number;
  /** Messages wait: `flush` must be called when there may be room. */
  messagesWait(): void;
  /** A message was given up, by its reliability policy, before it had begun. */
  gaveUp(data: Uint8Array, info: SendInfo): void;
  /** A message that has begun can't be finished, so no other message can follow it. */
  cutOff(error: SctpError): void;
}

const TAKEN = Promise.resolve();
const NOTHING = new Uint8Array();
const ignore = () => undefined;

/**
 * The peer restarted in the middle of a message and lost what it had of it. usrsctp reports no failure of the message,
 * so it is sent again as a whole (wasm/fixes/unfinished_messages.c).
 */
const isInterrupted = (error: unknown): boolean => error instanceof SctpError && error.code === 'EINTR';

/**
 * Messages on their way into usrsctp's send buffer, in order. While the buffer has room, messages go straight through;
 * otherwise they wait here. A message that is larger than the room is passed in pieces. Without I-DATA all others wait
 * until it has ended, because the fragments of a message have consecutive TSNs (RFC 9260 §6.9). With I-DATA only those
 * of its stream do, and the streams take turns.
 */
export class SendQueue {
  readonly #owner: SendQueueOwner;
  readonly #clock: Clock;
  readonly #pieceBytes: number;
  /** How many bytes may wait. */
  readonly limit: number;
  readonly #waiting = new WaitingMessages();
  /** Messages that were given up, and are still to be reported. */
  readonly #givenUp: WaitingMessage[] = [];
  #barriers: ResetBarriers | undefined;
  #end: SendInfo | undefined;
  /** How often the queue has failed. */
  #failures = 0;
  /** Returns the error of new messages; undefined: they may be sent. */
  #failure: (() => unknown) | undefined;
  #small: SmallMessages | undefined;
  /** A call of usrsctp is under way. Messages that are sent during it, by listeners of events, wait. */
  #isSending = false;

  /**
   * `pieceBytes`: the most bytes in one call of usrsctp, which refuses more than its send buffer instead of taking a
   * part. `limit`: how many bytes may wait, each message counting MESSAGE_BYTES more than its length. A message may
   * exceed it if no other one waits.
   */
  constructor(owner: SendQueueOwner, clock: Clock, pieceBytes: number, limit: number) {
    this.#owner = owner;
    this.#clock = clock;
    this.#pieceBytes = pieceBytes;
    this.limit = limit;
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#waiting.bytes;
  }

  get isWaiting(): boolean {
    return !this.#waiting.isEmpty || this.#end !== undefined;
  }

  /**
   * Resolves when usrsctp has taken the whole message, or when its policy has given it up. During the call of usrsctp,
   * listeners of events may be called, which may send, abort or close. This message goes before those that they send,
   * and is rejected with the reason if they end the association.
   */
  push(data: Uint8Array, info: SendInfo, priority: number): Promise<void> {
    const barriersBefore = this.#barriers?.made ?? 0;
    if (this.#mustWait(info.stream)) return this.#wait('last', data, 0, info, priority, barriersBefore);
    const offset = this.#sendPieces(data, 0, info);
    if (offset === data.length) {
      if (this.isWaiting) this.flush();
      return TAKEN;
    }
    if (offset === 0 && this.#failure) return Promise.reject(this.#failure());
    return this.#wait('first', data, offset, info, priority, barriersBefore);
  }

  #wait(
    place: 'first' | 'last',
    data: Uint8Array,
    offset: number,
    info: SendInfo,
    priority: number,
    barriersBefore: number,
  ): Promise<void> {
    const bytes = data.length;
    const givenUp = offset > 0 ? [] : this.#waiting.makeRoom(bytes, priority, this.limit);
    if (!givenUp) throw this.#full();
    const expiresAt = info.prPolicy === SCTP_PR_SCTP_TTL ? this.#clock.now() + info.prValue : Number.POSITIVE_INFINITY;
    let [resolve, reject]: [WaitingMessage['resolve'], WaitingMessage['reject']] = [ignore, ignore];
    const promise = new Promise<void>((...settle) => {
      [resolve, reject] = settle;
    });
    const waiting: WaitingMessage = {
      data,
      bytes,
      info,
      expiresAt,
      priority,
      barriersBefore,
      offset,
      promise,
      resolve,
      reject,
      place: undefined,
      placeInStream: undefined,
    };
    this.#waiting.add(waiting, place);
    this.#owner.messagesWait();
    if (givenUp.length > 0) this.#reportGivenUp(givenUp); // last: a listener may send, abort or close
    return promise;
  }

  /**
   * Withdraws a message, by its promise, which rejects with `reason`. A message that has begun is sent to its end, from
   * a copy, because the caller may reuse the buffer.
   */
  withdraw(sent: Promise<void>, reason: unknown): void {
    const waiting = this.#waiting.find(sent);
    if (!waiting) return;
    if (this.#waiting.hasBegun(waiting)) waiting.data = waiting.data.slice();
    else this.#waiting.remove(waiting);
    waiting.reject(reason);
    this.flush();
  }

  /** Sends `info`, which shuts the association down, when usrsctp has taken all messages. */
  end(info: SendInfo): void {
    this.#end = info;
    this.flush();
    if (this.isWaiting) this.#owner.messagesWait();
  }

  /**
   * Blocks the messages that are sent on some streams from now on. Calls `begin` when usrsctp has taken those that were
   * sent before. Returns the function that ends the blocking.
   */
  block(streams: readonly number[] | 'all', begin: () => void): () => void {
    this.#barriers ??= new ResetBarriers();
    const release = this.#barriers.add(streams, begin);
    this.#barriers.begin(this.#waiting);
    return () => {
      release();
      this.flush();
    };
  }

  /** Sends as many waiting messages as there is room for. */
  flush(): void {
    if (this.#isSending) return;
    this.#flush();
    if (this.#barriers && !this.#barriers.isEmpty) this.#barriers.begin(this.#waiting);
  }

  #flush(): void {
    for (let first = this.#next(); first; first = this.#next()) {
      if (this.#pass(first)) continue;
      if (first.offset === 0) this.#passBegun();
      return;
    }
    if (this.#end && this.#waiting.isEmpty) this.#sendEnd(this.#end);
  }

  /**
   * usrsctp refuses messages that haven't begun once the peer shuts down, before we have read that it does. The rest of
   * others has room then, and nothing may be in flight that would lead to another call.
   */
  #passBegun(): void {
    for (const message of this.#waiting.begun()) this.#pass(message);
  }

  /** Passes as much of a message to usrsctp as there is room for. Returns whether the message has left the queue by that. */
  #pass(message: WaitingMessage): boolean {
    if (message.offset === 0 && this.#clock.now() > message.expiresAt) {
      this.#waiting.remove(message);
      this.#reportGivenUp([message]);
      return true;
    }
    try {
      if (message.data.length !== message.bytes) throw this.#checkCutOff(message.offset, detached());
      this.#waiting.busy = message;
      const info = message.offset === 0 ? this.#infoOf(message) : message.info;
      this.#waiting.advance(message, this.#sendPieces(message.data, message.offset, info));
    } catch (error) {
      if (this.#waiting.remove(message)) message.reject(error);
      return true;
    } finally {
      this.#waiting.busy = undefined;
    }
    if (!message.place || message.offset < message.bytes) return false; // without a place: the association has ended
    this.#waiting.remove(message);
    message.resolve();
    return true;
  }

  #next(): WaitingMessage | undefined {
    return this.#waiting.next(this.#barriers, this.#owner.interleaves);
  }

  /** A message that has waited has only the rest of its lifetime left. */
  #infoOf({ info, expiresAt }: WaitingMessage): SendInfo {
    if (info.prPolicy !== SCTP_PR_SCTP_TTL) return info;
    return { ...info, prValue: Math.max(1, Math.ceil(expiresAt - this.#clock.now())) };
  }

  #sendEnd(info: SendInfo): void {
    this.#isSending = true;
    try {
      if (this.#owner.passToStack(NOTHING, info) !== undefined && this.#end === info) this.#end = undefined;
    } finally {
      this.#isSending = false;
    }
  }

  /** Must a new message on that stream wait behind others? */
  #mustWait(stream: number): boolean {
    if (this.#isSending) return true;
    const barriers = this.#barriers;
    if (!barriers || barriers.isEmpty) return this.isWaiting;
    if (barriers.blocksStream(stream)) return true;
    for (const each of this.#waiting) if (each.offset > 0 || !barriers.blocks(each)) return true;
    return false;
  }

  /** The peer has restarted. A message that has begun is sent again when its next piece is refused. */
  restart(): void {
    this.#failure = undefined;
  }

  /**
   * The peer shuts the association down: messages that haven't begun are rejected, those that have are finished
   * (RFC 9260 §9.2).
   */
  refuse(why: () => unknown): void {
    this.#failure = why;
    this.#end = undefined;
    this.#barriers?.clear();
    this.#reject(this.#waiting.removeUnbegun(), why);
  }

  /** Nothing can be sent any more. `why` is called only if messages wait, because making an error is slow. */
  fail(why: () => unknown): void {
    this.#failures++;
    this.#failure = why;
    this.#end = undefined;
    this.#barriers?.clear();
    this.#reportGivenUp([]);
    this.#reject(this.#waiting.removeAll(), why);
  }

  #reject(messages: readonly WaitingMessage[], why: () => unknown): void {
    if (messages.length === 0) return;
    const error = why();
    for (const { reject } of messages) reject(error);
  }

  /** Reports messages that a policy has given up. A listener may cause further reports, which come after these. */
  #reportGivenUp(messages: readonly WaitingMessage[]): void {
    this.#givenUp.push(...messages);
    for (let next = this.#givenUp.shift(); next; next = this.#givenUp.shift()) {
      if (next.data.length !== next.bytes) next.reject(detached());
      else {
        next.resolve();
        this.#owner.gaveUp(next.data, next.info);
      }
    }
  }

  /** Sends from `offset` until there is no room. Returns the new offset. Only the last piece ends the message. */
  #sendPieces(data: Uint8Array, offset: number, info: SendInfo): number {
    let at = offset;
    if (offset === 0 && !this.#mayBegin(data.length)) return 0;
    const failures = this.#failures;
    this.#isSending = true;
    try {
      if (data.length - at <= this.#pieceBytes) {
        at += this.#send(at === 0 ? data : data.subarray(at), info);
        return failures === this.#failures || at === data.length ? at : 0;
      }
      const open = { ...info, flags: info.flags & ~SCTP_EOR };
      for (;;) {
        const end = Math.min(at + this.#pieceBytes, data.length);
        at += this.#send(data.subarray(at, end), end === data.length ? info : open);
        if (failures !== this.#failures && at < data.length) return 0; // usrsctp has lost its part: start again
        if (at < end || at === data.length) return at;
      }
    } catch (error) {
      if (isInterrupted(error)) return this.#sendPieces(data, 0, info);
      throw this.#checkCutOff(at, error);
    } finally {
      this.#isSending = false;
    }
  }

  #mayBegin(bytes: number): boolean {
    if (bytes >= SMALL_BYTES) return true;
    this.#small ??= new SmallMessages();
    return this.#small.mayBegin(this.#owner);
  }

  #send(data: Uint8Array, info: SendInfo): number {
    const taken = this.#owner.passToStack(data, info) ?? 0;
    this.#small?.sent(taken);
    return taken;
  }

  /** Reports an error that cuts a message off in its middle. */
  #checkCutOff(offset: number, error: unknown): unknown {
    if (offset > 0 && error instanceof SctpError) this.#owner.cutOff(error);
    return error;
  }

  #full(): SctpError {
    return new SctpError('ENOBUFS', `send: ${this.bytes} bytes wait already: await the promises of send`, {
      syscall: 'send',
    });
  }
}
