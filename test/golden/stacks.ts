import type { Stack } from '../../src/index.js';
import type { Simulated } from './golden.js';

/**
 * A scenario with two real stacks: multi-homing, loss, failover, messages in both directions, a graceful end. Its trace
 * also depends on the WebAssembly, so its hash is compared between runs, builds and runtimes, not with a constant.
 */
export async function stacksTrace(
  { Network }: Simulated,
  { create }: Pick<typeof Stack, 'create'>,
): Promise<Uint8Array> {
  const conditions = { latencyMs: 10, jitterMs: 3, loss: 0.02, duplicate: 0.02, reorder: 0.02, corrupt: 0.02 };
  const network = new Network({ seed: 'golden', conditions, traceLength: 100_000 });
  const { clock } = network;
  const hosts = [network.host('client', ['10.0.1.1', '10.0.2.1']), network.host('server', ['10.0.1.2', '10.0.2.2'])];
  const stacks = hosts.map(({ transport, random }) => create({ transport, random, clock, preset: 'fast-failover' }));
  const talk = async () => {
    const [client, server] = await network.standStill(Promise.all(stacks));
    if (client === undefined || server === undefined) throw new Error('two stacks were asked for');
    const peers = server.addresses.map((address) => ({ address, port: 5001 }));
    const listener = server.socket({ style: 'one-to-many' });
    listener.bindx(peers);
    listener.listen();
    const [here, there] = await Promise.all([client.socket().connectx(peers), listener.accept()]);
    for (let number = 0; number < 100; number++) {
      if (number === 50) network.partition('10.0.1.2');
      await Promise.all([here.send(new Uint8Array(1 + number * 37)), there.receive()]);
      await Promise.all([there.send(new Uint8Array(1 + number)), here.receive()]);
    }
    await Promise.all([here.close(), there.closed]);
    await Promise.all([client.close(), server.close()]);
  };
  await network.runUntil(talk());
  return network.pcapng();
}
