import { shown } from '../arguments.js';
import { SctpError } from '../errors.js';

/** Checks a port number that a caller gave. `least` is 0 if 0 means any port. */
export function checkPort(port: unknown, least: 0 | 1, syscall: string): number {
  if (!Number.isInteger(port) || (port as number) < least || (port as number) > 0xffff) {
    throw new SctpError('EINVAL', `${syscall}: a port must be a number from ${least} to 65535, not ${shown(port)}`, {
      syscall,
    });
  }
  return port as number;
}
