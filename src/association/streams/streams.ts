import { checkObject, shown } from '../../arguments.js';
import { SctpError } from '../../errors.js';
import { FewMap } from '../../few.js';
import type { Notification } from '../../stack/socket/notification.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../../wait.js';
import { Messaging } from '../messages/messaging.js';
import {
  addStreams,
  batches,
  checkGrant,
  checkStreams,
  resetAssociation,
  resetIncoming,
  resetOutgoing,
} from './reconfiguration.js';
import { type Request, Requests } from './requests.js';
import { Stream } from './stream.js';

/** Which streams to reset: outgoing ones, incoming ones, or both. */
export interface ResetStreamsOptions extends WaitOptions {
  /** Streams that this end sends on. */
  readonly outgoing?: readonly number[] | 'all';
  /** Streams that the peer sends on. */
  readonly incoming?: readonly number[] | 'all';
}

/** How many streams to add, in one direction or both. */
export interface AddStreamsOptions extends WaitOptions {
  /** Streams to the peer. */
  readonly outbound?: number;
  /** Streams from the peer. */
  readonly inbound?: number;
}

type Direction = 'outbound' | 'inbound';

/** The streams of an association, and how they are reset and added (RFC 6525). */
export abstract class Streamed extends Messaging {
  #streams: FewMap<number, Stream> | undefined;
  #requests: Requests | undefined;

  /** One of the streams, from 0, as if it were a connection of its own; the same object each time. */
  stream(id: number): Stream {
    if (!Number.isInteger(id) || id < 0 || id > 0xffff) {
      throw new SctpError('EINVAL', `stream: a stream is 0 to 65535, not ${shown(id)}`, { syscall: 'stream' });
    }
    this.#streams ??= new FewMap();
    const stream = this.#streams.get(id) ?? new Stream(this, id, this.inbox);
    this.#streams.set(id, stream);
    return stream;
  }

  /**
   * Resets streams: their sequence numbers start again from 0, and the receiving end is told that what comes now isn't
   * what came before. An outgoing stream is reset when everything that was sent on it is received; what is sent on it
   * meanwhile waits, and goes after the reset. The peer is asked to do the same with incoming ones. Resolves when the
   * peer has answered. Rejects with EPERM when it doesn't grant it (or this end doesn't: `peerMayReset`), EPROTO when it
   * can't, EOPNOTSUPP when either end has no RE-CONFIG, EINVAL for streams that aren't there, and as `send` does.
   * Giving up by `timeoutMs` or `signal` takes no request back. The answer is read in its turn: when so many messages
   * wait that the stack reads on no further, somebody must receive them.
   */
  async resetStreams(options: ResetStreamsOptions): Promise<void> {
    checkObject(options, 'the options', 'resetStreams');
    const { outgoing, incoming, ...wait } = options;
    const { streams } = this.#checkOpen('resetStreams', wait);
    const out = checkStreams(outgoing ?? [], streams.outbound, 'outgoing');
    const into = checkStreams(incoming ?? [], streams.inbound, 'incoming');
    if (isNone(out) && isNone(into)) throw invalid('resetStreams: name outgoing or incoming streams');
    if (!isNone(into)) checkGrant(this.getOption('streamReset'), 'streams', 'resetStreams');
    const ours = isNone(out) ? [] : [this.#ask(resetOutgoing(this, out, streams.outbound), wait, out)];
    const theirs = batches(into).map((batch) => this.#ask(resetIncoming(this, batch, streams.inbound), wait));
    await allOf([...ours, ...theirs]);
  }

  /**
   * Resets the association: TSNs move on, the sequence numbers of all streams, both ways, start again from 0. It is asked
   * for when everything that was sent is acknowledged; what is sent meanwhile waits. What the peer sends meanwhile may
   * get lost: agree with it. Rejects as `resetStreams` does.
   */
  async resetAssociation(wait: WaitOptions = {}): Promise<void> {
    this.#checkOpen('resetAssociation', wait);
    await this.#ask(resetAssociation(this), wait, 'all');
  }

  /**
   * Adds streams. Inbound ones are asked for; the peer adds them by a request of its own, which this end must grant
   * (`peerMayReset: 'association'`) and the socket's `streams.inbound` allow. `setup.streams` tells how many there are
   * then. Rejects as `resetStreams` does; the outbound ones, which come first, may have been added all the same.
   */
  async addStreams(options: AddStreamsOptions): Promise<void> {
    checkObject(options, 'the options', 'addStreams');
    const { outbound = 0, inbound = 0, ...wait } = options;
    this.#checkOpen('addStreams', wait);
    for (const [direction, count] of [['outbound', outbound] as const, ['inbound', inbound] as const]) {
      checkCount(direction, count, this.setup.streams[direction]);
    }
    if (outbound + inbound === 0) throw invalid('addStreams: say how many, outbound or inbound');
    if (inbound > 0) checkGrant(this.getOption('streamReset'), 'association', 'addStreams');
    const stop = new AbortController();
    const waiter = new Waiter<void>(this.home.clock, wait, 'addStreams', (reason) => stop.abort(reason));
    this.#addBoth(outbound, inbound, { signal: stop.signal }).then(
      () => waiter.resolve(),
      (error) => waiter.reject(error),
    );
    await waiter.promise;
  }

  /** One request after the other: usrsctp makes one at a time. */
  async #addBoth(outbound: number, inbound: number, wait: WaitOptions): Promise<void> {
    if (outbound > 0) await this.#ask(this.#adding('outbound', outbound), wait);
    if (inbound > 0) await this.#ask(this.#adding('inbound', inbound), wait);
  }

  /** @internal RE-CONFIG has done something, or not done it. */
  protected reconfigured(told: Notification & { type: 'streamReset' | 'associationReset' | 'streamChange' }): void {
    const { associationId: _, ...answer } = told;
    const isPerformed = told.outcome === 'performed';
    if (isPerformed && told.type === 'streamChange') this.life.changed(told);
    if (isPerformed && told.type === 'streamReset' && told.direction === 'incoming') this.inbox.reset(told.streams);
    this.#requests?.told(answer);
    const { type, ...event } = answer;
    this.emit(type, event as never);
  }

  /** @internal The peer knows nothing of requests any more. */
  protected forgetRequests(error: SctpError | undefined): void {
    this.#requests?.fail((syscall) => error ?? this.life.notOpen(syscall));
  }

  #adding(direction: Direction, count: number): Request {
    return addStreams(this, direction, count, () => this.setup.streams[direction]);
  }

  #checkOpen(syscall: string, wait: WaitOptions): { streams: { inbound: number; outbound: number } } {
    checkWaitOptions(wait, syscall);
    wait.signal?.throwIfAborted();
    if (this.state !== 'open') throw this.life.notOpen(syscall);
    if (this.setup.features.includes('reconfiguration')) return this.setup;
    throw new SctpError('EOPNOTSUPP', `${syscall}: the peer, or this end, has no RE-CONFIG (RFC 6525)`, { syscall });
  }

  /** `held`: the streams on which nothing may be sent before there is an answer. */
  #ask(request: Request, wait: WaitOptions, held?: readonly number[] | 'all'): Promise<void> {
    const asked = { ...request, ask: () => this.unlessEnding(() => request.ask()) };
    this.#requests ??= new Requests();
    return this.#requests.make(this.home.clock, asked, wait, (begin) => {
      if (held) return this.outgoing.hold(held, begin);
      begin();
      return undefined;
    });
  }
}

function isNone(streams: readonly number[] | 'all'): boolean {
  return streams !== 'all' && streams.length === 0;
}

/** Waits for all, and rejects with the first failure. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) if (result.status === 'rejected') throw result.reason;
}

function checkCount(direction: Direction, count: unknown, now: number): void {
  if (Number.isInteger(count) && (count as number) >= 0 && (count as number) + now <= 0xffff) return;
  throw invalid(`addStreams: ${direction} is 0 to ${0xffff - now}, not ${shown(count)}`);
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', message, { syscall: message.split(':')[0] ?? '' });
}
