/** The task of a page, given in its URL. */
export type Task =
  | Transfer
  | Channels
  | Reload
  /** Produces the golden traces, and reports their hashes. */
  | { readonly job: 'golden'; readonly where: Where }
  /** Captures packets, and reports the hash of the file and what its reader finds. */
  | { readonly job: 'capture'; readonly where: Where }
  /** Runs two stacks over a simulated network in real time, with loss and a path that is cut. */
  | { readonly job: 'stacks'; readonly where: Where; readonly messages: number }
  /** Compiles the wasm while it loads, and creates a stack from it. */
  | { readonly job: 'streaming'; readonly where: Where }
  /** Tries something that the policy forbids. */
  | { readonly job: 'eval'; readonly where: Where };

export type Where = 'page' | 'worker';

/** What a page needs to reach a server through relays. */
export interface Relayed {
  readonly relays: readonly string[];
  readonly server: { readonly address: string; readonly port: number }[];
  readonly udpPort: number;
}

/** Exchanges a message through relays, and reloads the page, until it was loaded so often. */
export interface Reload extends Relayed {
  readonly job: 'reload';
  readonly where: 'page';
  readonly loads: number;
}

/** Sends messages through relays, and receives as many. */
export interface Transfer extends Relayed {
  readonly job: 'transfer';
  readonly where: Where;
  readonly messages: number;
  readonly messageBytes: number;
  /** For a server that echoes: how many messages may be in flight. */
  readonly window?: number;
  /** For a server with slow timers: when a relay is lost, ask it to prefer the other relay's address (RFC 5061 §4.2.4). */
  readonly steers: boolean;
}

/** Sends messages on several data channels at once, and receives their echoes. */
export interface Channels extends Relayed {
  readonly job: 'channels';
  readonly where: Where;
  readonly channels: number;
  readonly messages: number;
  readonly messageBytes: number;
}

export interface ChannelsResult {
  /** The echoes that were something else. */
  readonly wrong: readonly string[];
  readonly echoes: number;
  readonly relays: readonly string[];
}

/** The reports of a page, in order. The last one is `done` or `failed`. */
export type Report =
  | { readonly event: 'half' }
  | { readonly event: 'done'; readonly result: unknown }
  | { readonly event: 'failed'; readonly error: string };

export interface TransferResult {
  readonly sent: string;
  readonly received: string;
  readonly receivedBytes: number;
  readonly relays: readonly string[];
}
