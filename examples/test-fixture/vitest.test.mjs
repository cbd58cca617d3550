// vitest run examples/test-fixture/vitest.test.mjs

import { networkFixture } from 'usrsctp-wasm/testing';
import { test as base, expect } from 'vitest';
import { ask } from './ask.mjs';
import { hosts, peers } from './hosts.mjs';

const test = base.extend({ network: networkFixture({ seed: 7 }) });

test('a question is answered although the first path is dead', async ({ network }) => {
  await network.run(async () => {
    const { client, server } = await hosts(network);
    network.partition('10.0.1.2');
    expect(await ask(client, peers, 'hello')).toBe('hello');
    expect(network.clock.now()).toBeGreaterThan(1000); // virtual ms: one time-out
    await Promise.all([client.close(), server.close()]);
  });
});
