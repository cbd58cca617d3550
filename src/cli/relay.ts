#!/usr/bin/env node
import { UsageError } from './exit.js';
import { relayUsage, runRelay } from './relay/command.js';

const args = process.argv.slice(2);
try {
  if (!(await runRelay(args))) usage(args[0]);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof UsageError ? '; see usrsctp-relay --help' : '';
  process.stderr.write(`usrsctp-relay: ${message}${hint}\n`);
  process.exit(1);
}

function usage(argument: string | undefined): void {
  const isHelp = argument === '--help' || argument === '-h';
  (isHelp ? process.stdout : process.stderr).write(relayUsage('usrsctp-relay'));
  process.exitCode = isHelp ? 0 : 2;
}
