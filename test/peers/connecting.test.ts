import { afterEach, describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { closeHosts, WAIT } from '../support/host.js';
import { isEqual, pattern } from '../support/world.js';
import { GuestProgram } from './guest.js';
import { KernelPeer } from './kernel.js';
import { GUEST, HERE } from './network.js';
import { confirmed, guest, listening, ours, sent } from './ours.js';

const PORT = 5001;

afterEach(async () => {
  await closeHosts();
  await GuestProgram.endAll();
});

describe('a Linux kernel', () => {
  test('is connected to at both of its addresses, and sends back messages of all sizes', async () => {
    const peer = await KernelPeer.start('send-buffer 4000000', 'echo', `listen ${PORT} ${GUEST.join(' ')}`);
    const association = await (await ours()).socket().connectx(guest(PORT), WAIT);
    expect(association.setup.confirmed).toEqual(GUEST);
    expect(association.setup.features).toContain('partial reliability');
    await confirmed(association);
    for (const [index, bytes] of [1, 1500, 65_536, 300_000].entries()) await comesBack(association, bytes, index);
    await association.close(WAIT);
    await peer.printed(/^shut down/m);
  });

  test('connects to both of our addresses, and we read what it sends', async () => {
    const listener = listening(await ours(), PORT);
    const peer = await KernelPeer.start(`connect ${PORT} ${HERE.join(' ')}`);
    const association = await listener.accept(WAIT);
    expect(
      association
        .paths()
        .map(({ address }) => address)
        .sort(),
    ).toEqual(GUEST);
    await peer.command('send 3 46 100000 2');
    for (const n of [0, 1]) {
      const message = await association.receive(WAIT);
      expect(message).toMatchObject({ stream: 3, ppid: 46 });
      expect(isEqual(message?.data, sent(100_000, n))).toBe(true);
    }
    await peer.command('shutdown');
    expect(await association.receive(WAIT)).toBeUndefined();
    expect(await association.closed).toBeUndefined();
    await peer.printed(/^shut down/m);
  });
});

async function comesBack(association: Association, bytes: number, stream: number): Promise<void> {
  const data = pattern(bytes, stream);
  await association.send(data, { stream, ppid: 46 });
  const message = await association.receive(WAIT);
  expect(message).toMatchObject({ stream, ppid: 46 });
  expect(isEqual(message?.data, data)).toBe(true);
}
