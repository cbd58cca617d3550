import { checkOptions, shown } from '../../arguments.js';
import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import type { EventListeners } from '../../event-listeners.js';
import type { Names } from '../../nearest-name.js';
import type { OptionAccess } from '../../options/access.js';
import type { Notification, StreamCounts } from '../../stack/socket/notification.js';
import { checkWaitOptions, WAIT_OPTIONS, Waiter, type WaitOptions } from '../../wait.js';
import type { AssociationEvents } from '../events.js';
import type { Lifecycle } from '../lifecycle.js';
import type { ReceiveQueues } from '../messages/receive-queues.js';
import type { SendQueue } from '../messages/send-queue.js';
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

const RESET_OPTIONS: Names<ResetStreamsOptions> = { ...WAIT_OPTIONS, outgoing: true, incoming: true };
const ADD_OPTIONS: Names<AddStreamsOptions> = { ...WAIT_OPTIONS, outbound: true, inbound: true };

/** What the streams need from their association. */
export interface StreamsOwner {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly options: OptionAccess;
  readonly events: EventListeners<AssociationEvents>;
  readonly sendQueue: SendQueue;
  readonly receiveQueues: ReceiveQueues;
  /** Calls usrsctp. Returns undefined if the association is about to end. */
  unlessEnding<T>(call: () => T): T | undefined;
}

type Direction = keyof StreamCounts;
type Reconfiguration = Notification & { type: 'streamReset' | 'associationReset' | 'streamChange' };

/** Resets and adds the streams of an association (RFC 6525). */
export class Streams {
  readonly #owner: StreamsOwner;
  #requests: Requests | undefined;

  constructor(owner: StreamsOwner) {
    this.#owner = owner;
  }

  async reset(options: ResetStreamsOptions): Promise<void> {
    checkOptions(options, RESET_OPTIONS, 'resetStreams');
    const { outgoing, incoming, ...wait } = options;
    const { inbound, outbound } = this.#checkOpen('resetStreams', wait);
    const out = checkStreams(outgoing ?? [], outbound, 'outgoing');
    const into = checkStreams(incoming ?? [], inbound, 'incoming');
    if (isNone(out) && isNone(into)) throw invalid('resetStreams: name outgoing or incoming streams');
    const access = this.#owner.options;
    if (!isNone(into)) checkGrant(access.get('streamReset'), 'streams', 'resetStreams');
    const ours = isNone(out) ? [] : [this.#request(resetOutgoing(access, out, outbound), wait, out)];
    const theirs = batches(into).map((batch) => this.#request(resetIncoming(access, batch, inbound), wait));
    await allOf([...ours, ...theirs]);
  }

  async resetAssociation(wait: WaitOptions): Promise<void> {
    this.#checkOpen('resetAssociation', wait);
    await this.#request(resetAssociation(this.#owner.options), wait, 'all');
  }

  async add(options: AddStreamsOptions): Promise<void> {
    checkOptions(options, ADD_OPTIONS, 'addStreams');
    const { outbound = 0, inbound = 0, ...wait } = options;
    const streams = this.#checkOpen('addStreams', wait);
    checkCount('outbound', outbound, streams.outbound);
    checkCount('inbound', inbound, streams.inbound);
    if (outbound + inbound === 0) throw invalid('addStreams: say how many, outbound or inbound');
    if (inbound > 0) checkGrant(this.#owner.options.get('streamReset'), 'association', 'addStreams');
    const stop = new AbortController();
    const waiter = new Waiter<void>(this.#owner.clock, wait, 'addStreams', (reason) => stop.abort(reason));
    this.#addBoth(outbound, inbound, { signal: stop.signal }).then(
      () => waiter.resolve(),
      (error) => waiter.reject(error),
    );
    await waiter.promise;
  }

  /** usrsctp reports the outcome of a request, or what the peer has done. */
  reconfigured(notification: Reconfiguration): void {
    const { associationId: _, ...answer } = notification;
    const { lifecycle, receiveQueues, events } = this.#owner;
    if (answer.outcome === 'performed') {
      if (answer.type === 'streamChange') lifecycle.streamsChanged(answer);
      if (answer.type === 'streamReset' && answer.direction === 'incoming') receiveQueues.reset(answer.streams);
    }
    this.#requests?.answered(answer);
    const { type, ...event } = answer;
    events.emit(type, event as never);
  }

  /** Rejects the requests: the association has ended, or the peer has restarted and knows nothing of them. */
  forgetRequests(error: SctpError | undefined): void {
    this.#requests?.fail((syscall) => error ?? this.#owner.lifecycle.notOpen(syscall));
  }

  /** One request after the other: usrsctp makes one at a time. */
  async #addBoth(outbound: number, inbound: number, wait: WaitOptions): Promise<void> {
    if (outbound > 0) await this.#request(this.#addition('outbound', outbound), wait);
    if (inbound > 0) await this.#request(this.#addition('inbound', inbound), wait);
  }

  #addition(direction: Direction, count: number): Request {
    const { options, lifecycle } = this.#owner;
    return addStreams(options, direction, count, () => lifecycle.setup.streams[direction]);
  }

  /** Returns how many streams there are. */
  #checkOpen(syscall: string, wait: WaitOptions): StreamCounts {
    checkWaitOptions(wait, syscall);
    wait.signal?.throwIfAborted();
    const { lifecycle } = this.#owner;
    if (lifecycle.state !== 'open') throw lifecycle.notOpen(syscall);
    if (lifecycle.setup.features.includes('reconfiguration')) return lifecycle.setup.streams;
    throw new SctpError('EOPNOTSUPP', `${syscall}: the peer, or this end, has no RE-CONFIG (RFC 6525)`, { syscall });
  }

  /** `blocked`: the streams on which nothing may be sent until the request is answered. */
  #request(request: Request, wait: WaitOptions, blocked?: readonly number[] | 'all'): Promise<void> {
    const { clock, sendQueue } = this.#owner;
    const unlessEnding = { ...request, ask: () => this.#owner.unlessEnding(() => request.ask()) };
    this.#requests ??= new Requests();
    return this.#requests.make(clock, unlessEnding, wait, (begin) => {
      if (blocked) return sendQueue.block(blocked, begin);
      begin();
      return undefined;
    });
  }
}

function isNone(streams: readonly number[] | 'all'): boolean {
  return streams !== 'all' && streams.length === 0;
}

/** Waits for all promises, and rejects with the first error. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) if (result.status === 'rejected') throw result.reason;
}

function checkCount(direction: Direction, count: unknown, now: number): void {
  if (Number.isInteger(count) && (count as number) >= 0 && (count as number) + now <= 0xffff) return;
  throw invalid(`addStreams: ${direction} must be 0 to ${0xffff - now}, not ${shown(count)}`);
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', message, { syscall: message.split(':')[0] ?? '' });
}
