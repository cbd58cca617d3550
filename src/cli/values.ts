import { quoted } from '../arguments.js';
import { UsageError } from './exit.js';

/** The value of an option that must be given. */
export function required<Value>(option: string, value: Value | undefined): Value {
  if (value === undefined) throw new UsageError(`${option} is missing`);
  return value;
}

/** Parses the value of a numeric option. */
export function wholeNumber(option: string, text: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`${option} is ${quoted(text)}: it must be an integer ${range}`);
}

/** Parses a port. */
export function portNumber(option: string, text: string, min: 0 | 1 = 1): number {
  return wholeNumber(option, text, min, 65_535);
}

/** Parses a number of seconds, which may have a fraction. Returns ms. */
export function seconds(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= 1e6) return 1000 * value;
  throw new UsageError(`${option} is ${quoted(text)}: it must be a number of seconds, such as 5 or 0.5`);
}

/** The value of an option that has few possible values. */
export function oneOf<Value extends string>(option: string, text: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option} is ${quoted(text)}: it must be one of ${values.join(', ')}`);
}
