import { networkInterfaces } from 'node:os';
import { demo } from './client.js';
import { serve } from './server.js';

/** What the demo shows. */
export const DEMO_HELP = `Two processes on this machine, each with two addresses, connect with SCTP over UDP. The demo shows connectx whose
first address is unreachable, messages on several streams, a path that fails and recovers, and a graceful close. It
takes about 6 seconds, and needs neither a network nor privileges. The output has no colours if NO_COLOR is set or
if it isn't a terminal.
`;

/**
 * Runs the demo; with `serve` as the first argument, its server process. `program` is what runs this function. Returns
 * false for arguments that there aren't.
 */
export async function runDemo(
  program: readonly [file: string, ...string[]],
  [command, ...rest]: readonly string[],
): Promise<boolean> {
  if (command === 'serve') await serve(rest);
  else if (command === undefined) await demo(program, loopbackAddresses());
  return command === 'serve' || command === undefined;
}

/** One of IPv4 and one of IPv6, or two of IPv4 on a machine without IPv6. */
function loopbackAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return ['127.0.0.1', addresses.some(({ address }) => address === '::1') ? '::1' : '127.0.0.2'];
}
