import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { setExtensions } from './kernel.js';
import { GUEST, HERE } from './network.js';
import { ENDS, endAll, pair } from './ours.js';

beforeAll(() => setExtensions(true));
afterAll(() => setExtensions(false));
afterEach(endAll);

describe.each(ENDS)('over an association that %s set up with a Linux kernel (ASCONF)', (connects) => {
  test('we remove an address and add it again', async () => {
    // One-to-many: the socket's addresses are those of its associations, even if the peer has connected.
    const { association, peer, socket } = await pair(connects, { socket: { style: 'one-to-many' } });
    expect(association.setup.features).toContain('dynamic addresses');
    socket.removeLocal([{ address: HERE[1] }]);
    await peer.printed(new RegExp(`^path ${HERE[1]} removed$`, 'm'));
    socket.addLocal([{ address: HERE[1] }]);
    await peer.printed(new RegExp(`^path ${HERE[1]} added$`, 'm'));
    await peer.printed(new RegExp(`^path ${HERE[1]} (confirmed|available)$`, 'm'));
    await association.send('still here');
    await peer.printed(/^message stream=0 ppid=0 bytes=10$/m);
  });

  test('the peer removes an address and adds it again', async () => {
    const { port, association, peer } = await pair(connects);
    const changes = association.pathChanges();
    await peer.command(`remove-address ${port} ${GUEST[1]}`);
    await changed(changes, 'removed');
    expect(addressesOf(association)).toEqual([GUEST[0]]);
    await peer.command(`add-address ${port} ${GUEST[1]}`);
    await changed(changes, 'confirmed');
    expect(addressesOf(association)).toEqual(GUEST);
    await association.send('still here');
    await peer.printed(/^message stream=0 ppid=0 bytes=10$/m);
  });

  test('each end requests another primary path from the other', async () => {
    const { port, association, peer } = await pair(connects);
    association.setPeerPrimary(HERE[1]);
    await peer.printed(new RegExp(`^path ${HERE[1]} made primary$`, 'm'));
    const changes = association.pathChanges();
    await peer.command(`ask-primary ${port} ${GUEST[1]}`);
    await changed(changes, 'primary');
    expect(association.paths().find(({ primary }) => primary)?.address).toBe(GUEST[1]);
  });
});

/** Resolves on this change of the guest's second address. */
async function changed(changes: ReturnType<Association['pathChanges']>, change: string): Promise<void> {
  for (;;) {
    const { value } = await changes.next();
    if (value.change === change) return expect(value.address).toBe(GUEST[1]);
  }
}

function addressesOf(association: Association): string[] {
  return association
    .paths()
    .map(({ address }) => address)
    .sort();
}
