import { expect, test } from 'vitest';
import { systemRandom } from '../src/random.js';

test('systemRandom never returns the same bytes twice', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 2000; i++) {
    const bytes = new Uint8Array(16);
    systemRandom(bytes);
    seen.add(bytes.join());
  }
  expect(seen.size).toBe(2000);
});

test('more bytes than Web Crypto fills in one call are all filled', () => {
  const bytes = new Uint8Array(200_000);
  systemRandom(bytes);
  for (let at = 0; at < bytes.length; at += 1000) {
    expect(bytes.subarray(at, at + 1000).filter((byte) => byte === 0).length).toBeLessThan(50);
  }
});
