// An echo server over UDP, for disturbances.mjs: node peer.mjs [PORT]. Prints its UDP port.
import { Stack } from '../../dist/index.js';
import { udp } from '../../dist/udp.js';

const transport = udp({ addresses: ['127.0.0.2'], port: Number(process.argv[2] ?? 0) });
const stack = await Stack.create({ transport });
const listener = stack.socket();
listener.bindx([{ address: '127.0.0.2', port: 5001 }]);
console.log(transport.port);
for await (const association of listener.listen()) {
  (async () => {
    for await (const { data } of association) await association.send(data);
  })().catch(() => {}); // it may end in any way
}
