import type { errnoNumbers } from '../generated/errno.js';

/** The name of a POSIX error. */
export type ErrnoName = keyof typeof errnoNumbers;
