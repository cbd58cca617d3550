/** Fails with a sentence unless a condition holds. */
export function check(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

/** Fails with both values unless they are equal as JSON. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(is === wanted, `${what}: expected ${wanted}, but it is ${is}`);
}

/** Fails unless the bytes are the same. */
export function checkBytes(actual: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  check(actual !== undefined, `${what}: expected ${expected.length} bytes, but nothing came`);
  const differs = expected.findIndex((byte, index) => byte !== actual[index]);
  const where = differs < 0 ? '' : `, the first difference at ${differs}`;
  check(
    differs < 0 && actual.length === expected.length,
    `${what}: expected ${expected.length} bytes, but there are ${actual.length}${where}`,
  );
}
