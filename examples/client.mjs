// Connects to the echo server at any of its addresses: node examples/client.mjs ADDRESS… [--port N] [--udp-port N]
import { parseArgs } from 'node:util';
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '5001' }, 'udp-port': { type: 'string', default: '9899' } },
});
const peers = (positionals.length > 0 ? positionals : ['127.0.0.1', '::1']).map((address) => ({
  address,
  port: Number(values.port),
  encapsulationPort: Number(values['udp-port']),
}));

const stack = await Stack.create({ transport: udp({ port: 0 }) });
try {
  const association = await stack.socket().connectx(peers, { timeoutMs: 10_000 });
  console.dir(association.setup, { depth: null }); // what happened at each address
  for (const stream of [0, 1, 2]) {
    await association.send(`hello on stream ${stream}`, { stream });
    const message = await association.receive();
    console.log(message.stream, new TextDecoder().decode(message.data));
  }
  await association.close();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stack.close();
}
