import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const addresses = ['127.0.0.1', '::1'];
const endpoints = addresses.map((address) => ({ address, port: 5001 }));
const transport = udp({ addresses, port: 0 });
const server = await Stack.create({ transport });
const listener = server.socket();
listener.bindx(endpoints);
listener.listen();
const client = await Stack.create({ transport: udp({ addresses, port: 0, encapsulationPort: transport.port }) });
const association = await client.socket().connectx(endpoints, { timeoutMs: 5000 });
await association.send('hello');
const accepted = await listener.accept();
const { data } = await accepted.receive();
console.log(`${new TextDecoder().decode(data)} over ${association.setup.confirmed.length} paths`);
await Promise.all([client.close(), server.close()]);
