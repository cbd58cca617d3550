import type { SendInfo } from '../../bridge/calls.js';
import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { SCTP_EOR, SCTP_PR_SCTP_TTL } from '../../generated/constants.js';
import { Holds } from './holds.js';
import { MESSAGE_BYTES } from './message.js';
import { detached } from './sendinfo.js';

interface Waiting {
  readonly data: Uint8Array;
  /** Bytes of the message; those of `data` are none once its buffer is transferred to somebody else. */
  readonly bytes: number;
  readonly info: SendInfo;
  /** Not begun by then, it is given up; ms on the clock. */
  readonly expiresAt: number;
  /** Not begun yet, it is given up for messages of a lower number; 0: for none. */
  readonly priority: number;
  /** How many holds were made before it. */
  readonly turn: number;
  /** Bytes that usrsctp has taken. */
  offset: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the way out leads to. */
export interface Sink {
  /** Takes what fits and answers how much, or undefined where there is no room. */
  send(data: Uint8Array, info: SendInfo): number | undefined;
  /** How many bytes usrsctp has that the peer hasn't acknowledged. */
  unacknowledgedBytes(): number;
  /** Something waits: `flush` must be called when there may be room. */
  waiting(): void;
  /** A message's reliability policy has given it up before it was begun. */
  gaveUp(data: Uint8Array, info: SendInfo): void;
  /** A message can't be finished that was begun, and so nothing can follow it. */
  broken(error: SctpError): void;
}

/**
 * usrsctp counts the bytes of messages alone, of which small ones have few; each takes some 300 bytes of memory beside.
 * So it is given small ones in windows of that many, and no further one before the last begins to be acknowledged.
 */
const WINDOW = 2048;
const SMALL_BYTES = 64;

const TAKEN = Promise.resolve();
const NOTHING = new Uint8Array();

/**
 * Messages on their way into usrsctp's send buffer, in order. While the buffer has room a message goes through without
 * a promise of its own; else it waits here. Only one message is begun at a time: usrsctp can't interleave those that
 * are handed over in pieces (sctp_output.c, stream_locked).
 */
export class Outgoing {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #pieceBytes: number;
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #holds: Holds | undefined;
  #bytes = 0;
  #end: SendInfo | undefined;
  /** Small messages in this window, and the bytes of all that were sent in it. */
  #windowCount = 0;
  #windowBytes = 0;
  /** What is told while usrsctp is called may send, too: that waits its turn. */
  #isSending = false;

  /**
   * `pieceBytes`: how much usrsctp is given at once; it refuses more than its send buffer even where it would take a
   * part. `limit`: bytes that may wait here, where each message counts 128 more than it has; one of any size may.
   */
  constructor(sink: Sink, clock: Clock, pieceBytes: number, limit: number) {
    this.#sink = sink;
    this.#clock = clock;
    this.#pieceBytes = pieceBytes;
    this.#limit = limit;
  }

  /** Bytes that wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0 || this.#end !== undefined;
  }

  /** Resolves when usrsctp has taken the whole message, or its policy has given it up. */
  push(data: Uint8Array, info: SendInfo, priority: number): Promise<void> {
    const bytes = data.length;
    const offset = this.#mustWait(info.stream) ? 0 : this.#sendPieces(data, 0, info);
    if (offset === bytes) {
      if (this.#waiting.length > 0) this.flush();
      return TAKEN;
    }
    if (offset === 0) this.#makeRoom(bytes, priority);
    this.#bytes += bytes - offset;
    const turn = this.#holds?.made ?? 0;
    const expiresAt = info.prPolicy === SCTP_PR_SCTP_TTL ? this.#clock.now() + info.prValue : Number.POSITIVE_INFINITY;
    return new Promise((resolve, reject) => {
      const waiting = { data, bytes, info, expiresAt, priority, turn, offset, resolve, reject };
      if (offset > 0) this.#waiting.unshift(waiting);
      else this.#waiting.push(waiting);
      this.#sink.waiting();
    });
  }

  /** Sends `info`, which shuts the association down, when everything else is taken. */
  end(info: SendInfo): void {
    this.#end = info;
    this.flush();
    if (this.isWaiting) this.#sink.waiting();
  }

  /**
   * Holds back what is sent on some streams from now on, and calls `begin` when usrsctp has taken what was sent there
   * before. Returns what ends that.
   */
  hold(streams: readonly number[] | 'all', begin: () => void): () => void {
    this.#holds ??= new Holds();
    const release = this.#holds.add(streams, begin);
    this.#holds.begin(this.#waiting);
    return () => {
      release();
      this.flush();
    };
  }

  /** There may be room now. */
  flush(): void {
    if (this.#isSending) return;
    this.#flush();
    if (this.#holds && !this.#holds.isEmpty) this.#holds.begin(this.#waiting);
  }

  #flush(): void {
    for (let first = this.#next(); first; first = this.#next()) {
      const before = first.offset;
      if (before === 0 && this.#clock.now() > first.expiresAt) {
        this.#giveUp(first);
        continue;
      }
      try {
        if (first.data.length !== first.bytes) throw this.#broken(before, detached());
        first.offset = this.#sendPieces(first.data, before, before === 0 ? this.#infoOf(first) : first.info);
      } catch (error) {
        this.#drop(first, error);
        continue;
      }
      if (this.#waiting[0] !== first) return; // the association has ended meanwhile
      this.#bytes -= first.offset - before;
      if (first.offset < first.bytes) return;
      this.#waiting.shift();
      first.resolve();
    }
    if (!this.#end || this.#waiting.length > 0) return;
    if (this.#sink.send(NOTHING, this.#end) !== undefined) this.#end = undefined;
  }

  /** Of a lifetime only what is left, after a message has waited here. */
  #infoOf({ info, expiresAt }: Waiting): SendInfo {
    if (info.prPolicy !== SCTP_PR_SCTP_TTL) return info;
    return { ...info, prValue: Math.max(1, Math.ceil(expiresAt - this.#clock.now())) };
  }

  /** The message to send next: the one that is begun, or the first that no hold keeps, which comes to the front. */
  #next(): Waiting | undefined {
    const [first] = this.#waiting;
    const holds = this.#holds;
    if (!first || first.offset > 0 || !holds || holds.isEmpty) return first;
    const index = this.#waiting.findIndex((each) => !holds.holds(each));
    if (index > 0) this.#waiting.unshift(...this.#waiting.splice(index, 1));
    return index < 0 ? undefined : this.#waiting[0];
  }

  /** May a new message of that stream not go before those that wait? */
  #mustWait(stream: number): boolean {
    if (this.#isSending) return true;
    const holds = this.#holds;
    if (!holds || holds.isEmpty) return this.isWaiting;
    return holds.covers(stream) || this.#waiting.some((each) => each.offset > 0 || !holds.holds(each));
  }

  /** The peer has restarted and knows nothing of a message that was begun: it goes once more, as a whole. */
  restart(): void {
    const [first] = this.#waiting;
    if (!first) return;
    this.#bytes += first.offset;
    first.offset = 0;
  }

  /**
   * Nothing new may begin, since the peer shuts the association down: what hasn't begun is rejected, what has goes on to its
   * end (RFC 9260 §9.2).
   */
  refuse(why: () => unknown): void {
    const [first] = this.#waiting;
    const begun = first !== undefined && first.offset > 0 ? this.#waiting.splice(0, 1) : [];
    this.fail(why);
    for (const waiting of begun) {
      this.#waiting.push(waiting);
      this.#bytes += waiting.bytes - waiting.offset;
    }
  }

  /** Nothing can be sent any more; `why` is asked only where something waits, since errors cost more than they look. */
  fail(why: () => unknown): void {
    this.#bytes = 0;
    this.#end = undefined;
    this.#holds?.clear();
    if (this.#waiting.length === 0) return;
    const error = why();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  /** Messages of lower priority give way when the queue is full: the least, and the last of those, first. */
  #makeRoom(bytes: number, priority: number): void {
    const costOf = (ofBytes: number) => ofBytes + MESSAGE_BYTES;
    let excess = this.#bytes + MESSAGE_BYTES * this.#waiting.length + costOf(bytes) - this.#limit;
    if (excess <= 0 || this.#waiting.length === 0) return;
    const weaker = this.#waiting.filter((each) => each.offset === 0 && each.priority > priority);
    const freed = weaker.reduce((sum, each) => sum + costOf(each.bytes), 0);
    if (excess > freed && weaker.length < this.#waiting.length) throw this.#full();
    weaker.sort((a, b) => a.priority - b.priority);
    for (let last = weaker.pop(); last && excess > 0; last = weaker.pop()) {
      excess -= costOf(last.bytes);
      this.#giveUp(last);
    }
  }

  #giveUp(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    this.#bytes -= waiting.bytes;
    if (waiting.data.length !== waiting.bytes) return waiting.reject(detached());
    waiting.resolve();
    this.#sink.gaveUp(waiting.data, waiting.info);
  }

  #drop(first: Waiting, error: unknown): void {
    if (this.#waiting[0] !== first) return;
    this.#waiting.shift();
    this.#bytes -= first.bytes - first.offset;
    first.reject(error);
  }

  /** Sends from `offset` on until there is no room; returns how far it came. Only the last piece ends the message. */
  #sendPieces(data: Uint8Array, offset: number, info: SendInfo): number {
    let at = offset;
    if (offset === 0 && !this.#mayBegin(data.length)) return 0;
    this.#isSending = true;
    try {
      if (data.length - at <= this.#pieceBytes) return at + this.#send(at === 0 ? data : data.subarray(at), info);
      const open = { ...info, flags: info.flags & ~SCTP_EOR };
      for (;;) {
        const end = Math.min(at + this.#pieceBytes, data.length);
        at += this.#send(data.subarray(at, end), end === data.length ? info : open);
        if (at < end || at === data.length) return at;
      }
    } catch (error) {
      throw this.#broken(at, error);
    } finally {
      this.#isSending = false;
    }
  }

  #mayBegin(bytes: number): boolean {
    if (bytes >= SMALL_BYTES) return true;
    if (this.#windowCount >= WINDOW) {
      if (this.#sink.unacknowledgedBytes() >= this.#windowBytes) return false;
      this.#windowCount = 0;
      this.#windowBytes = 0;
    }
    this.#windowCount++;
    return true;
  }

  #send(data: Uint8Array, info: SendInfo): number {
    const taken = this.#sink.send(data, info) ?? 0;
    this.#windowBytes += taken;
    return taken;
  }

  #broken(offset: number, error: unknown): unknown {
    if (offset > 0 && error instanceof SctpError) this.#sink.broken(error);
    return error;
  }

  #full(): SctpError {
    return new SctpError('ENOBUFS', `send: ${this.#bytes} bytes wait already: await the promises of send`, {
      syscall: 'send',
    });
  }
}
