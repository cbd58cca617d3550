import { test } from 'vitest';
import { routedTransfers } from '../support/routed-transfers.js';
import { reported } from '../support/transfer.js';

const MB = 1_000_000;

const { network, begin, arrived } = routedTransfers();

const isMtu = (bytes: number) => (report: { change: string; mtu?: number }) =>
  report.change === 'mtu' && report.mtu !== undefined && report.mtu <= bytes;

test.each(['IPv4', 'IPv6'] as const)(
  'over a router that drops packets of more than 1,280 bytes: %s',
  async (family) => {
    network.setMtu(1280);
    await arrived(await begin(family, 2 * MB));
  },
);

test('the packet size is raised to that of Ethernet, and falls when the router no longer forwards it', async () => {
  network.setMtu(1500);
  const both = await begin('IPv4', 100 * MB);
  await reported(both.sender, 'path', ({ change, mtu }) => change === 'mtu' && mtu === 1500 - 20 - 8 - 12);
  await reported(both.receiver, 'progress');
  network.setMtu(1280);
  await reported(both.sender, 'path', isMtu(1280 - 20 - 8 - 12));
  network.setMtu(1500);
  await arrived(both);
});
