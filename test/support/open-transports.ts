// Opens transports with the system's sockets, and sends packets to itself. As a worker, it then waits to be terminated.
import { parentPort } from 'node:worker_threads';
import { ip, udp } from '../../src/native.js';

const host = { receive() {}, unreachable() {}, changed() {} };
const options = { addresses: ['127.0.0.1', '::1'] };
const overUdp = udp({ ...options, port: 0 });
const transports = [overUdp, ip(options)];
for (const transport of transports) {
  await transport.start(host);
  if (process.argv.includes('unref')) transport.unref();
}
const packet = {
  source: '127.0.0.1',
  destination: '127.0.0.1',
  port: overUdp.port,
  trafficClass: 0,
};
overUdp.send(Array.from({ length: 10 }, () => ({ ...packet, bytes: new Uint8Array(100) })));
parentPort?.postMessage('open');
if (process.argv.includes('exit')) process.exit();
