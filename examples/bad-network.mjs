// Loss, delay and a partition, in three lines, and messages that arrive all the same. Run: node examples/bad-network.mjs
import { Stack } from 'usrsctp-wasm';
import { Network } from 'usrsctp-wasm/simulated';

const network = new Network({ seed: 7 });
const hosts = [network.host('client', ['10.0.1.1', '10.0.2.1']), network.host('server', ['10.0.1.2', '10.0.2.2'])];
const create = ({ transport, random }) => Stack.create({ transport, random, clock: network.clock });
const [client, server] = await Promise.all(hosts.map(create));

network.link('10.0.1.1', '10.0.1.2', { loss: 0.1, latencyMs: 50 }); // one path loses every tenth packet,
network.link('10.0.2.1', '10.0.2.2', { latencyMs: 300, jitterMs: 100 }); // the other one is slow,
network.clock.at(5000, () => network.partition('10.0.1.2')); // and after five seconds the first one is cut

const peers = server.addresses.map((address) => ({ address, port: 5001 }));
const listener = server.socket({ style: 'one-to-many' });
listener.bindx(peers);
listener.listen();

async function talk() {
  const [here, there] = await Promise.all([client.socket().connectx(peers), listener.accept()]);
  for (let number = 1; number <= 20; number++) {
    await here.send(`message ${number}`);
    const message = await there.receive();
    console.log(`${Math.round(network.clock.now())} ms: ${new TextDecoder().decode(message.data)}`);
    await network.advance(500);
  }
  await Promise.all([client.close(), server.close()]);
}

await network.runUntil(talk());
