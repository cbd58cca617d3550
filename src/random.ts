/** Fills bytes with randomness. What usrsctp takes from it (verification tags, TSNs, cookies' secrets) must be unguessable. */
export type Random = (bytes: Uint8Array) => void;

/** getRandomValues gives at most so many bytes a call. */
const QUOTA = 65_536;
/** It costs a microsecond a call, of which a set-up needs four: so it is asked for more, and its bytes are kept. */
const POOL_BYTES = 4096;

/** The machine's cryptographic randomness. */
export const systemRandom: Random = /* @__PURE__ */ pooled();

function pooled(): Random {
  const pool = new Uint8Array(POOL_BYTES);
  let taken = POOL_BYTES;
  return (bytes) => {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('systemRandom: bytes must be a Uint8Array');
    if (bytes.length > POOL_BYTES) return fill(bytes);
    if (taken + bytes.length > POOL_BYTES) {
      crypto.getRandomValues(pool);
      taken = 0;
    }
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
