// Sends ten packets to a UDP port of this machine, and ends at once.
import { udp } from '../../src/native.js';

const [port = ''] = process.argv.slice(2);
const transport = udp({ addresses: ['127.0.0.1'], port: 0, encapsulationPort: Number(port) });
await transport.start({ receive() {}, unreachable() {}, changed() {} });
const packet = { source: '127.0.0.1', destination: '127.0.0.1', port: 0, trafficClass: 0 };
for (let number = 0; number < 10; number++) transport.send([{ ...packet, bytes: new Uint8Array(100).fill(number) }]);
process.exit();
