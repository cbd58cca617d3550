import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { type Allocated, decodeRelayMessage, encodeControl, SUBPROTOCOL } from '../../src/relay/codec.js';

const sockets: WebSocket[] = [];

/** Must be called after each test. */
export function closeSockets(): void {
  for (const socket of sockets.splice(0)) socket.terminate();
}

/** What a relay has answered to a ticket: `code` is that of its close, or 0. */
export interface Presented {
  readonly socket: WebSocket;
  readonly code: number;
  readonly resumed: boolean;
  /** The next token. */
  readonly token: Uint8Array;
  /** The UDP port of the client's first address. */
  readonly port?: number | undefined;
  /** Resolves with the code of the close. */
  readonly closed: Promise<number>;
}

/** Connects to a relay, and presents a ticket and a token. */
export async function present(
  { url }: { readonly url: string },
  ticket: string,
  token: Uint8Array = new Uint8Array(0),
  options: ClientOptions = {},
): Promise<Presented> {
  const socket = new WebSocket(url, SUBPROTOCOL, options);
  sockets.push(socket);
  await once(socket, 'open');
  const closed = once(socket, 'close').then(([code]) => code as number);
  const answered = once(socket, 'message').then(([data]) => decodeRelayMessage(new Uint8Array(data)) as Allocated);
  socket.send(encodeControl({ type: 'allocate', ticket, port: 0, resumption: token }));
  const outcome = await Promise.race([closed, answered]);
  if (typeof outcome === 'number') return { socket, code: outcome, token: new Uint8Array(0), resumed: false, closed };
  const { resumed, resumption, locals } = outcome;
  return { socket, code: 0, token: resumption.slice(), resumed, port: locals[0]?.port, closed };
}

/** Has the relay answer, so that it has read everything before. */
export async function confirm({ socket }: Presented): Promise<void> {
  socket.send(encodeControl({ type: 'ping', value: 1 }));
  await once(socket, 'message');
}
