import { isArrayBuffer } from '../../arguments.js';
import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { CLOSE_CODES, NORMAL_CLOSURE } from '../../relay/close-codes.js';
import { decodeRelayMessage, type RelayMessage, SUBPROTOCOL } from '../../relay/codec.js';
import { closeError, timeoutError } from './errors.js';
import { cutOff, type WebSocketConstructor, type WebSocketLike } from './websocket.js';

export interface ConnectionEvents {
  opened(): void;
  /** Returns false when the message makes no sense here. */
  received(message: RelayMessage): boolean;
  /** Called once, whoever ended it. */
  closed(error: SctpError): void;
}

/** A relay that doesn't answer a close frame is cut off after this. */
const CLOSING_MS = 1000;

/** One WebSocket to a relay: messages in and out, and one reason for its end. It never throws. */
export class Connection {
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<void>;
  readonly #url: string;
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  #leave = (): void => {};
  #failure: unknown;
  #isOver = false;

  /** Throws what the constructor of the WebSocket throws. */
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
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
      socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
        this.#over(closeError(url, code, reason, this.#failure));
        resolve();
      };
    });
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount ?? 0;
  }

  send(message: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#socket.send(message as Uint8Array<ArrayBuffer>);
    } catch {
      // Not open any more: its close event comes.
    }
  }

  /** The relay has not answered in time. */
  expire(timeoutMs: number): void {
    this.#over(timeoutError(this.#url, timeoutMs));
    this.#end(CLOSE_CODES.idle, 'the relay does not answer');
  }

  /** Ends it in order: the relay needn't keep the addresses. */
  close(): void {
    this.#isOver = true;
    this.#end(NORMAL_CLOSURE, '');
  }

  #message(data: unknown): void {
    if (this.#isOver) return;
    const message = isArrayBuffer(data) ? decodeRelayMessage(new Uint8Array(data)) : undefined;
    if (message !== undefined && this.#events.received(message)) return;
    const text = `the relay ${this.#url} has sent what is not of the protocol`;
    this.#over(new SctpError('EPROTO', text, { syscall: 'start' }));
    this.#end(CLOSE_CODES.protocol, 'a message is not of the protocol');
  }

  #end(code: number, reason: string): void {
    try {
      this.#socket.close(code, reason);
    } catch {
      // It was never open.
    }
    const cancel = this.#clock.schedule(CLOSING_MS, () => {
      cutOff(this.#socket);
      this.#leave(); // the WebSocket of edge runtimes doesn't always tell
    });
    void this.gone.then(cancel);
  }

  #over(error: SctpError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.closed(error);
  }
}
