import { type Association, systemClock } from '../../index.js';
import { CLIENT_OPTIONS, clientHelp, withAssociation } from '../client.js';
import type { Command, Context } from '../command.js';
import { EXIT, type ExitCode } from '../exit.js';
import { count, formatBytes, formatRate } from '../format.js';
import { CLIENT_NETWORK_HELP, NETWORK_OPTIONS, SERVER_NETWORK_HELP } from '../network-options.js';
import { noArguments, parse } from '../parse.js';
import { Report } from '../report.js';
import {
  type Received,
  receiveAll,
  SERVER_EXIT_HELP,
  SERVER_OPTIONS,
  serve,
  serverExit,
  serverHelp,
} from '../server.js';
import { ThroughputChart } from '../throughput.js';
import { seconds, wholeNumber } from '../values.js';

const PORT = '5001';
const port = { type: 'string', default: PORT } as const;

const CLIENT = {
  ...NETWORK_OPTIONS,
  ...CLIENT_OPTIONS,
  port,
  seconds: { type: 'string', default: '10' },
  interval: { type: 'string', default: '1' },
  'message-bytes': { type: 'string', default: '16384' },
  streams: { type: 'string', default: '1' },
  unordered: { type: 'boolean', default: false },
} as const;

const SERVER = { ...NETWORK_OPTIONS, ...SERVER_OPTIONS, port, interval: { type: 'string', default: '1' } } as const;

export const bench: Command = {
  help: `usrsctp-wasm bench serve [OPTIONS]
usrsctp-wasm bench ADDRESS… [OPTIONS]

Measures the throughput from a client to a server, and plots it while it goes on. The client counts bytes that the peer
has acknowledged, the server those that it has received. Each end also works with other programs: usrsctp's tsctp, a
discard server, any client that sends.

Examples:
  usrsctp-wasm bench serve                                in one terminal
  usrsctp-wasm bench 192.0.2.1 198.51.100.1               in another one: ten seconds
  usrsctp-wasm bench 192.0.2.1 --message-bytes 200 --streams 10 --seconds 30
  usrsctp-wasm bench 192.0.2.1 --json | jq 'select(.event == "result")'

Client:
  --seconds N          how long to send (default 10)
  --message-bytes N    the size of a message (default 16384)
  --streams N          on how many streams, in turn (default 1)
  --unordered          messages are delivered as they arrive
  --interval SECONDS   time between two figures (default 1), also of the server

${clientHelp(PORT)}
${CLIENT_NETWORK_HELP}
${serverHelp(PORT)}
${SERVER_NETWORK_HELP}
Exit codes of the client: 0 done; 3 not connected; 4 the association was lost.
${SERVER_EXIT_HELP.replace('codes:', 'codes of the server:')}`,
  run([first = '', ...rest], context) {
    return first === 'serve' ? server(rest, context) : client([first, ...rest].filter(Boolean), context);
  },
};

async function server(args: readonly string[], { signal }: Context): Promise<ExitCode> {
  const { values, positionals } = parse(args, SERVER);
  noArguments(positionals, 'bench serve');
  const report = new Report(values.json);
  const intervalMs = seconds('--interval', values.interval);
  const areGraceful = await serve(values, { report, signal }, async ({ association, number }) => {
    const running: Received = { messages: 0, bytes: 0 };
    const figures = () => ({ bytes: running.bytes, messages: running.messages });
    const chart = new ThroughputChart(report, { association: number }, intervalMs, figures);
    const received = await receiveAll(association, ({ data }) => {
      running.messages++;
      running.bytes += data.length;
    });
    chart.end();
    return received;
  });
  return serverExit(values, areGraceful);
}

async function client(args: readonly string[], { signal }: Context): Promise<ExitCode> {
  const { values, positionals } = parse(args, CLIENT);
  const report = new Report(values.json);
  const sendMs = seconds('--seconds', values.seconds);
  const intervalMs = seconds('--interval', values.interval);
  const bytes = wholeNumber('--message-bytes', values['message-bytes'], 1, 2 ** 24);
  const streams = wholeNumber('--streams', values.streams, 1, 65_535);
  const options = { message: new Uint8Array(bytes), streams, unordered: values.unordered };
  return withAssociation(values, positionals, signal, async ({ association }) => {
    const addresses = association.paths().map(({ address }) => address);
    report.event('connected', { addresses }, `connected to ${addresses.join(' ')}`);
    const sender = new Sender(association, options);
    const chart = new ThroughputChart(report, {}, intervalMs, () => sender.figures());
    const startedAt = systemClock.now();
    let retransmissions: number;
    try {
      await sender.run(startedAt + sendMs, signal);
      ({ retransmissions } = association.statistics());
      await association.close();
    } finally {
      chart.end();
    }
    const elapsedMs = systemClock.now() - startedAt;
    const bitsPerSecond = (8000 * sender.bytes) / elapsedMs;
    const text = `${formatRate(bitsPerSecond)}: ${count(sender.messages, 'message')} of ${formatBytes(bytes)} in ${(elapsedMs / 1000).toFixed(2)} s`;
    const result = { bytes: sender.bytes, messages: sender.messages, elapsedMs, bitsPerSecond, retransmissions };
    report.event('result', result, ['', `${text}, ${count(retransmissions, 'retransmission')}`]);
    return signal.aborted ? EXIT.interrupted : EXIT.done;
  });
}

interface SenderOptions {
  readonly message: Uint8Array;
  readonly streams: number;
  readonly unordered: boolean;
}

/** Sends messages as fast as the association takes them. */
class Sender {
  messages = 0;
  readonly #association: Association;
  readonly #options: SenderOptions;

  constructor(association: Association, options: SenderOptions) {
    this.#association = association;
    this.#options = { ...options, streams: Math.min(options.streams, association.setup.streams.outbound) };
  }

  /** Bytes that were sent. */
  get bytes(): number {
    return this.messages * this.#options.message.length;
  }

  async run(endAt: number, signal: AbortSignal): Promise<void> {
    const { message, streams, unordered } = this.#options;
    while (systemClock.now() < endAt && !signal.aborted) {
      await this.#association.send(message, { stream: this.messages % streams, unordered });
      this.messages++;
    }
  }

  /** What the peer has acknowledged, and the round trip. */
  figures(): { readonly bytes: number; readonly srttMs?: number; readonly retransmissions?: number } {
    if (this.#association.state === 'closed') return { bytes: this.bytes };
    const { flightBytes, queuedBytes, retransmissions } = this.#association.statistics();
    const srttMs = this.#association.paths().find(({ primary }) => primary)?.srttMs ?? 0;
    return { bytes: Math.max(0, this.bytes - flightBytes - queuedBytes), srttMs, retransmissions };
  }
}
