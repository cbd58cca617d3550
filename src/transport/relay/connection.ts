import { isArrayBuffer } from '../../arguments.js';
import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { CLOSE_CODES, NORMAL_CLOSURE } from '../../relay/close-codes.js';
import { decodeRelayMessage, type RelayMessage, SUBPROTOCOL } from '../../relay/codec.js';
import { closeError, timeoutError } from './errors.js';
import { terminate, type WebSocketConstructor, type WebSocketLike } from './websocket.js';

export interface ConnectionEvents {
  opened(): void;
  /** Returns false if the message isn't allowed in this state. */
  received(message: RelayMessage): boolean;
  /** Called once, whichever side closed the connection. */
  closed(error: SctpError): void;
}

/** How long a relay may take to answer a close frame before the connection is terminated. */
const CLOSING_MS = 1000;

/** One WebSocket connection to a relay: messages in and out, and one error when it ends. Its methods never throw. */
export class Connection {
  /** Resolves when the WebSocket is closed. */
  readonly closed: Promise<void>;
  readonly #url: string;
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  #resolveClosed = (): void => {};
  #failure: unknown;
  #hasEnded = false;

  /** Throws if the constructor of the WebSocket throws. */
  constructor(url: string, WebSocket: WebSocketConstructor, clock: Clock, events: ConnectionEvents) {
    this.#url = url;
    this.#clock = clock;
    this.#events = events;
    const socket = new WebSocket(url, [SUBPROTOCOL]);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }: { data: unknown }) => this.#message(data);
    socket.onerror = (event: { error?: unknown }) => {
      this.#failure = event.error;
    };
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
      socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
        this.#finish(closeError(url, code, reason, this.#failure));
        resolve();
      };
    });
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount ?? 0;
  }

  send(message: Uint8Array): void {
    if (this.#hasEnded) return;
    try {
      this.#socket.send(message as Uint8Array<ArrayBuffer>);
    } catch {
      // No longer open: `close` follows.
    }
  }

  /** Closes the connection because the relay hasn't answered in time. */
  expire(timeoutMs: number): void {
    this.#finish(timeoutError(this.#url, timeoutMs));
    this.#end(CLOSE_CODES.idle, 'the relay does not answer');
  }

  /** Closes the connection so that the session can be resumed. */
  suspend(): void {
    this.#hasEnded = true;
    this.#end(CLOSE_CODES.idle, 'the page was suspended');
  }

  /** Closes the connection normally: the relay doesn't keep the addresses. */
  close(): void {
    this.#hasEnded = true;
    this.#end(NORMAL_CLOSURE, '');
  }

  #message(data: unknown): void {
    if (this.#hasEnded) return;
    const message = isArrayBuffer(data) ? decodeRelayMessage(new Uint8Array(data)) : undefined;
    if (message !== undefined && this.#events.received(message)) return;
    const text = `the relay ${this.#url} sent a message that does not follow the protocol`;
    this.#finish(new SctpError('EPROTO', text, { syscall: 'start' }));
    this.#end(CLOSE_CODES.protocol, 'a message does not follow the protocol');
  }

  #end(code: number, reason: string): void {
    try {
      this.#socket.close(code, reason);
    } catch {
      // It was never opened.
    }
    const cancel = this.#clock.schedule(CLOSING_MS, () => {
      terminate(this.#socket);
      this.#resolveClosed(); // The WebSocket of edge runtimes doesn't always emit `close`.
    });
    void this.closed.then(cancel);
  }

  #finish(error: SctpError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#events.closed(error);
  }
}
