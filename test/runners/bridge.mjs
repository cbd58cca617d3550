// Echoes messages with a native server through a bad network: bridge.mjs PORT ENCAPSULATION_PORT THEIRS… -- OURS…
import { RealTimeClock } from 'usrsctp-wasm/simulated';
import { TestNetwork } from 'usrsctp-wasm/testing';
import { UdpBridge } from 'usrsctp-wasm/testing/udp';

const [port, encapsulationPort, ...addresses] = process.argv.slice(2);
const theirs = addresses.slice(0, addresses.indexOf('--'));
const ours = addresses.slice(addresses.indexOf('--') + 1);
const options = { encapsulationPort: Number(encapsulationPort) };

const network = new TestNetwork({
  clock: new RealTimeClock(),
  conditions: { latencyMs: 2, loss: 0.05 },
  traceLength: 1e4,
});
const program = network.host('native', theirs, options);
const host = network.host('ours', ours, options);
const bridge = await UdpBridge.open(network, [{ host: program, port: Number(port) }], options.encapsulationPort);
const stack = await network.stack(host, { preset: 'fast-failover' });

const socket = stack.socket();
const association = await socket.connectx(theirs.map((address) => ({ address, port: 7 })));

async function echo(count) {
  for (let number = 0; number < count; number++) {
    await association.send(`message ${number}`);
    const { data } = await association.receive({ timeoutMs: 30_000 });
    if (new TextDecoder().decode(data) !== `message ${number}`) throw new Error(`another message than ${number}`);
  }
}

await echo(60);
network.partition(theirs[0]);
await echo(2); // each costs the native stack a timeout: its timers are those of RFC 9260
network.heal();
await association.close();
await socket.close();
await bridge.close();
await network.close();
const count = (outcome) => network.trace.entries().filter((entry) => entry.outcome === outcome).length;
console.log(`62 messages; ${count('lost')} packets lost, ${count('partitioned')} partitioned`);
