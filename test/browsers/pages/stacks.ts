import { type Association, Stack } from 'usrsctp-wasm';
import { Network, RealTimeClock } from 'usrsctp-wasm/simulated';

/** Two stacks that exchange messages over a simulated network in real time. One of two paths is cut half-way. */
export async function stacks(messages: number): Promise<{ echoed: number; changes: readonly string[] }> {
  const clock = new RealTimeClock();
  const network = new Network({ seed: 7, clock, conditions: { latencyMs: 2, loss: 0.01 } });
  const hosts = [network.host('client', ['10.0.1.1', '10.0.2.1']), network.host('server', ['10.0.1.2', '10.0.2.2'])];
  const [client, server] = await Promise.all(
    hosts.map(({ transport, random }) => Stack.create({ transport, random, clock, preset: 'fast-failover' })),
  );
  if (client === undefined || server === undefined) throw new Error('there are two hosts');
  const endpoints = server.addresses.map((address) => ({ address, port: 5001 }));
  const listener = server.socket();
  listener.bindx(endpoints);
  listener.listen();
  const [here, there] = await Promise.all([client.socket().connectx(endpoints), listener.accept()]);
  const changes: string[] = [];
  here.on('path', ({ address, change }) => changes.push(`${address} ${change}`));

  const echoing = echo(there);
  let echoed = 0;
  for (let number = 1; number <= messages; number++) {
    if (number === messages >> 1) network.partition('10.0.1.1');
    const message = new Uint8Array(number * 10).fill(number);
    await here.send(message, { stream: number % 4 });
    const answer = await here.receive({ timeoutMs: 40_000 });
    if (answer?.data.every((byte) => byte === (number & 0xff)) && answer.data.length === message.length) echoed++;
  }
  await here.close({ timeoutMs: 40_000 });
  await echoing;
  await Promise.all([client.close(), server.close()]);
  return { echoed, changes };
}

async function echo(association: Association): Promise<void> {
  for await (const { stream, data } of association) await association.send(data, { stream });
}
