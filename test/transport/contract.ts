import { describe, test } from 'vitest';
import { transportContract as casesOf, type TransportPair } from '../../src/testing/transport-contract.js';

export { payload, RecordingHost } from '../../src/testing/recording-host.js';
export type { TransportPair } from '../../src/testing/transport-contract.js';

/** The transport contract as tests of vitest. */
export function transportContract(name: string, makePair: () => Promise<TransportPair>): void {
  describe(`${name} keeps the transport contract`, () => {
    for (const { name, run } of casesOf(makePair)) test(name, run);
  });
}
