import { afterEach, describe, expect, test } from 'vitest';
import { isEqual, pattern } from '../support/two-stacks.js';
import { WAIT } from '../support/udp-host.js';
import { GUEST } from './network.js';
import { ENDS, endAll, exchange, guest, ours, pair } from './ours.js';

afterEach(endAll);

describe.each(ENDS)('an association that %s set up with a Linux kernel', (connects) => {
  test('has both paths, and both ends receive each message completely', async () => {
    const { peer, association } = await pair(connects, { commands: ['send-buffer 4000000'] });
    expect(
      association
        .paths()
        .map(({ address }) => address)
        .sort(),
    ).toEqual(GUEST);
    expect(association.setup.features).toContain('partial reliability');
    await exchange(peer, association);
  });

  test('returns 100 messages unchanged, including unordered ones', async () => {
    const { association } = await pair(connects, { commands: ['send-buffer 4000000', 'echo'] });
    const send = async () => {
      for (let n = 0; n < 100; n++)
        await association.send(pattern(3000, n), { stream: n % 4, ppid: n, unordered: n % 5 === 0 });
    };
    const receive = async () => {
      for (let n = 0; n < 100; n++) {
        const message = await association.receive(WAIT);
        expect(message?.unordered).toBe(message!.ppid % 5 === 0);
        expect(isEqual(message?.data, pattern(3000, message!.ppid))).toBe(true);
      }
    };
    await Promise.all([send(), receive()]);
  });
});

test('a Linux kernel refuses connectx to a port without a listening socket', async () => {
  const refused = (await ours()).socket().connectx(guest(5999), WAIT);
  await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
