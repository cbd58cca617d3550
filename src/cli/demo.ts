import { fileURLToPath } from 'node:url';
import { DEMO_HELP, runDemo } from './demo/command.js';

const USAGE = `./build.sh demo [--help]

${DEMO_HELP}`;

// The reader may close the pipe, as `head` does. The server process ends with this one.
process.stdout.on('error', () => process.exit(1));

const args = process.argv.slice(2);
try {
  if (!(await runDemo([fileURLToPath(import.meta.url)], args))) usage(args[0] ?? '');
} catch (error) {
  process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function usage(argument: string): void {
  const isHelp = argument === '--help' || argument === '-h';
  (isHelp ? process.stdout : process.stderr).write(isHelp ? USAGE : `demo: unknown argument '${argument}'\n\n${USAGE}`);
  process.exitCode = isHelp ? 0 : 2;
}
