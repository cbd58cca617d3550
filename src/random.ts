import { isBytes } from './arguments.js';

/** Fills bytes with randomness. It must be unguessable: usrsctp makes verification tags, TSNs and secrets for cookies from it. */
export type Random = (bytes: Uint8Array) => void;

/** The most bytes that getRandomValues fills in one call. */
const QUOTA = 65_536;

/** The machine's cryptographic randomness: Web Crypto's. Throws TypeError unless `bytes` is a Uint8Array. */
export const systemRandom: Random = (bytes) => {
  if (!isBytes(bytes)) throw new TypeError('systemRandom: bytes must be a Uint8Array');
  for (let offset = 0; offset < bytes.length; offset += QUOTA) {
    crypto.getRandomValues(bytes.subarray(offset, offset + QUOTA) as Uint8Array<ArrayBuffer>);
  }
};
