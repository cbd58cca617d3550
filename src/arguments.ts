const LONGEST = 60;
/** 35,000 years: a clock that shows more would soon lack the digits for a fraction of a ms. */
const LONGEST_MS = 2 ** 40;

/** What a caller gave, for the message of an error: short, and never an error of its own. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Throws TypeError for what is no object, before its fields are asked for. */
export function checkObject(value: unknown, name: string, syscall: string): void {
  if (typeof value === 'object' && value !== null) return;
  throw new TypeError(`${syscall}: ${name} must be an object, not ${shown(value)}`);
}

/** Throws TypeError for what is of another type. */
export function checkType(value: unknown, type: 'function' | 'number' | 'string', name: string, syscall: string): void {
  if (typeof value === type) return;
  throw new TypeError(`${syscall}: ${name} must be a ${type}, not ${shown(value)}`);
}

/** Reads what a typed array is from the array itself. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;
/** Reads the length of an ArrayBuffer, and throws for anything else. */
const bufferLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get;

/** Whether it is a Uint8Array, of whatever realm: `instanceof` says no to those of a vm context, of jsdom, of an iframe. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || typedArrayName?.call(value) === 'Uint8Array';
}

/** Whether it is an ArrayBuffer, of whatever realm. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (value instanceof ArrayBuffer) return true;
  try {
    return bufferLength?.call(value) !== undefined;
  } catch {
    return false;
  }
}

/** Throws TypeError for what is no array. */
export function checkArray(value: unknown, name: string, syscall: string): void {
  if (!Array.isArray(value)) throw new TypeError(`${syscall}: ${name} must be an array, not ${shown(value)}`);
}

/** Throws TypeError or RangeError for what is no duration in ms; Infinity is one. */
export function checkDuration(value: unknown, name: string, syscall: string): void {
  checkType(value, 'number', name, syscall);
  if (!((value as number) >= 0)) throw new RangeError(`${syscall}: ${name} is ${shown(value)}: give 0 ms or more`);
}

/** Throws as `checkDuration` does, and for what is longer than a clock can be moved. */
export function checkFiniteDuration(value: unknown, name: string, syscall: string): void {
  checkDuration(value, name, syscall);
  if ((value as number) <= LONGEST_MS) return;
  throw new RangeError(`${syscall}: ${name} is ${shown(value)}: give ${LONGEST_MS} ms or less`);
}
