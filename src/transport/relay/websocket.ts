import { SctpError } from '../../errors.js';

/** What of the WebSocket interface is used: that of browsers, workers, Deno, Bun, edge runtimes and of `ws`. */
export interface WebSocketLike {
  /** Set to `arraybuffer`. */
  binaryType: string;
  /** The subprotocol that was agreed on. */
  readonly protocol: string;
  /** 1: open. */
  readonly readyState: number;
  /** Bytes that `send` was given and the network hasn't taken. */
  readonly bufferedAmount: number;
  /** Called when it is open. */
  onopen: ((event: never) => void) | null;
  /** Called with each message. */
  onmessage: ((event: never) => void) | null;
  /** Called when something has failed; a close follows. */
  onerror: ((event: never) => void) | null;
  /** Called when it is closed. */
  onclose: ((event: never) => void) | null;
  /** Sends a message. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** Closes it. */
  close(code?: number, reason?: string): void;
}

/** What makes one. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** The runtime's WebSocket, or that of the package `ws` where the runtime has none: Node before 22. */
export async function runtimeWebSocket(): Promise<WebSocketConstructor> {
  if (typeof globalThis.WebSocket === 'function') return globalThis.WebSocket as unknown as WebSocketConstructor;
  try {
    const { WebSocket } = await import('ws');
    return WebSocket as unknown as WebSocketConstructor;
  } catch (cause) {
    const message = 'this runtime has no WebSocket: install the package `ws`, or give one as `WebSocket`';
    throw new SctpError('ENETDOWN', message, { syscall: 'start', cause });
  }
}

/** Cuts a connection off where the runtime can: `ws` would wait 30 s for the other side to close. */
export function cutOff(socket: WebSocketLike): void {
  const { terminate }: { terminate?: unknown } = socket as { terminate?: unknown };
  if (typeof terminate === 'function') terminate.call(socket);
}
