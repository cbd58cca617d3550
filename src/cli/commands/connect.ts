import { type Association, systemClock } from '../../index.js';
import { CLIENT_OPTIONS, clientHelp, withAssociation } from '../client.js';
import type { Command } from '../command.js';
import { EXIT, type ExitCode } from '../exit.js';
import { CLIENT_NETWORK_HELP, NETWORK_OPTIONS } from '../network-options.js';
import { parse } from '../parse.js';
import { pathLines } from '../paths.js';
import { Report } from '../report.js';
import { setupLines } from '../setup.js';
import { eventLine } from '../terminal.js';
import { seconds } from '../values.js';
import { pause, pauseUnless } from '../wait.js';

const PORT = '7';
/** How long paths may take to be confirmed before they are shown, in ms. */
const CONFIRM_MS = 1000;
const POLL_MS = 10;

const OPTIONS = {
  ...NETWORK_OPTIONS,
  ...CLIENT_OPTIONS,
  port: { type: 'string', default: PORT },
  watch: { type: 'string' },
} as const;

export const connect: Command = {
  help: `usrsctp-wasm connect ADDRESS… [OPTIONS]

Sets up an association (connectx), prints what happened to each address and the state of each path, and shuts the
association down. It needs a server that listens: any SCTP server will do, such as 'usrsctp-wasm echo'.

Examples:
  usrsctp-wasm connect 192.0.2.1 198.51.100.1             SCTP port ${PORT}, in UDP
  usrsctp-wasm connect 192.0.2.1 --port 3868 --ip         a Diameter server, without UDP
  usrsctp-wasm connect host.example --watch 60            also report changes of paths for a minute
  usrsctp-wasm connect 192.0.2.1 --json | jq 'select(.setup).setup'

${clientHelp(PORT)}  --watch SECONDS      keep the association up, and print changes of its paths; 0: until Ctrl-C

${CLIENT_NETWORK_HELP}
Exit codes: 0 all listed addresses are active paths; 5 some aren't; 3 not connected; 4 lost while it was watched.
`,
  async run(args, { signal }) {
    const { values, positionals } = parse(args, OPTIONS);
    const report = new Report(values.json);
    const watchMs = values.watch === undefined ? undefined : seconds('--watch', values.watch);
    return withAssociation(values, positionals, signal, async ({ association }) => {
      const { setup } = association;
      report.event('connected', { setup }, setupLines(setup));
      await confirmed(association);
      const showPaths = () =>
        report.event('paths', { paths: association.paths() }, ['', ...pathLines(association.paths())]);
      showPaths();
      if (watchMs !== undefined) {
        await watch(association, watchMs, signal, report);
        if (association.state !== 'closed') showPaths();
      }
      return end(association, report);
    });
  },
};

async function end(association: Association, report: Report): Promise<ExitCode> {
  if (association.state === 'closed') {
    const error = await association.closed;
    report.event('closed', { error }, [
      '',
      error === undefined ? 'the peer has shut the association down' : error.message,
    ]);
    return error === undefined ? EXIT.done : EXIT.incomplete;
  }
  const isWhole = listedAreActive(association);
  await association.close({ timeoutMs: 5000 });
  report.event('closed', {}, ['', 'closed: SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE']);
  return isWhole ? EXIT.done : EXIT.somePaths;
}

/** Is each address that was listed an active path? Those that the peer has added may be in networks that this host isn't in. */
function listedAreActive(association: Association): boolean {
  const { confirmed, dropped } = association.setup;
  const active = association.paths().filter(({ state }) => state === 'active');
  return dropped.length === 0 && confirmed.every((listed) => active.some(({ address }) => address === listed));
}

/** Resolves when no path is unconfirmed any more, or after a while. */
async function confirmed(association: Association): Promise<void> {
  const end = systemClock.now() + CONFIRM_MS;
  const isPending = () => association.paths().some(({ state }) => state === 'unconfirmed');
  while (isPending() && systemClock.now() < end && association.state === 'open') await pause(POLL_MS);
}

/** Prints the changes of paths until the time is over, the signal is aborted or the association has ended. */
async function watch(association: Association, watchMs: number, signal: AbortSignal, report: Report): Promise<void> {
  const startedAt = systemClock.now();
  const off = association.on('path', ({ address, change, mtu, error }) => {
    const atMs = systemClock.now() - startedAt;
    const detail = mtu === undefined ? '' : ` ${mtu} B`;
    report.event('path', { atMs, address, change, mtu, error }, eventLine(atMs, `path ${address}: ${change}${detail}`));
  });
  await pauseUnless(watchMs === 0 ? undefined : watchMs, signal, association.closed);
  off();
}
