import { afterEach, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { KernelPeer, listenOn } from './kernel.js';
import { GUEST } from './network.js';
import { endAll, freshPort } from './ours.js';

afterEach(async () => {
  await Child.endAll();
  await endAll();
});

test('the client of docs/recipes/linux-peer.md talks to a Linux kernel over both of its addresses', async () => {
  const port = freshPort();
  await KernelPeer.start('send-buffer 4000000', 'echo', listenOn(port));
  const client = new Child(process.execPath, ['examples/client.mjs', ...GUEST, '--port', String(port)]);
  expect(await client.exit(), client.output).toBe(0);
  for (const address of GUEST) expect(client.output).toMatch(new RegExp(`confirmed: \\[.*'${address}'`));
  expect(client.output).toMatch(/^2 hello on stream 2$/m);
});
