import { checkOptions, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { Names } from '../nearest-name.js';

/** What the peers of a stack may take. A peer that wants more is refused; nobody else is. */
export interface Limits {
  /**
   * The most associations that the stack may have at a time, 1 to 1,000,000. Default 100,000. Beyond that `connect`
   * and `connectx` reject with ENOBUFS, and a peer's set-up is answered with ABORT ("Out of Resource").
   */
  readonly associations?: number;
  /**
   * The most associations at a time that peers may set up from one IPv4 address, or from one /64 network of IPv6.
   * Default 50,000. Beyond that a set-up is answered with ABORT ("Out of Resource").
   */
  readonly associationsPerAddress?: number;
  /**
   * The most addresses that a peer of an association may have, 1 to 256. Default 64. A peer that lists more in its set-up
   * is answered with ABORT ("Out of Resource"); one that adds more gets an error cause (RFC 5061 §4.2.1).
   */
  readonly peerAddresses?: number;
}

const NAMES: Names<Limits> = { associations: true, associationsPerAddress: true, peerAddresses: true };

const DEFAULTS: Required<Limits> = { associations: 100_000, associationsPerAddress: 50_000, peerAddresses: 64 };

const MOST: Required<Limits> = { associations: 1_000_000, associationsPerAddress: 1_000_000, peerAddresses: 256 };

/** All limits. Throws EINVAL for one that is out of range. */
export function allLimits(given: Limits): Required<Limits> {
  checkOptions(given, NAMES, 'Stack.create: limits');
  const limitOf = (name: keyof Limits): number => {
    const limit = given[name] ?? DEFAULTS[name];
    checkLimit(name, limit);
    return limit;
  };
  return {
    associations: limitOf('associations'),
    associationsPerAddress: limitOf('associationsPerAddress'),
    peerAddresses: limitOf('peerAddresses'),
  };
}

function checkLimit(name: keyof Limits, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST[name]) return;
  const range = `1 to ${MOST[name].toLocaleString('en')}`;
  throw new SctpError('EINVAL', `Stack.create: ${name} must be ${range}, not ${shown(value)}`, { syscall: 'create' });
}
