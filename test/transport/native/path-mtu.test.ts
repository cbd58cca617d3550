import { test } from 'vitest';
import { routedTransfers } from '../../support/routed-transfers.js';

const MB = 1_000_000;

const { network, begin, arrived } = routedTransfers();

const CASES = (['ip', 'native udp'] as const).flatMap((transport) =>
  (['IPv4', 'IPv6'] as const).map((family) => [transport, family] as const),
);

test.each(CASES)(
  '%s over a router that drops packets of more than 1,280 bytes, silently: %s',
  async (transport, family) => {
    network.setMtu(1280);
    await arrived(await begin(family, 2 * MB, transport));
  },
);

test.each(CASES)('%s over a router that reports packets of more than 1,280 bytes: %s', async (transport, family) => {
  network.setMtu(1280);
  network.allowIcmp();
  await arrived(await begin(family, 2 * MB, transport));
});
