import type { Address } from '../../address.js';
import { SctpError } from '../../errors.js';

/** The error of a UDP socket that couldn't be bound. `errno` is the POSIX name of the system's error. */
export function bindError(errno: string, address: Address, port: number, cause?: Error): SctpError {
  const details = { syscall: 'bind', address, port, ...(cause && { cause }) };
  const where = `UDP port ${port} on ${address}`;
  switch (errno) {
    case 'EADDRINUSE':
      return new SctpError('EADDRINUSE', `${where} is in use: choose another \`port\`, or 0 for any`, details);
    case 'EACCES':
    case 'EPERM':
      return new SctpError('EACCES', `${where} requires privileges: choose a \`port\` above 1023`, details);
    case 'EMFILE':
    case 'ENFILE':
      return new SctpError('ENOBUFS', `${where}: too many open files: raise the limit`, details);
    default:
      return new SctpError('EADDRNOTAVAIL', `${address} is not an address of this machine: leave it out`, details);
  }
}
