import { checkOptions, shown } from './arguments.js';
import { SctpError } from './errors.js';
import type { Names } from './nearest-name.js';

/**
 * A stack's share of the verification tags. Several stacks can be behind the same addresses if each has another share: a packet
 * is for the stack with `index` = tag mod `of`.
 */
export interface Share {
  /** Which share, from 0. */
  readonly index: number;
  /** How many shares there are, 1 to 256. */
  readonly of: number;
}

/** The most shares: each must have some of the 16,384 dynamic ports. */
export const MOST_SHARES = 256;

const NAMES: Names<Share> = { index: true, of: true };

/** Throws TypeError or EINVAL unless it is a share. */
export function checkShare(share: Share, syscall: string): void {
  checkOptions(share, NAMES, `${syscall}: share`);
  const { index, of } = share;
  checkInteger(of, 1, MOST_SHARES, 'share.of', syscall);
  checkInteger(index, 0, of - 1, 'share.index', syscall);
}

function checkInteger(value: unknown, least: number, most: number, name: string, syscall: string): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw new SctpError('EINVAL', `${syscall}: ${name} must be ${least} to ${most}, not ${shown(value)}`, { syscall });
}
