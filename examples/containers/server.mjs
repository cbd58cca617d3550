// An echo server for containers: its configuration comes from the environment, it tells whether it is healthy by HTTP, and it
// ends gracefully at SIGTERM. Run: SCTP_PORT=5001 UDP_PORT=9899 HEALTH_PORT=8080 node server.mjs
import { createServer } from 'node:http';
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const { SCTP_PORT = '5001', UDP_PORT = '9899', HEALTH_PORT = '8080', ADDRESSES = '' } = process.env;
const addresses = ADDRESSES.split(',').filter((address) => address !== '');
const transport = udp({ port: Number(UDP_PORT), ...(addresses.length > 0 && { addresses }) });
const stack = await Stack.create({ transport });
const socket = stack.socket({ style: 'one-to-many' });
socket.bindx([{ address: '::', port: Number(SCTP_PORT) }]);
socket.on('association', (association) => void echo(association));
socket.listen();

const health = createServer((_, response) => response.end('ok\n')).listen(Number(HEALTH_PORT));
console.log(`SCTP port ${SCTP_PORT}, UDP port ${UDP_PORT}: ${stack.addresses.join(' ')}`);

process.once('SIGTERM', async () => {
  health.close();
  await stack.close({ timeoutMs: 10_000 }).catch((error) => console.error(error.message)); // delivers what was sent
  console.log('closed');
});

async function echo(association) {
  try {
    for await (const { data, stream } of association) await association.send(data, { stream });
  } catch (error) {
    console.log(`lost a peer: ${error.code}`);
  }
}
