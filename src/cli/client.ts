import { type Association, type Peer, SctpError } from '../index.js';
import type { PacketWatcher } from '../transport/tap.js';
import { CommandError, EXIT } from './exit.js';
import { openNetwork } from './network.js';
import type { NetworkValues } from './network-options.js';
import { peersOf } from './peers.js';
import { portNumber, seconds } from './values.js';

/** The options of every command that sets an association up, besides those of the network and `port`. */
export const CLIENT_OPTIONS = { timeout: { type: 'string', default: '10' } } as const;

export interface ClientValues extends NetworkValues {
  readonly port: string;
  readonly timeout: string;
}

/** The help of these options. */
export function clientHelp(port: string): string {
  return `Peer:
  ADDRESS …            addresses of one peer, or host names: they are tried in order, and each becomes a path.
                       [ADDRESS]:PORT or HOST:PORT also names the SCTP port
  --port N             SCTP port of the peer (default ${port})
  --timeout SECONDS    how long the set-up may take (default 10)
`;
}

/** What a client works with. */
export interface Connection {
  readonly association: Association;
  readonly peers: readonly Peer[];
}

/** Sets an association up, uses it, and closes everything. `signal` ends the set-up. */
export async function withAssociation<Result>(
  values: ClientValues,
  addresses: readonly string[],
  signal: AbortSignal,
  use: (connection: Connection) => Promise<Result>,
  watch?: PacketWatcher,
): Promise<Result> {
  const peers = peersOf(addresses, portNumber('--port', values.port));
  const timeoutMs = seconds('--timeout', values.timeout);
  const network = await openNetwork(values, 'client', watch);
  try {
    const association = await network.stack
      .socket()
      .connectx(peers, { timeoutMs, signal })
      .catch((error: unknown) => {
        throw notConnected(error, values);
      });
    return await use({ association, peers }).catch((error: unknown) => {
      throw association.state === 'closed' ? lost(error) : error;
    });
  } finally {
    await network.close();
  }
}

/** The error of a call that failed because the association was lost. */
function lost(error: unknown): unknown {
  return error instanceof SctpError ? new CommandError(EXIT.incomplete, error.message, error) : error;
}

/** The error of a set-up, with what to check. */
function notConnected(error: unknown, values: ClientValues): unknown {
  if (!(error instanceof SctpError) || error.code === 'EINVAL') return error;
  const hint = hintFor(error, values);
  return new CommandError(EXIT.notConnected, hint === '' ? error.message : `${error.message}\n${hint}`, error);
}

function hintFor({ code }: SctpError, values: ClientValues): string {
  if (code === 'ECONNREFUSED') return `Is there a server on SCTP port ${values.port}? --port names another port.`;
  if (code !== 'ETIMEDOUT' || values.ip) return '';
  return '--udp-port names the UDP port of the peer; with --ip, SCTP is sent without UDP.';
}
