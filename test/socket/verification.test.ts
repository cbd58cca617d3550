import { expect, test } from 'vitest';
import { ScriptedPeer } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';
import { connected, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

const HEARTBEAT = 4;
const ADDED = '10.0.1.9';

/** The times of the server's HEARTBEATs to the address that the client adds, in ms from the first one. */
async function probes(stacks: TwoStacks, isOn: boolean): Promise<number[]> {
  const { network, clientHost, serverHost } = stacks;
  const { b } = await connected(stacks);
  await network.advance(3000);
  if (!isOn) b.setOption('pathParameters', { heartbeat: false });
  const times: number[] = [];
  network.filter(({ bytes, destination }, from) => {
    if (from === serverHost && destination === ADDED && bytes[12] === HEARTBEAT) {
      times.push(network.clock.now());
      return 'drop';
    }
    return undefined;
  });
  clientHost.addressUp(`${ADDED}/24`);
  await network.advance(62_000);
  const [first = 0] = times;
  return times.map((time) => time - first);
}

test.each([true, false])(
  'an added address is verified once an RTO (RFC 9260 5.4), with heartbeats on: %s',
  async (isOn) => {
    await withTwoStacks(async (stacks) => {
      const times = await probes(stacks, isOn);
      expect(times.slice(0, 6)).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]); // RTO.Initial, and its back-off
    });
  },
);

test('a heartbeat interval near 2^32 ms has its full length', async () => {
  const target = await TargetStack.create();
  const listener = target.listen();
  await new ScriptedPeer(target).connect();
  const association = await listener.accept();
  association.setOption('pathParameters', { heartbeatMs: 2 ** 32 - 1 });
  await target.advance(60_000); // the previous interval is over
  // the next timer is the search for a larger MTU
  expect(target.clock.pending.nextMs - target.clock.now()).toBeGreaterThan(500_000);
  expect(association.getOption('pathParameters').heartbeatMs).toBe(2 ** 32 - 1);
  await target.close();
});
