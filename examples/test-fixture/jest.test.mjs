// NODE_OPTIONS=--experimental-vm-modules jest
import { afterEach, expect, test } from '@jest/globals';
import { useNetwork } from 'usrsctp-wasm/testing';
import { ask } from './ask.mjs';
import { hosts, peers } from './hosts.mjs';

const network = useNetwork({ afterEach }, { seed: 7 });

test('a question is answered although the first path is dead', () =>
  network().run(async (network) => {
    const { client, server } = await hosts(network);
    network.partition('10.0.1.2');
    expect(await ask(client, peers, 'hello')).toBe('hello');
    expect(network.clock.now()).toBeGreaterThan(1000); // virtual ms: one time-out
    await Promise.all([client.close(), server.close()]);
  }));
