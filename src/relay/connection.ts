import type { WebSocket } from 'ws';
import { isBytes } from '../arguments.js';
import { CLOSE_CODES, type CloseReason, closeReasonOf, closeText, NORMAL_CLOSURE } from './close-codes.js';
import { type Allocate, type ClientMessage, decodeClientMessage } from './codec.js';
import type { ClientConnection } from './inbound.js';
import type { Metrics } from './metrics.js';
import type { RelaySettings } from './options.js';
import { ReadLimit } from './read-limit.js';
import { LimitError } from './registry.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';
import { TicketError, type TicketVerifier } from './ticket.js';

/** What the connections of a relay share. */
export interface ConnectionContext {
  readonly settings: RelaySettings;
  readonly sessions: Sessions;
  readonly verifier: TicketVerifier;
  readonly metrics: Metrics | undefined;
  /** Called when a connection has a session. */
  authenticated(connection: Connection): void;
  closed(connection: Connection): void;
}

/** How long a client may take to answer a close frame before its TCP connection is destroyed. */
const CLOSING_MS = 2000;
/** The client closed the connection, or its page was left (RFC 6455 §7.4.1): it won't resume the session. */
const LEFT: readonly number[] = [NORMAL_CLOSURE, 1001];

/** One WebSocket connection: it requires a ticket, and then carries the messages of a session. */
export class Connection implements ClientConnection {
  readonly address: string;
  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  #session: Session | undefined;
  #readLimit: ReadLimit;
  #hasPresented = false;
  #hasReceived = false;
  #isClosed = false;
  readonly #cancelHandshake: () => void;

  constructor(socket: WebSocket, address: string, context: ConnectionContext) {
    this.#socket = socket;
    this.address = address;
    this.#context = context;
    const { clock, limits } = context.settings;
    this.#readLimit = new ReadLimit(socket, 0, clock); // until a ticket is presented
    this.#cancelHandshake = clock.schedule(limits.handshakeMs, () => {
      this.refuse('ticket', 'no ticket was presented in time');
    });
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    socket.on('pong', (payload) => this.#session?.ponged(this, payload));
    socket.on('close', (code) => this.#closed(code));
    socket.on('error', () => {}); // `close` follows
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: Uint8Array): void {
    if (!this.#isClosed && this.#socket.readyState === this.#socket.OPEN) this.#socket.send(message);
  }

  ping(payload: Uint8Array): void {
    if (!this.#isClosed && this.#socket.readyState === this.#socket.OPEN) this.#socket.ping(payload);
  }

  close(code: number, text: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelHandshake();
    this.#readLimit.end(); // so that the client's close frame is read
    this.#context.metrics?.closings.inc({ reason: closeReasonOf(code) ?? 'normal' });
    this.#socket.close(code, closeText(text));
    const cancel = this.#context.settings.clock.schedule(CLOSING_MS, () => this.#socket.terminate());
    this.#socket.once('close', cancel);
  }

  /** Closes a connection that has no session yet, and tells the client why. */
  refuse(reason: CloseReason, text: string): void {
    if (this.#isClosed) return;
    this.#context.settings.log({ level: 'warn', event: 'refused', reason, text, client: this.address });
    this.close(CLOSE_CODES[reason], text);
  }

  #message(data: unknown, isBinary: boolean): void {
    if (isBytes(data)) this.#readLimit.read(data.length);
    if (this.#isClosed) return;
    const message = isBinary && isBytes(data) ? decodeClientMessage(data) : undefined;
    if (message === undefined) this.#violation('a message does not follow the protocol');
    else if (this.#session !== undefined) this.#receive(this.#session, message);
    else if (message.type !== 'allocate' || this.#hasPresented)
      this.#violation('the first message must present a ticket');
    else void this.#allocate(message);
  }

  #receive(session: Session, message: ClientMessage): void {
    if (!this.#hasReceived) this.#context.sessions.tokens.received(session); // The client has received its token.
    this.#hasReceived = true;
    session.receive(message);
  }

  #violation(text: string): void {
    if (this.#session !== undefined) this.#session.end('protocol', text);
    else this.refuse('protocol', text);
  }

  async #allocate({ ticket, port, resumption }: Allocate): Promise<void> {
    this.#hasPresented = true;
    const { sessions, verifier, settings } = this.#context;
    try {
      const earlier = sessions.tokens.find(resumption);
      if (earlier?.ticket === ticket) return this.#resume(earlier, resumption);
      // A ticket that has expired is still good for the session that it has opened, here or in another worker.
      const claims = await verifier.verify(ticket).catch((error: unknown) => refusedTicket(error));
      if (this.#isClosed) return;
      const subject = claims instanceof TicketError ? undefined : claims.sub;
      if (earlier !== undefined && earlier.subject === subject) return this.#resume(earlier, resumption);
      const taken = await sessions.take(resumption, ticket, subject);
      if (taken !== undefined) return this.#resumeTaken(taken, resumption);
      if (claims instanceof TicketError) throw claims;
      const session = await sessions.create(claims, port, ticket);
      if (this.#isClosed) session.end('failure', 'the connection was lost');
      else this.#attach(session, 'new', sessions.tokens.issue(session));
    } catch (error) {
      if (error instanceof TicketError) return this.refuse('ticket', error.message);
      if (error instanceof LimitError) return this.refuse('limit', error.message);
      settings.log({ level: 'warn', event: 'failed', text: String(error) });
      this.refuse('failure', 'the relay failed');
    }
  }

  #resume(session: Session, presented: Uint8Array): void {
    this.#attach(session, 'resumed', this.#context.sessions.tokens.issue(session, presented));
  }

  /** If the connection was lost meanwhile, the session waits here for the next one. */
  #resumeTaken(session: Session, presented: Uint8Array): void {
    this.#resume(session, presented);
    if (!this.#isClosed) return;
    this.#readLimit.end();
    session.detach(this, false);
  }

  #attach(session: Session, kind: 'new' | 'resumed', token: Uint8Array): void {
    const { metrics, settings } = this.#context;
    const { subject } = session;
    this.#session = session;
    this.#readLimit.end();
    this.#readLimit = new ReadLimit(this.#socket, session.bytesPerSecond, settings.clock);
    this.#cancelHandshake();
    this.#context.authenticated(this);
    metrics?.sessions.inc({ kind });
    settings.log({ level: 'info', event: kind === 'new' ? 'allocated' : 'resumed', subject, client: this.address });
    session.attach(this, kind === 'resumed', token);
  }

  #closed(code: number): void {
    this.#isClosed = true;
    this.#cancelHandshake();
    this.#readLimit.end();
    this.#session?.detach(this, LEFT.includes(code));
    this.#context.closed(this);
  }
}

function refusedTicket(error: unknown): TicketError {
  if (error instanceof TicketError) return error;
  throw error;
}
