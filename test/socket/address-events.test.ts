import { expect, test } from 'vitest';
import type { AddressChange } from '../../src/index.js';
import { connected, textOf, withTwoStacks } from '../support/two-stacks.js';

test('a stack emits `addresses` for each change of its addresses, and the peer’s paths follow', async () => {
  await withTwoStacks(async (stacks) => {
    const { network, client, clientHost } = stacks;
    const { a, b } = await connected(stacks);
    const changes: AddressChange[] = [];
    const paths: string[] = [];
    client.on('addresses', (change) => changes.push(change));
    b.on('path', ({ address, change }) => paths.push(`${address} ${change}`));

    clientHost.addressUp('10.0.3.1');
    await network.advance(5000);
    clientHost.addressDown('10.0.1.1');
    await network.advance(5000);

    expect(changes).toEqual([
      { added: ['10.0.3.1'], removed: [], addresses: ['10.0.1.1', '10.0.2.1', '10.0.3.1'] },
      { added: [], removed: ['10.0.1.1'], addresses: ['10.0.2.1', '10.0.3.1'] },
    ]);
    expect(client.addresses).toEqual(['10.0.2.1', '10.0.3.1']);
    expect(paths).toContain('10.0.3.1 added');
    expect(paths).toContain('10.0.1.1 removed');
    await a.send('still there');
    expect(textOf(await b.receive())).toBe('still there');
  });
});

test('`addresses` is not emitted after its listener was removed, nor when the stack is closed', async () => {
  await withTwoStacks(async ({ client, clientHost }) => {
    const changes: AddressChange[] = [];
    const listener = (change: AddressChange) => changes.push(change);
    const remove = client.on('addresses', listener);
    remove();
    clientHost.addressUp('10.0.3.1');
    client.on('addresses', listener);
    client.off('addresses', listener);
    clientHost.addressDown('10.0.3.1');
    client.once('addresses', listener);
    clientHost.addressUp('10.0.3.1');
    clientHost.addressDown('10.0.3.1');
    expect(changes.map(({ added }) => added)).toEqual([['10.0.3.1']]);
    client.on('addresses', listener);
    await client.close();
    expect(changes).toHaveLength(1);
  });
});

test('a change of routes alone is no change of addresses', async () => {
  await withTwoStacks(async ({ client, clientHost }) => {
    const changes: AddressChange[] = [];
    client.on('addresses', (change) => changes.push(change));
    clientHost.addressUp('10.0.1.1'); // it is up already
    expect(changes).toEqual([]);
  });
});
