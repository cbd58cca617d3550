import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { TransportName } from './any-transport.js';
import { Child } from './child.js';
import type { Family, Side } from './namespaces.js';
import { Programs } from './program.js';
import { RouterBetween } from './router.js';
import { reported, type Task } from './transfer.js';

/** A sender on the left of the router, and a receiver on the right. */
export interface Transfer {
  readonly sender: Child;
  readonly receiver: Child;
}

/** Transfers over a router between network namespaces. Registers what vitest calls before and after the tests of a file. */
export function routedTransfers(): {
  readonly network: RouterBetween;
  begin(family: Family, bytes: number, transport?: TransportName): Promise<Transfer>;
  /** Waits until all is received, and compares it with what was sent. */
  arrived(transfer: Transfer): Promise<void>;
} {
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

  const start = (program: keyof typeof files, side: Side, task: Task) =>
    Child.inNamespace(network.name(side), process.execPath, files[program], JSON.stringify(task));

  return {
    network,
    async begin(family, bytes, transport) {
      const [left, right] = [[network.address('left', family)], [network.address('right', family)]];
      const task = { bytes, ...(transport && { transport }) };
      const receiver = start('receiver', 'right', { ...task, addresses: right, peers: [] });
      await reported(receiver, 'listening');
      return { receiver, sender: start('sender', 'left', { ...task, addresses: left, peers: right }) };
    },
    async arrived({ sender, receiver }) {
      const [sent, received] = await Promise.all([reported(sender, 'done'), reported(receiver, 'done')]);
      expect(received.digest).toBe(sent.digest);
    },
  };
}
