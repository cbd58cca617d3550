// Joins two programs by a bad network, and cuts one of their paths, or heals it, as it is told; at the end tells what happened.
// between.mjs ENCAPSULATION_PORT PORT ADDRESS,ADDRESS PORT ADDRESS,ADDRESS
import { Network, RealTimeClock } from 'usrsctp-wasm/simulated';
import { UdpBridge } from 'usrsctp-wasm/testing/udp';

const [encapsulationPort, ...programs] = process.argv.slice(2);
const network = new Network({
  seed: 7,
  clock: new RealTimeClock(),
  conditions: { latencyMs: 5, loss: 0.05, duplicate: 0.02 },
  traceLength: 1e5,
});
const options = { encapsulationPort: Number(encapsulationPort) };
const bridged = [0, 2].map((index) => ({
  host: network.host(`program ${index}`, programs[index + 1].split(','), options),
  port: Number(programs[index]),
}));
const bridge = await UdpBridge.open(network, bridged, options.encapsulationPort);
console.log('joined');

process.stdin.setEncoding('utf8').on('data', (text) => {
  // Without losses from now on: each would take another time-out of real time.
  network.link('*', '*', { loss: 0 });
  if (text === 'cut\n') network.partition(bridged[1].host.addresses[0]);
  else network.heal();
  console.log(`done: ${text}`);
});
process.stdin.once('end', async () => {
  const outcomes = network.trace.entries().map(({ outcome }) => outcome);
  const count = (wanted) => outcomes.filter((outcome) => outcome === wanted).length;
  console.log(`${count('lost')} lost, ${count('partitioned')} partitioned, ${bridge.dropped} dropped by the bridge`);
  await bridge.close();
});
