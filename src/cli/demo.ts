import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { demo } from './demo/client.js';
import { serve } from './demo/server.js';

const USAGE = `./build.sh demo [--help]

Two processes connect with SCTP over UDP on this machine, each with two addresses: connectx with a dead address
first, messages on several streams, a path that is cut and heals, a graceful close. It takes about 6 seconds and
needs no network and no privileges. With NO_COLOR set, or into a pipe, the output is without colours.
`;

// Whoever reads may have seen enough, as `head` has: the server process ends with this one.
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

/** IPv4 and IPv6; on a machine without IPv6, two of IPv4. */
function loopbackAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return ['127.0.0.1', addresses.some(({ address }) => address === '::1') ? '::1' : '127.0.0.2'];
}

function usage(argument: string): void {
  const isHelp = argument === '--help' || argument === '-h';
  (isHelp ? process.stdout : process.stderr).write(isHelp ? USAGE : `demo: what is '${argument}'?\n\n${USAGE}`);
  process.exitCode = isHelp ? 0 : 2;
}
