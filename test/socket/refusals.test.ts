import { expect, test } from 'vitest';
import type { Association, PathEvent } from '../../src/index.js';
import { listening, SERVER, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

const COUNT = 20;
const OPTIONS = { unreachable: 'report', limitMs: 1e6 } as const;

/** Associations to a host that vanishes, and what the network reports for each of them while it can't be reached. */
async function refusals(stacks: TwoStacks, watch: (association: Association, told: PathEvent[]) => void) {
  const { network, client, serverHost } = stacks;
  const socket = listening(stacks, { style: 'one-to-many' });
  socket.on('association', () => undefined);
  const all: { association: Association; told: PathEvent[] }[] = [];
  for (let number = 0; number < COUNT; number++) {
    const association = await client.socket().connect(SERVER[0]!);
    const told: PathEvent[] = [];
    watch(association, told);
    all.push({ association, told });
  }
  await network.advance(2000);
  serverHost.crash();
  void all[0]!.association.send('to nobody').catch(() => undefined);
  await network.advance(3000);
  return all.map(({ told }) => told.filter(({ change }) => change === 'refused').map(({ address }) => address));
}

test('every association with a path to an address is told that the network refuses it', async () => {
  await withTwoStacks(async (stacks) => {
    const told = await refusals(stacks, (association, events) => {
      association.on('path', (event) => events.push(event));
    });
    for (const addresses of told) expect(addresses).toContain(SERVER[0]!.address);
  }, OPTIONS);
});

test('an association whose listener was removed, or that has ended, is not told', async () => {
  await withTwoStacks(async (stacks) => {
    let number = 0;
    const told = await refusals(stacks, (association, events) => {
      const remove = association.on('path', (event) => events.push(event));
      if (number === 1) remove();
      if (number === 2) association.abort();
      number++;
    });
    expect(told[0]).toContain(SERVER[0]!.address);
    expect([told[1], told[2]]).toEqual([[], []]);
    expect(told[3]).toContain(SERVER[0]!.address);
  }, OPTIONS);
});
