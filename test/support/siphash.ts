const MASK = (1n << 64n) - 1n;

const rotated = (word: bigint, bits: bigint) => ((word << bits) | (word >> (64n - bits))) & MASK;

/** One round, in the order of Figure 2.1 of the paper. */
function round(v: bigint[]): void {
  const half = (a: number, b: number, bits: bigint) => {
    v[a] = (v[a]! + v[b]!) & MASK;
    v[b] = rotated(v[b]!, bits) ^ v[a]!;
  };
  half(0, 1, 13n);
  v[0] = rotated(v[0]!, 32n);
  half(2, 3, 16n);
  half(0, 3, 21n);
  half(2, 1, 17n);
  v[2] = rotated(v[2]!, 32n);
}

/** SipHash-2-4 with a tag of 128 bits, in hexadecimal digits. */
export function sipHash(key: Uint8Array, bytes: Uint8Array): string {
  const words = (of: Uint8Array) => new BigUint64Array(of.slice().buffer);
  const [k0 = 0n, k1 = 0n] = words(key);
  const text = new TextEncoder().encode('somepseudorandomlygeneratedbytes').reverse();
  const [c3 = 0n, c2 = 0n, c1 = 0n, c0 = 0n] = words(text);
  const v = [k0 ^ c0, k1 ^ c1 ^ 0xeen, k0 ^ c2, k1 ^ c3];
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) round(v);
    return v.reduce((sum, word) => sum ^ word, 0n);
  };
  const padded = new Uint8Array((bytes.length | 7) + 1);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  for (const word of words(padded)) {
    v[3]! ^= word;
    rounds(2);
    v[0]! ^= word;
  }
  v[2]! ^= 0xeen;
  const low = rounds(4);
  v[1]! ^= 0xddn;
  return Buffer.from(BigUint64Array.of(low, rounds(4)).buffer).toString('hex');
}
