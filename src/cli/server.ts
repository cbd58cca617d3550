import type { Association, Message } from '../index.js';
import { EXIT, type ExitCode } from './exit.js';
import { count, formatBytes, formatDuration, formatRate } from './format.js';
import { openNetwork } from './network.js';
import type { NetworkValues } from './network-options.js';
import type { Report } from './report.js';
import { portNumber } from './values.js';
import { pauseUnless } from './wait.js';

/** The options of every command that serves associations, besides those of the network and `port`. */
export const SERVER_OPTIONS = { once: { type: 'boolean', default: false } } as const;

export interface ServerValues extends NetworkValues {
  readonly port: string;
  readonly once: boolean;
}

/** The help of these options. */
export function serverHelp(port: string): string {
  return `Server:
  --port N             SCTP port (default ${port})
  --once               end when the first association has ended
`;
}

/** The exit codes of a server, for its help. */
export const SERVER_EXIT_HELP = `Exit codes: 0 ended by Ctrl-C or SIGTERM; with --once, 4 if the association was lost or aborted, else 0.
`;

/** The exit code of a server. Without `once` associations come and go, and it doesn't matter how one of them has ended. */
export function serverExit({ once }: ServerValues, areGraceful: boolean): ExitCode {
  return once && !areGraceful ? EXIT.incomplete : EXIT.done;
}

/** How an association is told from others in the output. */
export interface Client {
  readonly association: Association;
  /** The number of the association, from 1. */
  readonly number: number;
  /** The peer's addresses when it connected. */
  readonly peer: string;
}

/** What was received from a client. */
export interface Received {
  messages: number;
  bytes: number;
}

/**
 * Serves associations until the signal is aborted, or until the first one has ended if `once` is set. `handle` receives what a
 * client sends, and resolves at its end. Resolves with true if every association has been shut down, not lost or aborted.
 */
export async function serve(
  values: ServerValues,
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
  handle: (client: Client) => Promise<Received>,
): Promise<boolean> {
  const port = portNumber('--port', values.port);
  const network = await openNetwork(values, 'server');
  try {
    const socket = network.stack.socket();
    socket.bindx([{ address: '::', port }]);
    const associations = socket.listen();
    report.event('listening', { port, ...network.about }, `listening on SCTP port ${port}, ${network.where}`);
    const stop = () => void socket.close().catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const running = new Set<Promise<void>>();
    let [number, areGraceful] = [0, true];
    for await (const association of associations) {
      const served = serveOne(association, ++number, report, handle).then((isGraceful) => {
        areGraceful &&= isGraceful;
        running.delete(served);
      });
      running.add(served);
      if (!values.once) continue;
      await pauseUnless(undefined, signal, served);
      break;
    }
    await network.close(); // ends the associations that are still up
    await Promise.all(running);
    return areGraceful;
  } finally {
    await network.close();
  }
}

async function serveOne(
  association: Association,
  number: number,
  report: Report,
  handle: (client: Client) => Promise<Received>,
): Promise<boolean> {
  const addresses = association.paths().map(({ address }) => address);
  const client = { association, number, peer: addresses.join(' ') };
  const { remotePort, setup } = association;
  const about = { association: number, addresses, port: remotePort, streams: setup.streams };
  report.event('connected', about, `${number}: connected: ${client.peer}, SCTP port ${remotePort}`);
  association.on('path', ({ address, change, mtu }) => {
    report.event('path', { association: number, address, change, mtu }, `${number}: path ${address}: ${change}`);
  });
  const startedAt = performance.now();
  const received = await handle(client).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    report.event('failed', { association: number, message }, `${number}: ${message}`);
    association.abort('the server has failed');
    return { messages: 0, bytes: 0 };
  });
  const error = await association.closed;
  const elapsedMs = performance.now() - startedAt;
  const rate = formatRate((8000 * received.bytes) / elapsedMs);
  const sum = `${count(received.messages, 'message')}, ${formatBytes(received.bytes)} in ${formatDuration(elapsedMs)}, ${rate}`;
  const how = error === undefined ? 'closed' : error.message;
  report.event('closed', { association: number, ...received, elapsedMs, error }, `${number}: ${how}: ${sum}`);
  return error === undefined;
}

/** Gives each message to `take`, until the association has ended. The end's error is in `association.closed`. */
export async function receiveAll(
  association: Association,
  take: (message: Message) => void | Promise<void>,
): Promise<Received> {
  const received: Received = { messages: 0, bytes: 0 };
  const messages = association[Symbol.asyncIterator]();
  for (;;) {
    const message = await messages.next().catch(() => undefined);
    if (message?.value === undefined) return received;
    await take(message.value);
    received.messages++;
    received.bytes += message.value.data.length;
  }
}
