import { expect, test } from 'vitest';
import { type Association, SctpError, Stack } from '../src/index.js';
import { type Host, type Network, scenario } from '../src/simulated.js';

const PORT = 5001;
/** More set-ups than the module's pool of random bytes suffices for (environment.c). */
const MORE_THAN_THE_POOL = 100;

async function pair(network: Network, sabotage: (bytes: Uint8Array) => void) {
  const { clock } = network;
  const [doomed, healthy] = [network.host('doomed', ['10.0.1.1']), network.host('healthy', ['10.0.1.2'])];
  let armed = false;
  const create = ({ transport, random }: Host, chance = random) => Stack.create({ transport, clock, random: chance });
  const stacks = await network.standStill(
    Promise.all([
      create(doomed, (bytes) => {
        doomed.random(bytes);
        if (armed) sabotage(bytes);
      }),
      create(healthy),
      create(network.host('other', ['10.0.1.3'])),
    ]),
  );
  const arm = () => {
    armed = true;
  };
  return { stacks, arm };
}

/** Overwrites the module's memory, so that it soon traps. */
function corrupt(bytes: Uint8Array): void {
  new Uint8Array(bytes.buffer).fill(0xfe, 1024);
}

test.each([
  ['memory corruption makes the module trap', corrupt, /out of bounds|unreachable|the stack has stopped/],
  [
    'its source of randomness throws',
    () => {
      throw new Error('the entropy pool is empty');
    },
    /the entropy pool is empty/,
  ],
])(
  'when %s, the stack reports it, rejects all pending calls, and other stacks keep working',
  async (_, sabotage, message) => {
    await scenario({ seed: 3 }, async (network) => {
      const { stacks, arm } = await pair(network, sabotage);
      const [doomed, healthy, other] = stacks;
      const server = healthy.socket();
      server.bindx([{ address: '::', port: PORT }]);
      const accepted = server.listen()[Symbol.asyncIterator]();
      const association = await doomed.socket().connectx([{ address: '10.0.1.2', port: PORT }]);
      const orphan = (await accepted.next()).value as Association;

      const listener = doomed.socket();
      listener.bindx([{ address: '::', port: PORT }]);
      listener.listen();
      const waiting = [association.receive(), listener.accept()].map((promise) =>
        promise.catch((error: unknown) => error),
      );
      const closed = association.closed;

      arm();
      const connect = async () => doomed.socket().connectx([{ address: '10.0.1.2', port: PORT }]);
      const failing = Array.from({ length: MORE_THAN_THE_POOL }, () => connect().catch((error: unknown) => error));
      const errors = [...(await Promise.all([...failing, ...waiting])), await closed];
      for (const error of errors) {
        expect(error).toBeInstanceOf(SctpError);
        expect(error).toMatchObject({ code: 'ENETDOWN', message: expect.stringMatching(message) });
      }
      expect(() => doomed.socket()).toThrow(/ENETDOWN/);
      await expect(association.send('too late')).rejects.toMatchObject({ code: 'ENETDOWN' });
      await doomed.close();

      const alive = await other.socket().connectx([{ address: '10.0.1.2', port: PORT }]);
      await alive.send('as ever');
      const peer = (await accepted.next()).value;
      expect(new TextDecoder().decode((await peer.receive())?.data)).toBe('as ever');
      await alive.close();
      await other.close();
      orphan.abort();
      await healthy.close();
    });
  },
);

test('two stacks in one process are independent', async () => {
  await scenario({ seed: 4 }, async (network) => {
    const { clock } = network;
    const hosts = [network.host('one', ['10.0.1.1']), network.host('two', ['10.0.1.2'])];
    const stacks = await network.standStill(
      Promise.all(hosts.map(({ transport, random }) => Stack.create({ transport, clock, random }))),
    );
    for (const stack of stacks) {
      const socket = stack.socket();
      socket.bindx([{ address: '::', port: PORT }]); // each has its own ports
      expect(socket.localEndpoints.map(({ address }) => address)).toEqual(stack.addresses);
    }
    await stacks[0]!.close();
    const late = stacks[1]!.socket();
    late.bindx([{ address: '10.0.1.2', port: 0 }]);
    expect(late.localEndpoints).toHaveLength(1);
    await stacks[1]!.close();
  });
});
