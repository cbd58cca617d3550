import { expect, test } from 'vitest';
import type { Association, PathEvent } from '../../src/index.js';
import { listening, SERVER, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

const COUNT = 20;
const OPTIONS = { unreachable: 'report', limitMs: 1e6 } as const;

/** Associations to a host that vanishes, and what the network reports for each of them while it can't be reached. */
async function refusals(stacks: TwoStacks, watch: (association: Association, events: PathEvent[]) => void) {
  const { network, client, serverHost } = stacks;
  const socket = listening(stacks, { style: 'one-to-many' });
  socket.on('association', () => undefined);
  const all: { association: Association; events: PathEvent[] }[] = [];
  for (let number = 0; number < COUNT; number++) {
    const association = await client.socket().connect(SERVER[0]!);
    const events: PathEvent[] = [];
    watch(association, events);
    all.push({ association, events });
  }
  await network.advance(2000);
  serverHost.crash();
  void all[0]!.association.send('to nobody').catch(() => undefined);
  await network.advance(3000);
  return all.map(({ events }) => events.filter(({ change }) => change === 'refused').map(({ address }) => address));
}

test('every association with a path to an address is told that the network refuses it', async () => {
  await withTwoStacks(async (stacks) => {
    const addresses = await refusals(stacks, (association, events) => {
      association.on('path', (event) => events.push(event));
    });
    for (const each of addresses) expect(each).toContain(SERVER[0]!.address);
  }, OPTIONS);
});

test('an association whose listener was removed, or that has ended, is not told', async () => {
  await withTwoStacks(async (stacks) => {
    let number = 0;
    const addresses = await refusals(stacks, (association, events) => {
      const remove = association.on('path', (event) => events.push(event));
      if (number === 1) remove();
      if (number === 2) association.abort();
      number++;
    });
    expect(addresses[0]).toContain(SERVER[0]!.address);
    expect([addresses[1], addresses[2]]).toEqual([[], []]);
    expect(addresses[3]).toContain(SERVER[0]!.address);
  }, OPTIONS);
});
