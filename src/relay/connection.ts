import type { WebSocket } from 'ws';
import { isBytes } from '../arguments.js';
import { CLOSE_CODES, type CloseReason, closeText, NORMAL_CLOSURE } from './close-codes.js';
import { type Allocate, decodeClientMessage } from './codec.js';
import type { Metrics } from './metrics.js';
import type { RelaySettings } from './options.js';
import type { Session, Wire } from './session.js';
import { LimitError, type Sessions } from './sessions.js';
import { TicketError, type TicketVerifier } from './ticket.js';

/** What all connections of a relay share. */
export interface ConnectionContext {
  readonly settings: RelaySettings;
  readonly sessions: Sessions;
  readonly verifier: TicketVerifier;
  readonly metrics: Metrics | undefined;
  /** The connection has shown who it is. */
  settled(connection: Connection): void;
  gone(connection: Connection): void;
}

/** A client that doesn't answer a close frame is cut off after this. */
const CLOSING_MS = 2000;
/** The client closed on purpose, or its page is gone, and the token with it: no need to keep its addresses. */
const LEFT: readonly number[] = [NORMAL_CLOSURE, 1001];

/** One WebSocket: asks for a ticket, then carries a session's messages. */
export class Connection implements Wire {
  readonly address: string;
  readonly #socket: WebSocket;
  readonly #parts: ConnectionContext;
  #session: Session | undefined;
  #isAsking = false;
  #isClosed = false;
  readonly #cancelHandshake: () => void;

  constructor(socket: WebSocket, address: string, parts: ConnectionContext) {
    this.#socket = socket;
    this.address = address;
    this.#parts = parts;
    const { clock, limits } = parts.settings;
    this.#cancelHandshake = clock.schedule(limits.handshakeMs, () => {
      this.refuse('ticket', 'no ticket was shown in time');
    });
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    socket.on('close', (code) => this.#closed(code));
    socket.on('error', () => {}); // its close follows
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: Uint8Array): void {
    if (!this.#isClosed && this.#socket.readyState === this.#socket.OPEN) this.#socket.send(message);
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelHandshake();
    const closing = Object.entries(CLOSE_CODES).find(([, each]) => each === code)?.[0] ?? 'normal';
    this.#parts.metrics?.closings.inc({ reason: closing });
    this.#socket.close(code, closeText(reason));
    const cancel = this.#parts.settings.clock.schedule(CLOSING_MS, () => this.#socket.terminate());
    this.#socket.once('close', cancel);
  }

  /** Ends the connection before it has a session, and says why. */
  refuse(closing: CloseReason, text: string): void {
    if (this.#isClosed) return;
    this.#parts.settings.log({ level: 'warn', event: 'refused', reason: closing, text, client: this.address });
    this.close(CLOSE_CODES[closing], text);
  }

  #message(data: unknown, isBinary: boolean): void {
    if (this.#isClosed) return;
    const message = isBinary && isBytes(data) ? decodeClientMessage(data) : undefined;
    if (message === undefined) this.#breach('a message is not of the protocol');
    else if (this.#session !== undefined) this.#session.receive(message);
    else if (message.type !== 'allocate' || this.#isAsking) this.#breach('a ticket must be shown first');
    else void this.#allocate(message);
  }

  #breach(text: string): void {
    if (this.#session !== undefined) this.#session.end('protocol', text);
    else this.refuse('protocol', text);
  }

  async #allocate({ ticket, port, resumption }: Allocate): Promise<void> {
    this.#isAsking = true;
    const { sessions, verifier, settings } = this.#parts;
    const earlier = sessions.resumable(resumption);
    if (earlier !== undefined) return this.#attach(earlier, 'resumed', undefined);
    try {
      const claims = await verifier.verify(ticket);
      if (this.#isClosed) return;
      const session = await sessions.begin(claims, port);
      if (this.#isClosed) session.end('failure', 'the connection was lost');
      else this.#attach(session, 'new', claims.sub);
    } catch (error) {
      if (error instanceof TicketError) return this.refuse('ticket', error.message);
      if (error instanceof LimitError) return this.refuse('limit', error.message);
      settings.log({ level: 'warn', event: 'failed', text: String(error) });
      this.refuse('failure', 'the relay has failed');
    }
  }

  #attach(session: Session, kind: 'new' | 'resumed', subject: string | undefined): void {
    const { metrics, settings } = this.#parts;
    this.#session = session;
    this.#cancelHandshake();
    this.#parts.settled(this);
    metrics?.sessions.inc({ kind });
    settings.log({ level: 'info', event: kind === 'new' ? 'allocated' : 'resumed', subject, client: this.address });
    session.attach(this, kind === 'resumed');
  }

  #closed(code: number): void {
    this.#isClosed = true;
    this.#cancelHandshake();
    this.#session?.detach(this, LEFT.includes(code));
    this.#parts.gone(this);
  }
}
