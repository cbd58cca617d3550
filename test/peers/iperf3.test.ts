import { afterEach, expect, test } from 'vitest';
import { GuestProgram } from './guest.js';
import { IPERF_PORT, runClient, serveClient } from './iperf3.js';
import { HERE } from './network.js';
import { endAll, listening, ours } from './ours.js';

afterEach(endAll);

test.each([
  ['we send', false],
  ['it sends', true],
])('with iperf3 --sctp as the server, %s', async (_, reverse) => {
  const server = new GuestProgram('iperf3 --server --one-off --forceflush');
  await server.printed(/Server listening/);
  const { here, there } = await runClient((await ours()).socket(), reverse);
  expect(Math.min(here, there)).toBeGreaterThan(0);
  const [sent, received] = reverse ? [there, here] : [here, there];
  expect(received).toBeLessThanOrEqual(sent);
});

test.each([
  ['it sends', ''],
  ['we send', '--reverse'],
])('with iperf3 --sctp as the client, %s', async (_, option) => {
  const socket = listening(await ours(), IPERF_PORT);
  const served = serveClient(socket);
  const client = new GuestProgram(`iperf3 --sctp --client ${HERE[0]} --time 1 ${option}`);
  const { here, there } = await served;
  await client.printed(/iperf Done/);
  expect(Math.min(here, there)).toBeGreaterThan(0);
  const [sent, received] = option ? [here, there] : [there, here];
  expect(received).toBeLessThanOrEqual(sent);
});
