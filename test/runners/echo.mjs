// A program under test: echoes what it receives. echo.mjs PORT PEERS_PORT ADDRESS…
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const [port, encapsulationPort, ...addresses] = process.argv.slice(2);
const transport = udp({ addresses, port: Number(port), encapsulationPort: Number(encapsulationPort) });
const stack = await Stack.create({ transport, preset: 'fast-failover' });
const socket = stack.socket({ style: 'one-to-many' });
socket.bindx(addresses.map((address) => ({ address, port: 7 })));
const associations = socket.listen();
console.log('listening');
for await (const association of associations) {
  for await (const { data, stream, ppid } of association) await association.send(data, { stream, ppid });
  console.log('the peer has closed');
}
