import { suggestion } from './nearest-name.js';

/** Of a value in an error message, in characters. */
const LONGEST = 60;
/** About 35 years. At much larger times a double would lose the digits for fractions of a millisecond. */
const LONGEST_MS = 2 ** 40;

/** A value that a caller passed, for an error message. It is short, and formatting it never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = quoted(value);
  return typeof value === 'string' || typeof value === 'bigint' ? `the ${typeof value} ${text}` : text;
}

/** A name or a text that a caller passed, for an error message, in quotes if it is a string. */
export function quoted(value: unknown): string {
  if (typeof value === 'object' || typeof value === 'function') return value === null ? 'null' : shown(value);
  const text = String(value);
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return typeof value === 'string' ? `'${short}'` : short;
}

/** Throws TypeError unless the value is an object, so that its fields can be read. */
export function checkObject(value: unknown, name: string, syscall: string): void {
  if (typeof value === 'object' && value !== null) return;
  throw new TypeError(`${syscall}: ${name} must be an object, not ${shown(value)}`);
}

/** Throws TypeError unless the value is an object, and all its fields have one of these names. */
export function checkOptions(value: unknown, names: object, syscall: string): void {
  checkObject(value, 'the options', syscall);
  for (const name in value as object) if (!Object.hasOwn(names, name)) throw unknownOption(name, names, syscall);
}

function unknownOption(name: string, names: object, syscall: string): TypeError {
  return new TypeError(`${syscall}: there is no option ${quoted(name)}: ${suggestion(name, Object.keys(names))}`);
}

/** Throws TypeError if the value is of another type. */
export function checkType(value: unknown, type: 'function' | 'number' | 'string', name: string, syscall: string): void {
  if (typeof value === type) return;
  throw new TypeError(`${syscall}: ${name} must be a ${type}, not ${shown(value)}`);
}

/** Returns the name of a typed array's class, and undefined for anything else. Works across realms. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;
/** Returns the length of an ArrayBuffer, and throws for anything else. Works across realms. */
const bufferLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get;

/** Whether a value is a Uint8Array of any realm: `instanceof` is false for those of a vm context, jsdom or an iframe. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || typedArrayName?.call(value) === 'Uint8Array';
}

/** Throws TypeError unless the value is a Uint8Array of any realm. */
export function checkBytes(value: unknown, name: string, syscall: string): void {
  if (!isBytes(value)) throw new TypeError(`${syscall}: ${name} must be a Uint8Array, not ${shown(value)}`);
}

/** Whether a value is an ArrayBuffer of any realm. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (value instanceof ArrayBuffer) return true;
  try {
    return bufferLength?.call(value) !== undefined;
  } catch {
    return false;
  }
}

/** Throws TypeError unless the value is an array. */
export function checkArray(value: unknown, name: string, syscall: string): void {
  if (!Array.isArray(value)) throw new TypeError(`${syscall}: ${name} must be an array, not ${shown(value)}`);
}

/** Throws TypeError or RangeError unless the value is a duration in ms. Infinity is allowed. */
export function checkDuration(value: unknown, name: string, syscall: string): void {
  checkType(value, 'number', name, syscall);
  if (!((value as number) >= 0)) throw new RangeError(`${syscall}: ${name} is ${shown(value)}: give 0 ms or more`);
}

/** As `checkDuration`, but the duration must also be one by which a clock can advance. */
export function checkFiniteDuration(value: unknown, name: string, syscall: string): void {
  checkDuration(value, name, syscall);
  if ((value as number) <= LONGEST_MS) return;
  throw new RangeError(`${syscall}: ${name} is ${shown(value)}: give ${LONGEST_MS} ms or less`);
}
