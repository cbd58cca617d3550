import { isBytes } from './arguments.js';
/** Fills bytes with randomness. What usrsctp takes from it (verification tags, TSNs, cookies' secrets) must be unguessable. */
export type Random = (bytes: Uint8Array) => void;

/** getRandomValues gives at most so many bytes a call. */
const QUOTA = 65_536;
/** It costs 1.6 µs a call, and a tenth of one a kilobyte, which a set-up needs: so it is asked for more, and that is kept. */
const POOL_BYTES = 16_384;
/** Of the kernel's device, which takes longer: what a few associations need. */
const FIRST_BYTES = 4096;

/** The machine's cryptographic randomness. */
export const systemRandom: Random = /* @__PURE__ */ pooled();

function pooled(): Random {
  const pool = new Uint8Array(POOL_BYTES);
  let taken = POOL_BYTES;
  let isFirst = true;
  const refill = () => {
    const isKernels = isFirst && filledByKernel(pool.subarray(-FIRST_BYTES));
    if (!isKernels) crypto.getRandomValues(pool);
    isFirst = false;
    taken = isKernels ? POOL_BYTES - FIRST_BYTES : 0;
  };
  return (bytes) => {
    if (!isBytes(bytes)) throw new TypeError('systemRandom: bytes must be a Uint8Array');
    if (bytes.length > FIRST_BYTES) return fill(bytes);
    if (taken + bytes.length > POOL_BYTES) refill();
    const next = pool.subarray(taken, taken + bytes.length);
    bytes.set(next);
    next.fill(0); // nobody finds it there afterwards
    taken += bytes.length;
  };
}

function fill(bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; offset += QUOTA) {
    crypto.getRandomValues(bytes.subarray(offset, offset + QUOTA) as Uint8Array<ArrayBuffer>);
  }
}

/** What there may be of Node's, without an import: this runs everywhere. */
interface Runtime {
  readonly process?: { readonly platform?: string; getBuiltinModule?(name: 'node:fs'): Files };
  readonly Deno?: unknown;
}

interface Files {
  openSync(path: string, flags: 'r'): number;
  fstatSync(file: number): { isCharacterDevice(): boolean };
  readSync(file: number, bytes: Uint8Array): number;
  closeSync(file: number): void;
}

/**
 * Linux has the source that seeds Web Crypto as a device, too. Node takes 2 ms, a tenth of a cold start, to load Web Crypto,
 * and this takes 30 µs; afterwards it is five times slower. Deno would ask its user. False: ask Web Crypto, as wherever it is no device, or can't be read.
 */
function filledByKernel(bytes: Uint8Array): boolean {
  const { process, Deno }: Runtime = globalThis as object;
  if (process?.platform !== 'linux' || Deno !== undefined) return false;
  try {
    const fs = process.getBuiltinModule?.('node:fs');
    const device = fs?.openSync('/dev/urandom', 'r');
    if (fs === undefined || device === undefined) return false;
    try {
      return fs.fstatSync(device).isCharacterDevice() && fs.readSync(device, bytes) === bytes.length;
    } finally {
      fs.closeSync(device);
    }
  } catch {
    return false;
  }
}
