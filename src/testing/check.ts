/** Throws an error with the message unless a condition holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Throws an error with both values unless they are equal as JSON. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(found === wanted, `${what}: expected ${wanted}, found ${found}`);
}

/** Throws an error unless the bytes are equal. */
export function checkBytes(actual: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  check(actual !== undefined, `${what}: expected ${expected.length} bytes, found nothing`);
  const differs = expected.findIndex((byte, index) => byte !== actual[index]);
  const where = differs < 0 ? '' : `, first difference at ${differs}`;
  check(
    differs < 0 && actual.length === expected.length,
    `${what}: expected ${expected.length} bytes, found ${actual.length}${where}`,
  );
}
