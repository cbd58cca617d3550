import { afterEach, describe, expect, test } from 'vitest';
import { WAIT } from '../support/udp-host.js';
import { cut, heal } from './network.js';
import { ENDS, endAll, pair } from './ours.js';

afterEach(async () => {
  heal();
  await endAll();
});

describe.each(ENDS)('over an association that %s set up with a Linux kernel (PR-SCTP)', (connects) => {
  test.each([
    ['without retransmissions', { retransmits: 0 }],
    ['with a lifetime of 300 ms', { lifetimeMs: 300 }],
  ])('our messages %s are abandoned, and later ones arrive', async (_, reliability) => {
    const { peer, association } = await pair(connects);
    const failed: number[] = [];
    association.on('sendFailed', ({ ppid }) => failed.push(ppid));
    for (const path of [1, 2] as const) cut(path, 'out');
    for (let ppid = 0; ppid < 5; ppid++) await association.send('lost', { ppid, reliability });
    await new Promise((resolve) => setTimeout(resolve, 500));
    heal();
    await association.send('kept', { ppid: 99 });
    await peer.printed(/^message stream=0 ppid=99 bytes=4$/m);
    expect(failed).toEqual([0, 1, 2, 3, 4]);
    expect(peer.output).not.toMatch(/^message stream=0 ppid=[0-4] /m);
  });

  test.each(['retransmits 0', 'lifetime 300'])(
    'the peer’s messages with %s are abandoned, and later ones arrive',
    async (policy) => {
      const { peer, association } = await pair(connects);
      await peer.command(policy);
      for (const path of [1, 2] as const) cut(path, 'in');
      await peer.command('send 0 0 100 3');
      await new Promise((resolve) => setTimeout(resolve, 500));
      heal();
      await peer.command('never');
      await peer.command('send 0 99 100 1');
      expect(await association.receive(WAIT)).toMatchObject({ stream: 0, ppid: 99 });
    },
  );
});
