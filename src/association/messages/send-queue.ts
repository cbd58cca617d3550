import type { SendInfo } from '../../bridge/calls.js';
import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { SCTP_EOR, SCTP_PR_SCTP_TTL } from '../../generated/constants.js';
import { ResetBarriers } from './reset-barriers.js';
import { detached } from './send-info.js';
import { SMALL_BYTES, SmallMessages } from './small-messages.js';
import { type WaitingMessage, WaitingMessages } from './waiting-messages.js';

/** What the way out leads to. */
export interface SendQueueOwner {
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

const TAKEN = Promise.resolve();
const NOTHING = new Uint8Array();
const ignore = () => undefined;

/**
 * The peer has restarted in the middle of a message: it knows nothing of what it had by then, and nothing of it is told as
 * failed, so that it is sent once more, as a whole (wasm/fixes/unfinished_messages.c).
 */
const isCut = (error: unknown): boolean => error instanceof SctpError && error.code === 'EINTR';

/**
 * Messages on their way into usrsctp's send buffer, in order. While the buffer has room a message goes through without
 * a promise of its own; else it waits here. Only one message is begun at a time: usrsctp can't interleave those that
 * are handed over in pieces (sctp_output.c, stream_locked).
 */
export class SendQueue {
  readonly #sink: SendQueueOwner;
  readonly #clock: Clock;
  readonly #pieceBytes: number;
  readonly #limit: number;
  readonly #waiting = new WaitingMessages();
  /** Messages that were given up, and that nobody has been told of yet. */
  #untold: WaitingMessage[] | undefined;
  #holds: ResetBarriers | undefined;
  #end: SendInfo | undefined;
  /** How often nothing could be sent any more. */
  #losses = 0;
  /** Why nothing new may be sent; undefined: it may. */
  #failure: (() => unknown) | undefined;
  #small: SmallMessages | undefined;
  /** What is told while usrsctp is called may send, too: that waits its turn. */
  #isSending = false;

  /**
   * `pieceBytes`: how much usrsctp is given at once; it refuses more than its send buffer even where it would take a
   * part. `limit`: bytes that may wait here, where each message counts 128 more than it has; one of any size may.
   */
  constructor(sink: SendQueueOwner, clock: Clock, pieceBytes: number, limit: number) {
    this.#sink = sink;
    this.#clock = clock;
    this.#pieceBytes = pieceBytes;
    this.#limit = limit;
  }

  /** Bytes that wait here. */
  get bytes(): number {
    return this.#waiting.bytes;
  }

  get isWaiting(): boolean {
    return !this.#waiting.isEmpty || this.#end !== undefined;
  }

  /**
   * Resolves when usrsctp has taken the whole message, or its policy has given it up. While usrsctp is called, listeners
   * of events may be, and they may send, abort and close: a message that was sent before theirs goes before theirs, and
   * one that was sent before the end is rejected with the end's reason.
   */
  push(data: Uint8Array, info: SendInfo, priority: number): Promise<void> {
    const turn = this.#holds?.made ?? 0;
    if (this.#mustWait(info.stream)) return this.#wait('last', data, 0, info, priority, turn);
    const offset = this.#sendPieces(data, 0, info);
    if (offset === data.length) {
      if (this.isWaiting) this.flush();
      return TAKEN;
    }
    if (offset === 0 && this.#failure) return Promise.reject(this.#failure());
    return this.#wait('first', data, offset, info, priority, turn);
  }

  #wait(
    place: 'first' | 'last',
    data: Uint8Array,
    offset: number,
    info: SendInfo,
    priority: number,
    turn: number,
  ): Promise<void> {
    const bytes = data.length;
    const givenUp = offset > 0 ? [] : this.#waiting.makeRoom(bytes, priority, this.#limit);
    if (!givenUp) throw this.#full();
    const expiresAt = info.prPolicy === SCTP_PR_SCTP_TTL ? this.#clock.now() + info.prValue : Number.POSITIVE_INFINITY;
    let [resolve, reject]: [WaitingMessage['resolve'], WaitingMessage['reject']] = [ignore, ignore];
    const promise = new Promise<void>((...settle) => {
      [resolve, reject] = settle;
    });
    const waiting = { data, bytes, info, expiresAt, priority, turn, offset, promise, resolve, reject };
    this.#waiting.add(waiting, place);
    this.#sink.waiting();
    if (givenUp.length > 0) this.#tellGivenUp(givenUp); // last: who hears of it may send, abort or close
    return promise;
  }

  /**
   * Takes back a message, by its promise, which rejects with `reason`. What of it usrsctp has it keeps: of a message that
   * is begun the rest goes, too, from a copy, as the caller has its data back.
   */
  withdraw(sent: Promise<void>, reason: unknown): void {
    const waiting = this.#waiting.all.find(({ promise }) => promise === sent);
    if (!waiting) return;
    if (this.#waiting.isBegun(waiting)) waiting.data = waiting.data.slice();
    else this.#waiting.take(waiting);
    waiting.reject(reason);
    this.flush();
  }

  /** Sends `info`, which shuts the association down, when everything else is taken. */
  end(info: SendInfo): void {
    this.#end = info;
    this.flush();
    if (this.isWaiting) this.#sink.waiting();
  }

  /**
   * ResetBarriers back what is sent on some streams from now on, and calls `begin` when usrsctp has taken what was sent there
   * before. Returns what ends that.
   */
  hold(streams: readonly number[] | 'all', begin: () => void): () => void {
    this.#holds ??= new ResetBarriers();
    const release = this.#holds.add(streams, begin);
    this.#holds.begin(this.#waiting.all);
    return () => {
      release();
      this.flush();
    };
  }

  /** There may be room now. */
  flush(): void {
    if (this.#isSending) return;
    this.#flush();
    if (this.#holds && !this.#holds.isEmpty) this.#holds.begin(this.#waiting.all);
  }

  #flush(): void {
    for (let first = this.#waiting.next(this.#holds); first; first = this.#waiting.next(this.#holds)) {
      if (first.offset === 0 && this.#clock.now() > first.expiresAt) {
        this.#waiting.take(first);
        this.#tellGivenUp([first]);
        continue;
      }
      try {
        if (first.data.length !== first.bytes) throw this.#broken(first.offset, detached());
        this.#waiting.busy = first;
        const info = first.offset === 0 ? this.#infoOf(first) : first.info;
        this.#waiting.advance(first, this.#sendPieces(first.data, first.offset, info));
      } catch (error) {
        if (this.#waiting.take(first)) first.reject(error);
        continue;
      } finally {
        this.#waiting.busy = undefined;
      }
      if (this.#waiting.first !== first) return; // the association has ended meanwhile
      if (first.offset < first.bytes) return;
      this.#waiting.take(first);
      first.resolve();
    }
    if (this.#end && this.#waiting.isEmpty) this.#sendEnd(this.#end);
  }

  /** Of a lifetime only what is left, after a message has waited here. */
  #infoOf({ info, expiresAt }: WaitingMessage): SendInfo {
    if (info.prPolicy !== SCTP_PR_SCTP_TTL) return info;
    return { ...info, prValue: Math.max(1, Math.ceil(expiresAt - this.#clock.now())) };
  }

  #sendEnd(info: SendInfo): void {
    this.#isSending = true;
    try {
      if (this.#sink.send(NOTHING, info) !== undefined && this.#end === info) this.#end = undefined;
    } finally {
      this.#isSending = false;
    }
  }

  /** May a new message of that stream not go before those that wait? */
  #mustWait(stream: number): boolean {
    if (this.#isSending) return true;
    const holds = this.#holds;
    if (!holds || holds.isEmpty) return this.isWaiting;
    return holds.covers(stream) || this.#waiting.all.some((each) => each.offset > 0 || !holds.holds(each));
  }

  /** The peer has restarted. A message that is begun learns of it by its next piece. */
  restart(): void {
    this.#failure = undefined;
  }

  /**
   * Nothing new may begin, since the peer shuts the association down: what hasn't begun is rejected, what has goes on to its
   * end (RFC 9260 §9.2).
   */
  refuse(why: () => unknown): void {
    this.#failure = why;
    this.#end = undefined;
    this.#holds?.clear();
    this.#reject(this.#waiting.takeUnbegun(), why);
  }

  /** Nothing can be sent any more; `why` is asked only where something waits, since errors cost more than they look. */
  fail(why: () => unknown): void {
    this.#losses++;
    this.#failure = why;
    this.#end = undefined;
    this.#holds?.clear();
    this.#tellGivenUp([]);
    this.#reject(this.#waiting.takeAll(), why);
  }

  #reject(messages: readonly WaitingMessage[], why: () => unknown): void {
    if (messages.length === 0) return;
    const error = why();
    for (const { reject } of messages) reject(error);
  }

  /** Tells of messages that a policy has given up, before anything that a listener may do then is told. */
  #tellGivenUp(messages: readonly WaitingMessage[]): void {
    if (messages.length > 0) this.#untold = [...(this.#untold ?? []), ...messages];
    for (let next = this.#untold?.shift(); next; next = this.#untold?.shift()) {
      if (next.data.length !== next.bytes) next.reject(detached());
      else {
        next.resolve();
        this.#sink.gaveUp(next.data, next.info);
      }
    }
  }

  /** Sends from `offset` on until there is no room; returns how far it came. Only the last piece ends the message. */
  #sendPieces(data: Uint8Array, offset: number, info: SendInfo): number {
    let at = offset;
    if (offset === 0 && !this.#mayBegin(data.length)) return 0;
    const losses = this.#losses;
    this.#isSending = true;
    try {
      if (data.length - at <= this.#pieceBytes) {
        at += this.#send(at === 0 ? data : data.subarray(at), info);
        return losses === this.#losses || at === data.length ? at : 0;
      }
      const open = { ...info, flags: info.flags & ~SCTP_EOR };
      for (;;) {
        const end = Math.min(at + this.#pieceBytes, data.length);
        at += this.#send(data.subarray(at, end), end === data.length ? info : open);
        if (losses !== this.#losses && at < data.length) return 0; // what was taken is lost: it begins anew
        if (at < end || at === data.length) return at;
      }
    } catch (error) {
      if (isCut(error)) return this.#sendPieces(data, 0, info);
      throw this.#broken(at, error);
    } finally {
      this.#isSending = false;
    }
  }

  #mayBegin(bytes: number): boolean {
    if (bytes >= SMALL_BYTES) return true;
    this.#small ??= new SmallMessages();
    return this.#small.mayBegin(this.#sink);
  }

  #send(data: Uint8Array, info: SendInfo): number {
    const taken = this.#sink.send(data, info) ?? 0;
    this.#small?.sent(taken);
    return taken;
  }

  #broken(offset: number, error: unknown): unknown {
    if (offset > 0 && error instanceof SctpError) this.#sink.broken(error);
    return error;
  }

  #full(): SctpError {
    return new SctpError('ENOBUFS', `send: ${this.bytes} bytes wait already: await the promises of send`, {
      syscall: 'send',
    });
  }
}
