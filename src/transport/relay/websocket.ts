import { SctpError } from '../../errors.js';
import type { Bytes } from '../../lib-types.js';
import { MAX_MESSAGE_BYTES } from '../../relay/datagrams.js';

/** The part of the WebSocket interface that is used. Browsers, workers, Deno, Bun, edge runtimes and `ws` have it. */
export interface WebSocketLike {
  /** Set to `arraybuffer`. */
  binaryType: string;
  /** The negotiated subprotocol. */
  readonly protocol: string;
  /** 1: open. */
  readonly readyState: number;
  /** Bytes queued by `send`. */
  readonly bufferedAmount: number;
  /** Called when the connection is open. */
  onopen: ((event: never) => void) | null;
  /** Called with each message. */
  onmessage: ((event: never) => void) | null;
  /** Called on failure; `onclose` follows. */
  onerror: ((event: never) => void) | null;
  /** Called when the connection is closed. */
  onclose: ((event: never) => void) | null;
  /** Sends a message. */
  send(data: Bytes): void;
  /** Closes the connection. */
  close(code?: number, reason?: string): void;
}

/** A WebSocket class. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** The runtime's WebSocket, or that of the package `ws` where the runtime has none: Node before 22. */
export async function runtimeWebSocket(): Promise<WebSocketConstructor> {
  if (typeof globalThis.WebSocket === 'function') return globalThis.WebSocket as unknown as WebSocketConstructor;
  try {
    const { WebSocket } = await import('ws');
    const Bounded = class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { maxPayload: MAX_MESSAGE_BYTES });
      }
    };
    return Bounded as unknown as WebSocketConstructor;
  } catch (cause) {
    const message = 'this runtime has no WebSocket: install the package `ws`, or set the option `WebSocket`';
    throw new SctpError('ENETDOWN', message, { syscall: 'start', cause });
  }
}

/** Destroys the connection if the runtime can: `ws` would wait 30 s for the other side to close. */
export function terminate(socket: WebSocketLike): void {
  const { terminate: method }: { terminate?: unknown } = socket as { terminate?: unknown };
  if (typeof method === 'function') method.call(socket);
}
