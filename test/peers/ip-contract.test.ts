import { afterEach } from 'vitest';
import { ip } from '../../src/native.js';
import { transportContract } from '../transport/contract.js';
import { closeTransports, pause } from '../transport/fixture.js';
import { HERE_IPV6 } from './network.js';

afterEach(closeTransports);

const [left, right] = HERE_IPV6;

// Here because this folder's network namespace has two IPv6 addresses. test/transport/native/ip.test.ts has the same over IPv4.
transportContract('ip over IPv6', async () => ({
  left: ip({ addresses: [left], answerOutOfTheBlue: true }),
  right: ip({ addresses: [right], answerOutOfTheBlue: true }),
  port: () => 0,
  settle: () => pause(),
}));
