// Opens two stacks with an association and closes nothing. The process ends all the same, unless `ref` is called.
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const transports = [0, 0].map(() => udp({ addresses: ['127.0.0.1'], port: 0 }));
const [server, client] = await Promise.all(transports.map((transport) => Stack.create({ transport })));
const endpoint = { address: '127.0.0.1', port: 5001 };
const listener = server.socket();
listener.bindx([endpoint]);
listener.on('association', (association) => void association.receive());
listener.listen();
const association = await client.socket().connect({ ...endpoint, encapsulationPort: transports[0].port });
await association.send('hello');
server.unref();
console.log(client.unref() === client);
if (process.argv[2] === 'ref') {
  client.ref();
  setTimeout(() => {
    console.log('held');
    process.exit();
  }, 500).unref();
}
