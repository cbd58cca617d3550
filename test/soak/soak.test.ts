import { expect, test } from 'vitest';
import { Child } from '../support/child.js';

/** `npm run soak` does all of it. */
const SCALE = '0.0004';
const LIMIT_MS = 180_000;
const PARTS = ['set-ups', 'month', 'associations', 'udp', 'disturbances'];

test('a small part of the soak test: nothing is lost, memory is flat, and the stack survives what happens to its peer, its clock and its disk', {
  timeout: LIMIT_MS,
}, async () => {
  const soak = new Child(process.execPath, ['test/soak/soak.mjs', '--scale', SCALE]);
  expect(await soak.exit(LIMIT_MS), soak.output).toBe(0);
  console.log(soak.output.trim());
  for (const part of PARTS) expect(soak.output).toMatch(new RegExp(`^${part}: .*\\(.* s\\)$`, 'm'));
});
