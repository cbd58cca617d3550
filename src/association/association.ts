import { SctpError } from '../errors.js';
import { SCTP_EVENT, SCTP_SENDER_DRY_EVENT } from '../generated/constants.js';
import { sctp_event } from '../generated/layouts.js';
import type { Message, Sendable } from '../stack/socket/message.js';
import type { Notification } from '../stack/socket/notification.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../wait.js';
import { abortAssociation } from './abort.js';
import type { AssociationEvents } from './events.js';
import { shutdownInfo } from './messages/send-info.js';
import { type OutgoingMessage, readableOf, writableOf } from './messages/web-streams.js';
import type { Setup } from './setup.js';
import { Streamed } from './streams/streams.js';

export type { AssociationState } from './multihomed.js';

const DEFAULTS = {};

/** An SCTP association: messages on streams, over one or several paths, between two endpoints. */
export class Association extends Streamed implements AsyncDisposable {
  #ready: Promise<Association> | undefined;
  #readable: ReadableStream<Message> | undefined;
  #writable: WritableStream<Sendable | OutgoingMessage> | undefined;

  /** Resolves when the association has ended: with undefined after an orderly shutdown, else with the error. */
  get closed(): Promise<SctpError | undefined> {
    return this.life.closed;
  }

  /** Resolves with the association when it is up; rejects as connectx does, with or without anybody listening. */
  get ready(): Promise<Association> {
    return this.#ready ?? Promise.resolve(this);
  }

  /** The messages as a stream, which takes one when it is asked for one. Cancelling it leaves the rest to `receive`. */
  get readable(): ReadableStream<Message> {
    this.#readable ??= readableOf(
      () => this.inbox.common,
      () => {
        this.#readable = undefined;
      },
    );
    return this.#readable;
  }

  /**
   * A stream of messages to send, alone or with their options. Its close shuts the association down, its abort aborts it
   * at once. A message that can't be sent ends the stream, as in all web streams; there is a new one then.
   */
  get writable(): WritableStream<Sendable | OutgoingMessage> {
    const writable =
      this.#writable ??
      writableOf(this, {
        close: (signal) => this.close({ signal }),
        abort: (reason) => this.abort(reason === undefined ? '' : String(reason)),
        failed: () => {
          if (this.#writable === writable) this.#writable = undefined;
        },
      });
    this.#writable = writable;
    return writable;
  }

  /**
   * Shuts the association down: what was sent before is delivered, then the peer is told (SHUTDOWN). Resolves when both
   * ends are done. Rejects with the association's error when it failed meanwhile, so that messages may be lost; with
   * ETIMEDOUT, or the signal's reason, after having aborted it. What the peer has still to say can be received; a peer
   * whose messages nobody takes can't be done. Of an association that has ended before it resolves, also when that is still
   * to be read; then it rejects only if a message that was sent is lost.
   */
  async close(options: WaitOptions = DEFAULTS): Promise<void> {
    checkWaitOptions(options, 'close');
    if (this.state === 'closed') return;
    if (this.state === 'connecting') return this.abort();
    const isOver = !this.isAlive();
    const ended = options === DEFAULTS ? this.closed : this.#endWithin(options);
    this.#shutDown();
    if (isOver) this.home.ending();
    const error = await ended;
    if (error && (this.life.hasLost || !(isOver || this.inbox.isDiscarding))) throw error;
  }

  /**
   * Ends the association at once (ABORT); what wasn't delivered is lost. The peer is told the reason, up to 504 bytes
   * of UTF-8.
   */
  abort(reason: string = ''): void {
    if (typeof reason !== 'string') throw new TypeError('abort: the reason must be a string');
    if (this.state === 'closed') return;
    this.fail(new SctpError('ECONNRESET', 'the association was aborted here', { syscall: 'abort' }), reason);
  }

  /**
   * Closes the association as `close` does, but drops messages that nobody has received by then, and rejects only when
   * one that was sent is lost.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.discard();
    await this.close();
  }

  /** @internal Its set-up has failed or is given up. */
  cancel(error: SctpError): void {
    if (this.state === 'connecting') this.fail(error);
    else this.ended(error);
  }

  /** @internal Aborts it because of an error here. */
  override fail(error: SctpError, reason: string = ''): void {
    this.life.failing(error);
    abortAssociation(this.home.moduleSocket, this.id, reason);
    this.ended();
  }

  /** @internal It is being aborted because of an error here, which is what is told of its end. */
  get isFailing(): boolean {
    return this.life.isFailing;
  }

  /** @internal It is being set up; `ready` tells what comes of it. */
  connecting(ready: Promise<Association>): void {
    this.#ready = ready;
  }

  /** @internal Both ends are ready, and its paths were just read. */
  opened(setup: Setup): void {
    this.life.opened(setup);
    if (this.isListened('senderDry')) this.listened('senderDry', true);
  }

  /** @internal */
  notify(notification: Notification): void {
    switch (notification.type) {
      case 'association':
        return this.#stateChanged(notification);
      case 'path':
        return this.pathChanged(notification);
      case 'shutdown':
        this.life.peerShutDown();
        this.outgoing.refuse(
          () => new SctpError('EPIPE', 'the peer is shutting the association down', { syscall: 'send' }),
        );
        return this.emit('shutdown', undefined);
      case 'sendFailed':
        this.life.lost();
        return this.notDelivered(notification);
      case 'remoteError':
        return this.emit('remoteError', notification.causes);
      case 'adaptation':
        return this.emitLate('adaptation', notification.indication);
      case 'authentication':
        return this.emitLate('authentication', eventOf(notification));
      case 'partialDeliveryAborted':
        return this.emit('partialDeliveryAborted', eventOf(notification));
      case 'senderDry':
        return this.#senderDry();
      case 'streamReset':
      case 'associationReset':
      case 'streamChange':
        return this.reconfigured(notification);
    }
  }

  /** @internal The association is no more. */
  ended(reported?: SctpError): void {
    if (this.state === 'closed') return;
    if (this.outgoing.bytes > 0) this.life.lost();
    const error = this.life.end(reported);
    this.outgoing.fail(() => error ?? this.life.notOpen('send'));
    this.inbox.end(error);
    this.forgetRequests(error);
    this.home.released(this, error);
    this.tellUndelivered(); // after all that may have been read meanwhile
    this.emit('close', error);
  }

  /** senderDry is told to those only who listen: see options/settings.ts. */
  protected override listened(name: keyof AssociationEvents, isListened: boolean): void {
    if (name !== 'senderDry' || this.state === 'connecting' || this.state === 'closed') return;
    this.isDry = false;
    const event = { se_assoc_id: this.id, se_type: SCTP_SENDER_DRY_EVENT, se_on: isListened ? 1 : 0 };
    this.unlessEnding(() => this.home.moduleSocket.setStruct(SCTP_EVENT, sctp_event, event));
  }

  /** usrsctp tells it with every SACK that finds nothing more to send. */
  #senderDry(): void {
    if (!this.isDry) this.emit('senderDry', undefined);
    this.isDry = true;
  }

  /** Its end, for which the association is aborted when it doesn't come in time. */
  #endWithin(options: WaitOptions): Promise<SctpError | undefined> {
    const waiter = new Waiter<SctpError | undefined>(this.home.clock, options, 'close', () => this.abort());
    this.closed.then((error) => waiter.resolve(error));
    return waiter.promise;
  }

  #shutDown(): void {
    if (this.life.shutDown()) this.outgoing.end(shutdownInfo(this.id));
  }

  #stateChanged(change: Notification & { type: 'association' }): void {
    switch (change.state) {
      case 'up':
        return this.life.confirmed(change);
      case 'restart':
        this.outgoing.restart();
        this.forgetRequests(new SctpError('ECONNRESET', 'the peer has restarted, and knows nothing of the request'));
        if (this.life.restarted(change)) this.outgoing.end(shutdownInfo(this.id));
        this.tellUndelivered(); // after all that: listeners may send, and do so in the peer's new life
        return this.emit('restart', change);
      case 'shutdown complete':
        return this.ended();
      case 'lost':
      case 'could not start':
        if (this.outgoing.bytes > 0) this.life.lost();
        return this.ended(this.life.lossOf(change));
    }
  }
}

/** What an event tells of a notification, which is whose it is, and of what type. */
function eventOf<N extends Notification>({
  associationId: _,
  type: __,
  ...event
}: N): Omit<N, 'associationId' | 'type'> {
  return event;
}
