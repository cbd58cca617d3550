import { expect, test } from 'vitest';
import { crc32c } from '../../src/wire/crc32c.js';
import { pattern } from '../support/two-stacks.js';

/** The bitwise definition of RFC 9260 Appendix A. */
function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

test('the CRC32c of any number of bytes equals the bitwise definition, and that of 123456789 is the known one', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = pattern(length, length);
    expect(crc32c(bytes)).toBe(bitByBit(bytes));
  }
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

test('a CRC can be continued at any byte', () => {
  const bytes = pattern(41);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(bitByBit(bytes));
  }
});
