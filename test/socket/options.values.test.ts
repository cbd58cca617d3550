import { expect, test } from 'vitest';
import type { OptionName } from '../../src/options/table.js';
import { scenario } from '../../src/simulated.js';
import { stacks } from './options.fixture.js';

test('a number that C would truncate is a TypeError, and changes nothing', () =>
  scenario({ seed: 1 }, async (network) => {
    const { clientStack } = await stacks(network);
    const socket = clientStack.socket({ style: 'one-to-many' });
    const refused: [OptionName, unknown][] = [
      ...[2 ** 32, 2_147_484, -1, 0.5, '1'].map((seconds): [OptionName, unknown] => ['autoCloseSeconds', seconds]),
      ...[2 ** 32 + 65_536, 2 ** 31, -1].map((bytes): [OptionName, unknown] => ['receiveBufferBytes', bytes]),
      ['partialDeliveryBytes', 2 ** 32 + 5000],
      ['fragmentInterleave', 2 ** 32],
      ['hmacs', [0x10001]],
      ['encapsulationPort', 0x1_0000 + 9899],
      ['maxBurst', 2 ** 32],
    ];
    for (const [name, value] of refused) {
      const before = socket.getOption(name as 'maxBurst');
      expect(() => socket.setOption(name as 'maxBurst', value as never), `${name} ${value}`).toThrow(TypeError);
      expect(socket.getOption(name as 'maxBurst')).toEqual(before);
    }
    socket.setOption('autoCloseSeconds', 2_147_483);
    expect(socket.getOption('autoCloseSeconds')).toBe(2_147_483);
  }));

test('associationIds returns the ids of all associations of a socket, however many there are', () =>
  scenario({ seed: 1 }, async (network) => {
    const { clientStack, serverStack } = await stacks(network);
    const server = serverStack.socket({ style: 'one-to-many' });
    server.bindx([{ address: '10.0.1.2', port: 5001 }]);
    server.listen({ backlog: 2000 });
    const connecting = Array.from({ length: 1100 }, () =>
      clientStack.socket().connect({ address: '10.0.1.2', port: 5001 }),
    );
    await Promise.all(connecting);
    await network.advance(1000);
    expect(server.getOption('associationIds')).toHaveLength(1100);
    expect([...server.getOption('associationIds')].sort()).toEqual(server.associations.map(({ id }) => id).sort());
  }));
