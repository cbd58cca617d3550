import { expect, test } from 'vitest';
import { routedTransfers } from '../../support/routed-transfers.js';
import { reported } from '../../support/transfer.js';

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

/** What is reported as the MTU of a path: without the headers of IP, UDP and SCTP. */
const reportedMtu = (bytes: number, [transport, family]: (typeof CASES)[number]) =>
  `"mtu":${bytes - (family === 'IPv4' ? 20 : 40) - (transport === 'ip' ? 0 : 8) - 12}`;

test.each(CASES)('%s uses the size that a router reports: 1,400 bytes, %s', async (...[transport, family]) => {
  const size = reportedMtu(1400, [transport, family]);
  network.setMtu(1400);
  network.allowIcmp();
  const transfer = await begin(family, 2 * MB, transport);
  await transfer.sender.printed(new RegExp(size));
  await arrived(transfer);
  expect(transfer.sender.output.match(/"mtu":\d+/g)).toEqual([size]);
});

test.each(CASES)(
  '%s: a link that shrinks to 1,300 bytes and reports it costs no time-out, %s',
  async (transport, family) => {
    network.setMtu(1500);
    network.allowIcmp();
    const transfer = await begin(family, 60 * MB, transport);
    await transfer.sender.printed(new RegExp(reportedMtu(1500, [transport, family])));
    network.setMtu(1300);
    await transfer.sender.printed(new RegExp(reportedMtu(1300, [transport, family])));
    await arrived(transfer);
    const { longestGapMs, waitedMs } = await reported(transfer.receiver, 'done');
    expect(longestGapMs - waitedMs).toBeLessThan(500);
  },
);
