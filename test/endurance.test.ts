import { expect, test } from 'vitest';
import { type Association, type Socket, Stack } from '../src/index.js';
import { type Network, scenario } from '../src/simulated.js';

const PORT = 5001;
const CYCLES = 10_000;
/** usrsctp keeps verification tags for a minute (TIME-WAIT); with this pause, those are the tags of 600 associations. */
const PAUSE_MS = 100;
const SLACK_BYTES = 16 * 1024;

async function twoStacks(network: Network): Promise<[Stack, Stack]> {
  const { clock } = network;
  const [client, server] = [network.host('client', ['10.0.1.1']), network.host('server', ['10.0.1.2'])];
  return network.standStill(
    Promise.all([
      Stack.create({ transport: client.transport, clock, random: client.random }),
      Stack.create({ transport: server.transport, clock, random: server.random }),
    ]),
  );
}

/** An association from its set-up to its end by shutdown or abort. */
async function cycle(client: Socket, accept: () => Promise<Association>, number: number): Promise<void> {
  const accepted = accept();
  const association = await client.connectx([{ address: '10.0.1.2', port: PORT }]);
  const peer = await accepted;
  await association.send('ping', { stream: number % 10 });
  await peer.receive();
  if (number % 2 === 0) {
    await association.close();
    await peer.closed;
  } else {
    association.abort('enough');
    await peer.closed;
  }
}

test.each(['one-to-one', 'one-to-many'] as const)(
  `${CYCLES} associations of a %s socket leave memory flat`,
  { timeout: 120_000 },
  async (style) => {
    await scenario({ seed: 1, limitMs: 1e9, traceLength: 20 }, async (network) => {
      const [client, server] = await twoStacks(network);
      const listener = server.socket({ style });
      listener.bindx([{ address: '::', port: PORT }]);
      listener.listen();
      const socket = client.socket({ style });
      const memory: number[] = [];
      for (let number = 0; number <= CYCLES; number++) {
        if (number % 1000 === 0) memory.push(client.memoryInUse + server.memoryInUse);
        await cycle(socket, () => listener.accept(), number);
        await network.advance(PAUSE_MS);
      }
      console.log(`${style}: memory in use, every 1,000 associations: ${memory.join(' ')} bytes`);
      expect(memory.at(-1)! - memory[1]!).toBeLessThan(SLACK_BYTES);
      expect(listener.associations.length + socket.associations.length).toBeLessThanOrEqual(0);
      await Promise.all([client.close(), server.close()]);
    });
  },
);

test('1,000 simultaneous associations do not increase memory, though their tags are kept for a minute (RFC 9260 §5.3.1)', () =>
  scenario({ seed: 1, limitMs: 1e9, traceLength: 20 }, async (network) => {
    const [client, server] = await twoStacks(network);
    const listener = server.socket();
    listener.bindx([{ address: '10.0.1.2', port: PORT }]);
    listener.listen();
    const socket = client.socket();
    const memory: number[] = [];
    for (let number = 0; number <= 1000; number++) {
      if (number % 1000 === 0) memory.push(client.memoryInUse + server.memoryInUse);
      await cycle(socket, () => listener.accept(), number);
    }
    expect(memory[1]! - memory[0]!).toBeLessThan(SLACK_BYTES);
    await Promise.all([client.close(), server.close()]);
  }));
