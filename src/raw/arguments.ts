import { isBytes, shown } from '../arguments.js';

/** A C integer argument. */
export function integer(name: string, value: unknown): number {
  if (Number.isInteger(value)) return value as number;
  throw new TypeError(`${name} must be an integer, not ${shown(value)}`);
}

/** A C function pointer, which may be NULL: `null` or left out. */
export function functionOrNull<F>(name: string, value: F | null | undefined): F | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function or null, not ${shown(value)}`);
  return value;
}

/** A C buffer. */
export function checkBytes(name: string, value: unknown): void {
  if (!isBytes(value)) throw new TypeError(`${name} must be a Uint8Array, not ${shown(value)}`);
}
