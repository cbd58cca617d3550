import { decodePacket } from '../../capture.js';
import { type Address, type Association, type Packet, systemClock } from '../../index.js';
import type { Direction } from '../../transport/tap.js';
import { CLIENT_OPTIONS, clientHelp, withAssociation } from '../client.js';
import type { Command } from '../command.js';
import { EXIT, type ExitCode } from '../exit.js';
import { formatMs } from '../format.js';
import { CLIENT_NETWORK_HELP, NETWORK_OPTIONS } from '../network-options.js';
import { parse } from '../parse.js';
import { Report } from '../report.js';
import { green, red, tableLines, yellow } from '../terminal.js';
import { seconds, wholeNumber } from '../values.js';
import { pauseUnless } from '../wait.js';

const PORT = '7';
const POLL_MS = 10;

const OPTIONS = {
  ...NETWORK_OPTIONS,
  ...CLIENT_OPTIONS,
  port: { type: 'string', default: PORT },
  count: { type: 'string', default: '5' },
  interval: { type: 'string', default: '1' },
} as const;

export const ping: Command = {
  help: `usrsctp-wasm ping ADDRESS… [OPTIONS]

Sets up an association, sends a HEARTBEAT on each of its paths at regular intervals, and prints the round-trip times.
Any SCTP server answers HEARTBEATs, such as 'usrsctp-wasm echo': nothing is sent to the program behind it.

Examples:
  usrsctp-wasm ping 192.0.2.1                             five HEARTBEATs, a second apart
  usrsctp-wasm ping 192.0.2.1 198.51.100.1 --count 0      both paths, until Ctrl-C
  usrsctp-wasm ping ::1 --interval 0.1 --json

${clientHelp(PORT)}  --count N            how many HEARTBEATs on each path (default 5); 0: until Ctrl-C
  --interval SECONDS   time between them (default 1), and how long the last answer may take

${CLIENT_NETWORK_HELP}
Exit codes: 0 each listed address has answered; 5 some haven't; 4 none has, or it was lost; 3 not connected.
`,
  async run(args, { signal }) {
    const { values, positionals } = parse(args, OPTIONS);
    const report = new Report(values.json);
    const rounds = wholeNumber('--count', values.count, 0) || Number.POSITIVE_INFINITY;
    const intervalMs = seconds('--interval', values.interval);
    const tell = (address: Address, sequence: number, rttMs: number | undefined) => {
      const what = rttMs === undefined ? 'no answer' : formatMs(rttMs);
      const line = `${address.padEnd(15)}  seq ${String(sequence).padEnd(4)}  ${what}`;
      report.event(rttMs === undefined ? 'lost' : 'answer', { address, sequence, rttMs }, line);
    };
    const heartbeats = new Heartbeats(tell);
    const use = async ({ association }: { readonly association: Association }) => {
      const addresses = association.paths().map(({ address }) => address);
      report.event('connected', { addresses }, `connected to ${addresses.join(' ')}`);
      for (let sequence = 1; sequence <= rounds && !signal.aborted && association.state === 'open'; sequence++) {
        const paths = association.paths().filter(({ local }) => local !== undefined); // others have no route
        for (const { address } of paths) {
          heartbeats.ask(association, address, sequence);
          // Spread over the interval, so that an answer isn't late because the peer answers on other paths first.
          await pauseUnless(intervalMs / paths.length, signal, association.closed);
          if (signal.aborted || association.state !== 'open') break;
        }
      }
      const end = systemClock.now() + intervalMs;
      const isWaiting = () => heartbeats.isPending && systemClock.now() < end && association.state === 'open';
      while (isWaiting() && !signal.aborted) await pauseUnless(POLL_MS, signal, association.closed);
      heartbeats.giveUp();
      const error = association.state === 'closed' ? await association.closed : undefined;
      report.event('result', { paths: heartbeats.results, error }, ['', ...resultLines(heartbeats.results)]);
      if (error !== undefined) report.event('closed', { error }, error.message);
      const { confirmed, dropped } = association.setup;
      return error === undefined ? exitCodeOf(heartbeats.results, [...confirmed, ...dropped]) : EXIT.incomplete;
    };
    return withAssociation(values, positionals, signal, use, (...seen) => heartbeats.watch(...seen));
  },
};

/** The round trips of one path. */
interface PathResult {
  readonly address: Address;
  sent: number;
  readonly rttsMs: number[];
}

/** Sends HEARTBEATs, and recognizes their answers by what they carry (RFC 9260 §8.3). */
class Heartbeats {
  readonly #tell: (address: Address, sequence: number, rttMs: number | undefined) => void;
  readonly #results = new Map<Address, PathResult>();
  /** The HEARTBEATs without an answer, by the information that they carry. */
  readonly #sent = new Map<string, { readonly address: Address; readonly sequence: number; readonly sentAt: number }>();
  #asked: { readonly address: Address; readonly sequence: number } | undefined;

  /** `tell`: is told of each answer, and of each HEARTBEAT without one. */
  constructor(tell: (address: Address, sequence: number, rttMs: number | undefined) => void) {
    this.#tell = tell;
  }

  /** Is there a HEARTBEAT without an answer? */
  get isPending(): boolean {
    return this.#sent.size > 0;
  }

  get results(): readonly PathResult[] {
    return [...this.#results.values()];
  }

  /** Sends a HEARTBEAT on a path. The stack passes it to the transport, and so to `watch`, before this returns. */
  ask(association: Association, address: Address, sequence: number): void {
    const result = this.#results.get(address) ?? { address, sent: 0, rttsMs: [] };
    this.#results.set(address, result);
    this.giveUp(address);
    this.#asked = { address, sequence };
    result.sent++;
    association.setOption('pathParameters', { heartbeatNow: true }, { path: address });
    this.#asked = undefined;
  }

  /** Reports the HEARTBEATs to an address, or to all, that have no answer. */
  giveUp(address?: Address): void {
    for (const [information, sent] of this.#sent) {
      if (address !== undefined && sent.address !== address) continue;
      this.#sent.delete(information);
      this.#tell(sent.address, sent.sequence, undefined);
    }
  }

  watch(direction: Direction, packets: readonly Packet[]): void {
    const now = systemClock.now();
    for (const packet of packets) {
      for (const chunk of decodePacket(packet.bytes).chunks) {
        if (chunk.type !== 'HEARTBEAT' && chunk.type !== 'HEARTBEAT ACK') continue;
        const information = Buffer.from(chunk.parameters[0]?.value ?? []).toString('latin1');
        if (direction === 'outbound' && chunk.type === 'HEARTBEAT') this.#sending(packet.destination, information, now);
        if (direction === 'inbound' && chunk.type === 'HEARTBEAT ACK') this.#arrived(information, now);
      }
    }
  }

  #sending(destination: Address, information: string, now: number): void {
    if (this.#asked?.address !== destination) return; // the stack's own
    this.#sent.set(information, { ...this.#asked, sentAt: now });
  }

  #arrived(information: string, now: number): void {
    const sent = this.#sent.get(information);
    if (sent === undefined || !this.#sent.delete(information)) return;
    const rttMs = now - sent.sentAt;
    this.#results.get(sent.address)?.rttsMs.push(rttMs);
    this.#tell(sent.address, sent.sequence, rttMs);
  }
}

function resultLines(results: readonly PathResult[]): string[] {
  const titles = ['sent', 'answered', 'lost', 'min', 'median', 'max'];
  const columns = [{ title: 'path' }, ...titles.map((title) => ({ title, align: 'right' }) as const)];
  return tableLines(
    columns,
    results.map(({ address, sent, rttsMs }) => {
      const sorted = rttsMs.toSorted((a, b) => a - b);
      const times = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
      const lost = Math.round((100 * (sent - rttsMs.length)) / sent);
      const paint = lost === 0 ? green : lost === 100 ? red : yellow;
      const figures = [String(sent), String(rttsMs.length), { text: `${lost} %`, paint }];
      return [address, ...figures, ...times.map((ms) => (ms === undefined ? '–' : formatMs(ms)))];
    }),
  );
}

function exitCodeOf(results: readonly PathResult[], listed: readonly Address[]): ExitCode {
  const answered = results.filter(({ rttsMs }) => rttsMs.length > 0).map(({ address }) => address);
  if (listed.every((address) => answered.includes(address))) return EXIT.done;
  return answered.length === 0 ? EXIT.incomplete : EXIT.somePaths;
}
