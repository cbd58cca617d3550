#!/usr/bin/env node
import { UsageError } from './exit.js';
import { noCommand, relayUsage, runRelay } from './relay/command.js';
import { versionOf } from './version.js';

const args = process.argv.slice(2);
const asks = (...names: string[]) => args.some((argument) => names.includes(argument));
try {
  if (asks('--help', '-h') || args[0] === 'help') process.stdout.write(relayUsage('usrsctp-relay'));
  else if (asks('--version', '-v')) process.stdout.write(`${versionOf(import.meta.url)}\n`);
  else if (!(await runRelay(args))) wrongCommand(args[0]);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof UsageError ? '; see usrsctp-relay --help' : '';
  process.stderr.write(`usrsctp-relay: ${message}${hint}\n`);
  process.exit(1);
}

function wrongCommand(name: string | undefined): void {
  process.stderr.write(`usrsctp-relay: ${noCommand(name)}\n\n${relayUsage('usrsctp-relay')}`);
  process.exitCode = 2;
}
