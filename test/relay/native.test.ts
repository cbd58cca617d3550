import { afterEach, expect, test } from 'vitest';
import { exchange } from '../support/exchange.js';
import { client, closeRelays, serve, startRelay } from '../support/relays.js';
import { all } from '../support/two-stacks.js';

afterEach(closeRelays);

test('a relay that passes many datagrams to the system at once carries messages both ways', async () => {
  const relay = await startRelay('127.0.0.11', { native: true });
  const server = await serve(['127.0.0.1']);
  const { stack } = await client([relay], server.udpPort);
  const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
  const accepted = await server.listener.accept();
  await exchange(association, accepted, 20);
  await association.close();
  expect(await all(accepted)).toEqual([]);
});

test('its error names an address that this machine doesn’t have', async () => {
  await expect(startRelay('203.0.113.1', { native: true })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});
