import { afterEach } from 'vitest';
import { udp } from '../../../src/native.js';
import type { UdpTransport } from '../../../src/udp.js';
import { transportContract } from '../contract.js';
import { closeTransports, pause } from '../fixture.js';

afterEach(closeTransports);

for (const address of ['127.0.0.1', '::1']) {
  transportContract(`native udp on ${address}`, async () => ({
    left: udp({ addresses: [address], port: 0 }),
    right: udp({ addresses: [address], port: 0 }),
    port: (transport) => (transport as UdpTransport).port,
    settle: () => pause(),
  }));
}
