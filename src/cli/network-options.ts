import { readFileSync } from 'node:fs';
import { UsageError } from './exit.js';
import { oneOf, portNumber } from './values.js';

/** The options of every command that uses the network. */
export const NETWORK_OPTIONS = {
  local: { type: 'string', multiple: true },
  'udp-port': { type: 'string' },
  'own-udp-port': { type: 'string' },
  native: { type: 'boolean', default: false },
  ip: { type: 'boolean', default: false },
  relay: { type: 'string', multiple: true },
  ticket: { type: 'string', multiple: true },
  'ticket-file': { type: 'string', multiple: true },
  preset: { type: 'string', default: 'rfc7829' },
  capture: { type: 'string' },
  ladder: { type: 'boolean', default: false },
  log: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Their help: that of a client, and that of a server. */
export const CLIENT_NETWORK_HELP: string = networkHelp(
  `  --udp-port N         UDP port of the peer (default 9899)
  --own-udp-port N     own UDP port (default: any free one)
`,
);
export const SERVER_NETWORK_HELP: string = networkHelp(
  `  --udp-port N         UDP port to listen on (default 9899)
`,
);

function networkHelp(ports: string): string {
  return `Network (SCTP in UDP, unless another transport is chosen; those marked with … may be repeated):
${ports}  --local ADDRESS …    own addresses (default: all addresses of this machine)
  --native             UDP with many packets in one system call; Linux, needs the package koffi
  --ip                 SCTP directly in IP, without UDP; Linux, needs koffi and CAP_NET_RAW
  --relay URL …        through relays, each one a path; see 'usrsctp-wasm help relay'
  --ticket TICKET …    tickets of the relays, one for each or one for all (default: $USRSCTP_TICKET)
  --ticket-file FILE … the same, read from files
  --preset NAME        timers: rfc7829 (default), rfc9260, fast-failover

Output:
  --json               an event a line, as JSON
  --capture FILE       write all packets to a pcapng file, for Wireshark or 'usrsctp-wasm decode'
  --ladder             print each packet on standard error
  --log LEVEL          print the stack's log on standard error: warn, info, debug, trace
`;
}

/** The values of these options, as they were parsed. */
export interface NetworkValues {
  readonly local?: readonly string[] | undefined;
  readonly 'udp-port'?: string | undefined;
  readonly 'own-udp-port'?: string | undefined;
  readonly native: boolean;
  readonly ip: boolean;
  readonly relay?: readonly string[] | undefined;
  readonly ticket?: readonly string[] | undefined;
  readonly 'ticket-file'?: readonly string[] | undefined;
  readonly preset: string;
  readonly capture?: string | undefined;
  readonly ladder: boolean;
  readonly log?: string | undefined;
}

/** Which transport was asked for, and its settings. */
export type Wanted =
  | { readonly kind: 'udp' | 'native'; readonly port: number; readonly encapsulationPort: number }
  | { readonly kind: 'ip' }
  | {
      readonly kind: 'relay';
      readonly relays: readonly { readonly url: string; readonly ticket: string }[];
      readonly encapsulationPort: number;
    };

const SCTP_TUNNELING_PORT = '9899';
const PRESETS = ['rfc7829', 'rfc9260', 'fast-failover'] as const;
const LEVELS = ['warn', 'info', 'debug', 'trace'] as const;

/** Checks the choice of a transport. */
export function wantedTransport(values: NetworkValues, role: 'client' | 'server'): Wanted {
  const { native, ip, relay = [] } = values;
  const chosen = [native && '--native', ip && '--ip', relay.length > 0 && '--relay'].filter((each) => each !== false);
  if (chosen.length > 1) throw new UsageError(`${chosen.join(' and ')} exclude each other: choose one`);
  checkUnused(values, chosen[0]);
  if (ip) return { kind: 'ip' };
  const { 'udp-port': text = SCTP_TUNNELING_PORT, 'own-udp-port': own } = values;
  const udpPort = portNumber('--udp-port', text, role === 'client' ? 1 : 0);
  if (relay.length > 0) return { kind: 'relay', relays: relaysOf(values, relay), encapsulationPort: udpPort };
  if (role === 'server' && own !== undefined) throw new UsageError('a server’s own UDP port is --udp-port');
  const port = role === 'server' ? udpPort : portNumber('--own-udp-port', own ?? '0', 0);
  const encapsulationPort = udpPort === 0 ? Number(SCTP_TUNNELING_PORT) : udpPort;
  return { kind: native ? 'native' : 'udp', port, encapsulationPort };
}

/** The names of presets and levels are checked here, so that a mistake is one of the command line. */
export function wantedStack({ preset, log }: NetworkValues): {
  readonly preset: (typeof PRESETS)[number];
  readonly level: (typeof LEVELS)[number] | undefined;
} {
  return {
    preset: oneOf('--preset', preset, PRESETS),
    level: log === undefined ? undefined : oneOf('--log', log, LEVELS),
  };
}

/** Options without effect on the transport are mistakes. */
function checkUnused(values: NetworkValues, chosen: string | undefined): void {
  const unused = {
    '--ip': ['udp-port', 'own-udp-port'],
    '--relay': ['own-udp-port', 'local'],
  } as Readonly<Record<string, readonly (keyof NetworkValues)[]>>;
  for (const name of unused[chosen ?? ''] ?? []) {
    if (values[name] !== undefined) throw new UsageError(`--${name} has no meaning with ${chosen}: leave it out`);
  }
  const tickets = [...(values.ticket ?? []), ...(values['ticket-file'] ?? [])];
  if (chosen !== '--relay' && tickets.length > 0) throw new UsageError('a ticket is for a relay: add --relay URL');
}

function relaysOf(values: NetworkValues, urls: readonly string[]): { url: string; ticket: string }[] {
  const given = [...(values.ticket ?? []), ...(values['ticket-file'] ?? []).map(readTicket)];
  const { USRSCTP_TICKET } = process.env;
  const tickets = given.length === 0 && USRSCTP_TICKET ? [USRSCTP_TICKET] : given;
  const [common] = tickets;
  if (common === undefined) {
    throw new UsageError(
      "a relay wants a ticket: give --ticket or --ticket-file; 'usrsctp-wasm relay ticket' makes one",
    );
  }
  if (tickets.length > 1 && tickets.length !== urls.length) {
    throw new UsageError(`there are ${tickets.length} tickets for ${urls.length} relays: give one for each, or one`);
  }
  return urls.map((url, index) => ({ url, ticket: tickets[index] ?? common }));
}

function readTicket(file: string): string {
  return readFileSync(file, 'utf8').trim();
}
