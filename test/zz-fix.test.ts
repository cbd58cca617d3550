import { test } from 'vitest';
import { withNetwork } from '../src/testing.js';
import { connected, dropChunks, sendAll, receiveAll } from './scenarios.fixture.js';
for (const n of [0, 1, 30])
test('lost complete ' + n, withNetwork({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
  const all = await connected(network);
  const stop = dropChunks(network, all.hosts.server, 'SHUTDOWN COMPLETE');
  await sendAll(all.here, n);
  const hearing = receiveAll(all.there, n);
  const closing = all.there.close();
  await hearing;
  await network.advance(500);
  stop();
  await closing;
  await all.here.closed;
  await all.socket.close(); await all.listener.close();
}));
