/** Fills bytes with randomness. What usrsctp takes from it (verification tags, TSNs, cookies' secrets) must be unguessable. */
export type Random = (bytes: Uint8Array) => void;

/** getRandomValues gives at most so many bytes a call. */
const QUOTA = 65_536;

/** The machine's cryptographic randomness. */
export const systemRandom: Random = (bytes) => {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('systemRandom: bytes must be a Uint8Array');
  for (let offset = 0; offset < bytes.length; offset += QUOTA) {
    crypto.getRandomValues(bytes.subarray(offset, offset + QUOTA) as Uint8Array<ArrayBuffer>);
  }
};
