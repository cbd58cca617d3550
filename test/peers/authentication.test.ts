import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pattern } from '../support/two-stacks.js';
import { WAIT } from '../support/udp-host.js';
import { setExtensions } from './kernel.js';
import { ENDS, endAll, pair, sent } from './ours.js';

const DATA = 0;
const SECRET = 'a key of both ends';

beforeAll(() => setExtensions(true));
afterAll(() => setExtensions(false));
afterEach(endAll);

describe.each(ENDS)('over an association that %s set up with a Linux kernel (AUTH)', (connects) => {
  test('messages larger than a packet arrive authenticated with a shared key in both directions', async () => {
    const { peer, association } = await pair(connects, {
      commands: ['send-buffer 4000000', `authenticate ${DATA}`, `key 1 ${SECRET.replaceAll(' ', '-')}`],
      prepare({ authentication }) {
        authentication.requireChunks(['DATA']);
        authentication.setKey(1, Buffer.from(SECRET.replaceAll(' ', '-')));
        authentication.activateKey(1);
      },
    });
    expect(association.setup.features).toContain('authentication');
    const sizes = [100, 1400, 5000, 60_000, 3000, 200_000];
    for (const [n, bytes] of sizes.entries()) await association.send(pattern(bytes), { ppid: n });
    for (const [n, bytes] of sizes.entries()) {
      await peer.printed(new RegExp(`^message stream=0 ppid=${n} bytes=${bytes}$`, 'm'));
      await peer.command(`send 0 ${n} ${bytes} 1`);
      expect((await association.receive(WAIT))?.data).toEqual(sent(bytes));
    }
  });
});
