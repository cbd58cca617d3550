// An echo server at every address of this machine: node examples/server.mjs [SCTP port] [UDP port]
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const [port = '5001', udpPort = '9899'] = process.argv.slice(2);
const stack = await Stack.create({ transport: udp({ port: Number(udpPort) }) });
const socket = stack.socket();
socket.bindx([{ address: '::', port: Number(port) }]);
console.log(`SCTP port ${port}, UDP port ${udpPort}: ${stack.addresses.join(' ')}`);

for await (const association of socket.listen()) {
  serve(association).catch((error) => console.error(error.message));
}

async function serve(association) {
  const peers = association.paths().map(({ address }) => address);
  console.log(`connected: ${peers.join(' ')}`);
  association.on('path', ({ address, change }) => console.log(`path ${address}: ${change}`));
  for await (const { data, stream, ppid } of association) await association.send(data, { stream, ppid });
  console.log(`closed: ${peers.join(' ')}`);
}
