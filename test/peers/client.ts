// A client for tests to kill. It connects to the guest from and to an SCTP port and sends hello. If it is refused, it prints
// the error causes. The second argument is its UDP port.
import { Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { GUEST, HERE } from './network.js';

const port = Number(process.argv[2]);
const stack = await Stack.create({
  transport: udp({ addresses: HERE, port: Number(process.argv[3] ?? 9899), encapsulationPort: 9899 }),
});
const socket = stack.socket();
socket.bindx(HERE.map((address) => ({ address, port })));
try {
  const association = await socket.connectx(GUEST.map((address) => ({ address, port })));
  await association.send('hello');
} catch (error) {
  console.log(`refused ${JSON.stringify(error)}`);
}
process.stdin.resume(); // until it is killed
