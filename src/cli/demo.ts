import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { demo } from './demo/client.js';
import { serve } from './demo/server.js';

const USAGE = `./build.sh demo [--help]

Two processes on this machine, each with two addresses, connect with SCTP over UDP. The demo shows connectx whose
first address is unreachable, messages on several streams, a path that fails and recovers, and a graceful close. It
takes about 6 seconds, and needs neither a network nor privileges. The output has no colours if NO_COLOR is set or
if it isn't a terminal.
`;

// The reader may close the pipe, as `head` does. The server process ends with this one.
process.stdout.on('error', () => process.exit(1));

const [command, ...rest] = process.argv.slice(2);
try {
  if (command === 'serve') await serve(rest);
  else if (command === undefined) await demo(fileURLToPath(import.meta.url), loopbackAddresses());
  else usage(command);
} catch (error) {
  process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** One of IPv4 and one of IPv6, or two of IPv4 on a machine without IPv6. */
function loopbackAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return ['127.0.0.1', addresses.some(({ address }) => address === '::1') ? '::1' : '127.0.0.2'];
}

function usage(argument: string): void {
  const isHelp = argument === '--help' || argument === '-h';
  (isHelp ? process.stdout : process.stderr).write(isHelp ? USAGE : `demo: unknown argument '${argument}'\n\n${USAGE}`);
  process.exitCode = isHelp ? 0 : 2;
}
