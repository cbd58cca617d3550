// node --test examples/test-fixture/node.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withNetwork } from 'usrsctp-wasm/testing';
import { ask } from './ask.mjs';
import { hosts, peers } from './hosts.mjs';

test(
  'a question is answered although the first path is dead',
  withNetwork({ seed: 7 }, async (network) => {
    const { client, server } = await hosts(network);
    network.partition('10.0.1.2');
    assert.equal(await ask(client, peers, 'hello'), 'hello');
    assert.ok(network.clock.now() > 1000); // virtual ms: one time-out
    await Promise.all([client.close(), server.close()]);
  }),
);
