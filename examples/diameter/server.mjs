// Answers requests in the manner of Diameter: node examples/diameter/server.mjs [SCTP port] [UDP port]
import { PPID, Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';
import { decode, encode } from './message.mjs';

const [port = '3868', udpPort = '9899'] = process.argv.slice(2);
const stack = await Stack.create({ transport: udp({ port: Number(udpPort) }) });
const socket = stack.socket();
socket.bindx([{ address: '::', port: Number(port) }]);
console.log(`listening on SCTP port ${port}, UDP port ${udpPort}`);

for await (const association of socket.listen()) {
  serve(association).catch((error) => console.log(`lost a client: ${error.message}`)); // the others are served on
}

async function serve(association) {
  // A client that was killed and started again has the same ports: the old association becomes the new one.
  association.on('restart', () => console.log('a client has restarted'));
  for await (const { data, stream } of association) {
    const { command, id, payload } = decode(data);
    const answer = { isRequest: false, command, id, payload: { result: 2001, echo: payload } };
    await association.send(encode(answer), { stream, ppid: PPID.DIAMETER });
  }
  console.log('a client has left');
}
