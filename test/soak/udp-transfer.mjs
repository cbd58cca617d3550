import { Stack } from '../../dist/index.js';
import { udp } from '../../dist/udp.js';
import { checkFlat, opened, sealed } from './stacks.mjs';

const READINGS = 10;
const IDLE_MS = 1000;
/** Of an association that has nothing to do: heartbeats, each half minute. */
const IDLE_CPU_MS = 100;

/** Two stacks on loopback that send for so long, in real time, and are then idle for a moment. */
export async function udpTransfer(seconds) {
  const transports = ['127.0.0.1', '127.0.0.2'].map((address) => udp({ addresses: [address], port: 0 }));
  const [client, server] = await Promise.all(transports.map((transport) => Stack.create({ transport })));
  const encapsulationPort = transports[1].port;
  const listener = server.socket();
  listener.bindx([{ address: '127.0.0.2', port: 5001 }]);
  listener.listen();
  const connecting = client.socket().connect({ address: '127.0.0.2', port: 5001, encapsulationPort });
  const [a, b] = await Promise.all([connecting, listener.accept()]);
  const end = performance.now() + seconds * 1000;
  const readings = [];
  let received = 0;
  let bytes = 0;
  const reading = (async () => {
    for await (const { data } of b) {
      if (opened(data) !== received) throw new Error(`message ${received} is missing`);
      received++;
      bytes += data.length;
    }
  })();
  let sent = 0;
  let readAtMs = 0;
  while (performance.now() < end) {
    if (performance.now() >= readAtMs) {
      readings.push(client.memoryInUse + server.memoryInUse);
      readAtMs = performance.now() + (seconds * 1000) / READINGS;
    }
    await a.send(sealed(1000 + ((sent * 7919) % 30_000), sent));
    sent++;
  }
  while (received < sent) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const { user, system } = process.cpuUsage(before);
  const idleMs = (user + system) / 1000;
  if (idleMs > IDLE_CPU_MS) throw new Error(`an idle association takes ${idleMs} ms of processor time in a second`);
  readings.push(client.memoryInUse + server.memoryInUse);
  await a.close();
  await reading;
  await Promise.all([client.close(), server.close()]);
  // While messages are under way, buffers are as full as the moment wants: only the end counts.
  const memory = checkFlat('memory', [readings[0], readings.at(-1), readings.at(-1)]);
  return `${seconds} s, ${sent} messages, ${(bytes / 1e6).toFixed(0)} MB, idle ${idleMs.toFixed(0)} ms a second; ${memory}`;
}
