import { expect, test } from 'vitest';
import { connected, inWorld, type World } from '../support/world.js';

const HEARTBEAT = 4;
const ADDED = '10.0.1.9';

/** When the server sends a HEARTBEAT to the address that the client adds, in ms from the first one. */
async function probes(world: World, isOn: boolean): Promise<number[]> {
  const { network, clientHost, serverHost } = world;
  const { b } = await connected(world);
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
  'an address that is added is verified once an RTO (RFC 9260 5.4); heartbeats are on: %s',
  async (isOn) => {
    await inWorld(async (world) => {
      const times = await probes(world, isOn);
      expect(times.length).toBeGreaterThanOrEqual(5);
      expect(times[1]).toBeLessThan(2000); // RTO.Initial, and half of it by chance
      expect(times[2]! - times[1]!).toBeLessThan(4000);
      expect(times[3]! - times[2]!).toBeLessThan(8000);
    });
  },
);
