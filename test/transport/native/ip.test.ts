import { afterEach } from 'vitest';
import { ip } from '../../../src/native.js';
import { transportContract } from '../contract.js';
import { closeTransports, pause } from '../fixture.js';

afterEach(closeTransports);

for (const [one, other] of [
  ['127.0.0.1', '127.0.0.2'],
  ['::1', '::1'],
] as const) {
  if (one === other) continue;
  transportContract(`ip from ${one} to ${other}`, async () => ({
    left: ip({ addresses: [one], answerStrangers: true }),
    right: ip({ addresses: [other], answerStrangers: true }),
    port: () => 0,
    settle: () => pause(),
  }));
}
