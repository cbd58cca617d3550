// Two stacks with two paths, one of which is cut: this must run everywhere.
import { scenario } from 'usrsctp-wasm/simulated';

export function greet(Stack, options = {}) {
  return scenario({ seed: 7, conditions: { latencyMs: 10 } }, async (network) => {
    const { clock } = network;
    const hosts = [network.host('client', ['10.0.1.1', '10.0.2.1']), network.host('server', ['10.0.1.2', '10.0.2.2'])];
    const create = ({ transport, random }) => Stack.create({ transport, random, clock, ...options });
    const [client, server] = await network.standStill(Promise.all(hosts.map(create)));
    const peers = server.addresses.map((address) => ({ address, port: 5001 }));
    const listener = server.socket();
    listener.bindx(peers);
    listener.listen();
    const [here, there] = await Promise.all([client.socket().connectx(peers), listener.accept()]);
    network.partition('10.0.1.2');
    await here.send('hello');
    const { data } = await there.receive();
    await Promise.all([client.close(), server.close()]);
    return `${new TextDecoder().decode(data)} over ${here.setup.confirmed.length} paths`;
  });
}
