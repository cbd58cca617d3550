// What idle associations cost: node bench/idle.mjs COUNT HOURS. COUNT associations of a client and a server are idle for
// HOURS of virtual time. Prints which packets were sent, how often a stack's timer expired, how much more memory both
// stacks use than before, and the processor time.
import { setImmediate } from 'node:timers/promises';
import { Stack } from 'usrsctp-wasm';
import { Network } from 'usrsctp-wasm/simulated';

const PEER = { address: '10.0.0.2', port: 5001 };
const HOUR_MS = 3_600_000;
const STEP_MS = 60_000;
const AT_ONCE = 200;
/** The first chunk of a packet. */
const [FIRST_CHUNK, HEARTBEAT, HEARTBEAT_ACK] = [12, 4, 5];

const [count, hours] = process.argv.slice(2).map(Number);
const network = new Network({ seed: 1, conditions: { latencyMs: 10 }, traceLength: 0 });
let expired = 0;
const clock = {
  now: () => network.clock.now(),
  schedule: (delayMs, callback) =>
    network.clock.schedule(delayMs, () => {
      expired++;
      callback();
    }),
};
const [client, server] = await Promise.all(
  ['10.0.0.1', PEER.address].map((address) => {
    const { transport, random } = network.host(address, [address]);
    return network.standStill(Stack.create({ transport, random, clock }));
  }),
);
const listener = server.socket({ style: 'one-to-many' });
listener.bindx([PEER]);
const accepting = listener.listen();
void (async () => {
  for await (const association of accepting) association.receive().catch(() => undefined);
})();
for (let connected = 0; connected < count; connected += AT_ONCE) {
  const sockets = Array.from({ length: Math.min(AT_ONCE, count - connected) }, () => client.socket());
  await network.runUntil(Promise.all(sockets.map((socket) => socket.connect(PEER))));
}
await network.advance(1000);

const packets = { heartbeats: 0, answers: 0, others: 0 };
network.filter(({ bytes }) => {
  const chunk = bytes[FIRST_CHUNK];
  packets[chunk === HEARTBEAT ? 'heartbeats' : chunk === HEARTBEAT_ACK ? 'answers' : 'others']++;
  return undefined;
});
const before = memory();
expired = 0;
const start = process.cpuUsage();
for (let passed = 0; passed < hours * HOUR_MS; passed += STEP_MS) {
  await network.advance(STEP_MS);
  await setImmediate();
}
const { user, system } = process.cpuUsage(start);
const cpuS = (user + system) / 1e6;
const cpuUsPerHeartbeat = (cpuS * 1e6) / packets.heartbeats;
const grown = Object.fromEntries(Object.entries(memory()).map(([kind, bytes]) => [kind, bytes - before[kind]]));
console.log(JSON.stringify({ count, hours, ...packets, expired, grownBytes: grown, cpuS, cpuUsPerHeartbeat }));
process.exit();

function memory() {
  globalThis.gc?.();
  return { usrsctp: client.memoryInUse + server.memoryInUse, heap: process.memoryUsage().heapUsed };
}
