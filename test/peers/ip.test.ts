import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from '../../src/index.js';
import { ip } from '../../src/native.js';
import { WAIT } from '../support/udp-host.js';
import { run } from './guest.js';
import { cut, GUEST, HERE, heal } from './network.js';
import { ENDS, endAll, exchange, guest, pair } from './ours.js';

/** SCTP directly over IP, with a kernel as it is by default: it doesn't know of SCTP in UDP. */

let stack: Stack;

beforeAll(() => run('sysctl -qw net.sctp.encap_port=0 net.sctp.udp_port=0'));

afterEach(async () => {
  heal();
  await endAll();
  await stack.close({ timeoutMs: 1000 });
});

afterAll(() => run('sysctl -qw net.sctp.udp_port=9899 net.sctp.encap_port=9899'));

async function ours(): Promise<Stack> {
  stack = await Stack.create({ transport: ip({ addresses: HERE }) });
  return stack;
}

describe.each(ENDS)('an association over IP that %s set up with a Linux kernel', (connects) => {
  test('has both paths, and both ends receive each message completely', async () => {
    const { peer, association } = await pair(connects, { stack: await ours(), commands: ['send-buffer 4000000'] });
    const addresses = association.paths().map(({ address }) => address);
    expect(addresses.sort()).toEqual(GUEST);
    await exchange(peer, association);
  });

  test('goes on over the second path when the first one is cut', async () => {
    const { peer, association } = await pair(connects, { stack: await ours(), commands: ['echo'] });
    if (connects === 'we') await peer.printed(new RegExp(`^path ${HERE[1]} confirmed$`, 'm'));
    await association.send('before');
    expect((await association.receive(WAIT))?.data.length).toBe(6);
    cut(1);
    await association.send('afterwards');
    expect((await association.receive(WAIT))?.data.length).toBe(10);
  });
});

test('a Linux kernel refuses connectx over IP to a port without a listening socket', async () => {
  const refused = (await ours()).socket().connectx(guest(5999), WAIT);
  await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
