import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import type { Family, Side } from '../support/namespaces.js';
import { Programs } from '../support/program.js';
import { RouterBetween } from '../support/router.js';
import { reported, type Task } from '../support/transfer.js';

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

/** A sender on the left and a receiver on the right. */
async function transfer(family: Family, bytes: number): Promise<{ sender: Child; receiver: Child }> {
  const [left, right] = [[network.address('left', family)], [network.address('right', family)]];
  const receiver = start('receiver', 'right', { addresses: right, peers: [], bytes });
  await reported(receiver, 'listening');
  return { receiver, sender: start('sender', 'left', { addresses: left, peers: right, bytes }) };
}

/** Waits until all is received, and compares it with what was sent. */
async function arrived({ sender, receiver }: { sender: Child; receiver: Child }): Promise<void> {
  const [sent, received] = await Promise.all([reported(sender, 'done'), reported(receiver, 'done')]);
  expect(received.digest).toBe(sent.digest);
}

const isMtu = (bytes: number) => (report: { change: string; mtu?: number }) =>
  report.change === 'mtu' && report.mtu !== undefined && report.mtu <= bytes;

test.each(['IPv4', 'IPv6'] as const)(
  'over a router that drops packets of more than 1,280 bytes: %s',
  async (family) => {
    network.setMtu(1280);
    await arrived(await transfer(family, 2 * MB));
  },
);

test('the packet size is raised to that of Ethernet, and falls when the router no longer forwards it', async () => {
  network.setMtu(1500);
  const both = await transfer('IPv4', 100 * MB);
  await reported(both.sender, 'path', ({ change, mtu }) => change === 'mtu' && mtu === 1500 - 20 - 8 - 12);
  await reported(both.receiver, 'progress');
  network.setMtu(1280);
  await reported(both.sender, 'path', isMtu(1280 - 20 - 8 - 12));
  network.setMtu(1500);
  await arrived(both);
});
