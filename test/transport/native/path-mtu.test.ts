import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TransportName } from '../../support/any-transport.js';
import { Child } from '../../support/child.js';
import type { Family, Side } from '../../support/namespaces.js';
import { Programs } from '../../support/program.js';
import { RouterBetween } from '../../support/router.js';
import { reported, type Task } from '../../support/transfer.js';

const MB = 1_000_000;

const network = new RouterBetween();
const programs = new Programs();
const files = { sender: '', receiver: '' };

beforeAll(async () => {
  files.sender = await programs.add('sender.ts');
  files.receiver = await programs.add('receiver.ts');
  network.create();
});

afterEach(() => Child.endAll());

afterAll(() => {
  network.remove();
  programs.remove();
});

function start(program: keyof typeof files, side: Side, task: Task): Child {
  return Child.inNamespace(network.name(side), process.execPath, files[program], JSON.stringify(task));
}

/** Sends from the left to the right, and compares what was received with what was sent. */
async function transfer(transport: TransportName, family: Family, bytes: number): Promise<void> {
  const [left, right] = [[network.address('left', family)], [network.address('right', family)]];
  const receiver = start('receiver', 'right', { addresses: right, peers: [], bytes, transport });
  await reported(receiver, 'listening');
  const sender = start('sender', 'left', { addresses: left, peers: right, bytes, transport });
  const [sent, received] = await Promise.all([reported(sender, 'done'), reported(receiver, 'done')]);
  expect(received.digest).toBe(sent.digest);
}

const CASES = (['ip', 'native udp'] as const).flatMap((transport) =>
  (['IPv4', 'IPv6'] as const).map((family) => [transport, family] as const),
);

test.each(CASES)(
  '%s over a router that drops packets of more than 1,280 bytes, silently: %s',
  async (transport, family) => {
    network.setMtu(1280);
    await transfer(transport, family, 2 * MB);
  },
);

test.each(CASES)('%s over a router that reports packets of more than 1,280 bytes: %s', async (transport, family) => {
  network.setMtu(1280);
  network.allowIcmp();
  await transfer(transport, family, 2 * MB);
});
