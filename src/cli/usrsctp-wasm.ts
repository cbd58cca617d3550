#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { quoted } from '../arguments.js';
import { suggestion } from '../nearest-name.js';
import type { Command, Context } from './command.js';
import { bench } from './commands/bench.js';
import { capture } from './commands/capture.js';
import { connect } from './commands/connect.js';
import { decode } from './commands/decode.js';
import { discard } from './commands/discard.js';
import { echo } from './commands/echo.js';
import { ping } from './commands/ping.js';
import { receive } from './commands/receive.js';
import { send } from './commands/send.js';
import { CommandError, EXIT, type ExitCode, UsageError } from './exit.js';
import { Report } from './report.js';
import { versionOf } from './version.js';

/** The commands. Those that need more than the library are loaded when they are used. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  connect: { summary: 'set up an association, and print what happened path by path', load: async () => connect },
  ping: { summary: 'measure the round trip of each path', load: async () => ping },
  echo: { summary: 'serve: send messages back', load: async () => echo },
  discard: { summary: 'serve: receive messages and count them', load: async () => discard },
  send: { summary: 'send files or the standard input', load: async () => send },
  receive: { summary: 'serve: receive files, or write what comes to the standard output', load: async () => receive },
  bench: { summary: 'measure the throughput, with a plot', load: async () => bench },
  relay: {
    summary: 'run a relay for programs without UDP; make its keys and tickets',
    load: async () => (await import('./commands/relay.js')).relay,
  },
  capture: { summary: 'run another command, and write its packets to a file for Wireshark', load: async () => capture },
  decode: { summary: 'print a pcap or pcapng file as a ladder diagram', load: async () => decode },
  demo: {
    summary: 'show a failover between two processes on this machine',
    load: async () => (await import('./commands/demo.js')).demo,
  },
};

const HELP = `usrsctp-wasm COMMAND [OPTIONS]

SCTP with several paths, from the command line. SCTP is sent in UDP (RFC 6951), directly in IP (--ip), or through
relays (--relay URL).

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(11)}${summary}`)
  .join('\n')}

  help COMMAND         the options of a command, with examples
  --version            the version of the package

Try it, in two terminals:
  usrsctp-wasm echo
  usrsctp-wasm ping 127.0.0.1 ::1

Exit codes: 0 done; 1 failed; 2 wrong command line; 3 not connected; 4 lost or incomplete; 5 not on every path;
130 interrupted.
`;

const PROGRAM = fileURLToPath(import.meta.url);

// The reader of the output may close the pipe, as `head` does.
process.stdout.on('error', () => process.exit(EXIT.failed));

const args = process.argv.slice(2);
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort(new Error(`${name} was received`));
  });
}

process.exitCode = await main(args, { signal: interruption.signal, program: [PROGRAM] });

async function main([name, ...rest]: readonly string[], context: Context): Promise<ExitCode> {
  try {
    if (name === '--version' || name === '-v') return print(`${versionOf(import.meta.url)}\n`);
    if (name === '--help' || name === '-h') return print(HELP);
    if (name === 'help') return print(rest[0] === undefined ? HELP : (await commandOf(rest[0])).help);
    if (name === undefined) {
      process.stderr.write(HELP);
      return EXIT.usage;
    }
    const command = await commandOf(name);
    if (rest.some((argument) => argument === '--help' || argument === '-h')) return print(command.help);
    return await command.run(rest, context);
  } catch (error) {
    return failed(name, error, rest.includes('--json'));
  }
}

function commandOf(name: string): Promise<Command> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command.load();
  throw new UsageError(`there is no command ${quoted(name)}: ${suggestion(name, Object.keys(COMMANDS))}`);
}

/** Says why a command has failed. */
function failed(name: string | undefined, error: unknown, isJson: boolean): ExitCode {
  const isCommand = name !== undefined && Object.hasOwn(COMMANDS, name);
  const program = isCommand ? `usrsctp-wasm ${name}` : 'usrsctp-wasm';
  const message = error instanceof Error ? error.message : String(error);
  const exitCode = exitCodeOf(error);
  if (error instanceof UsageError) {
    const help = isCommand ? `usrsctp-wasm help ${name}` : 'usrsctp-wasm --help';
    process.stderr.write(`${program}: ${message}\nSee '${help}'.\n`);
  } else if (interruption.signal.aborted) {
    return EXIT.interrupted;
  } else if (isJson) {
    const cause = error instanceof CommandError ? (error.cause ?? error) : error;
    new Report(true).event('error', { exitCode, error: cause }, []);
  } else {
    process.stderr.write(`${program}: ${message}\n`);
  }
  return exitCode;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  return error instanceof CommandError ? error.exitCode : EXIT.failed;
}

function print(text: string): ExitCode {
  process.stdout.write(text);
  return EXIT.done;
}
