import { defaults } from './defaults.js';
import type { ConnectOptions } from './options.js';
import { PPID } from './ppid.js';
import { Server, type ServerOptions } from './server.js';
import { Socket } from './socket.js';
import { setDefaultStack } from './stacks.js';

/** Makes a server; `listen` starts it. The listener is called with each socket that it accepts. */
export function createServer(
  options?: ServerOptions | ((socket: Socket) => void) | null,
  connectionListener?: (socket: Socket) => void,
): Server {
  return new Server(options, connectionListener);
}

/** Makes a socket and sets an association up: see {@link Socket.connect}. */
export function connect(options: ConnectOptions, connectListener?: () => void): Socket;
/** The same, with an SCTP port and a host. */
export function connect(port: number | string, host?: string, connectListener?: () => void): Socket;
export function connect(
  first: ConnectOptions | number | string,
  second?: string | (() => void),
  third?: () => void,
): Socket {
  if (typeof first === 'object') return new Socket(first).connect(first, second as () => void);
  return new Socket().connect(first, second as string, third);
}

/** The same as {@link connect}. */
export const createConnection: typeof connect = connect;

/** What the module exports, as one object. */
export interface Net {
  /** See {@link connect}. */
  readonly connect: typeof connect;
  /** The same as `connect`. */
  readonly createConnection: typeof connect;
  /** See {@link createServer}. */
  readonly createServer: typeof createServer;
  /** See {@link defaults}. */
  readonly defaults: typeof defaults;
  /** See {@link PPID}. */
  readonly PPID: typeof PPID;
  /** The same as `PPID`. */
  readonly protocol: typeof PPID;
  /** See {@link Server}. */
  readonly Server: typeof Server;
  /** See {@link Socket}. */
  readonly Socket: typeof Socket;
  /** See {@link setDefaultStack}. */
  readonly setDefaultStack: typeof setDefaultStack;
}

/** All of it, for `import sctp from 'usrsctp-wasm/net'`. */
export const net: Net = {
  connect,
  createConnection,
  createServer,
  defaults,
  PPID,
  protocol: PPID,
  Server,
  Socket,
  setDefaultStack,
};
