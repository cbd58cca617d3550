/** An option of a pcapng block. */
export type BlockOption = readonly [code: number, value: string | Uint8Array];

/** A pcapng block in little-endian order: type, length, fixed fields, options, and the length again. */
export function block(type: number, fields: readonly Uint8Array[], options: readonly BlockOption[] = []): Uint8Array {
  const body = [...fields, ...options.map(option), ...(options.length > 0 ? [uint16(0, 0)] : [])].map(padded);
  const length = 12 + body.reduce((sum, part) => sum + part.length, 0);
  return concat([uint32(type, length), ...body, uint32(length)]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function uint16(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint16(2 * index, value, true);
  return bytes;
}

export function uint32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return bytes;
}

function option([code, value]: BlockOption): Uint8Array {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return concat([uint16(code, bytes.length), bytes]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return bytes.length % 4 === 0 ? bytes : concat([bytes, new Uint8Array(4 - (bytes.length % 4))]);
}
