// Stays connected to an echo server, and goes on when that is killed and started again:
//   node examples/reconnect.mjs ADDRESS… [--port N] [--udp-port N] [--messages N]
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '5001' },
    'udp-port': { type: 'string', default: '9899' },
    messages: { type: 'string', default: '100' },
  },
});
const peers = positionals.map((address) => ({
  address,
  port: Number(values.port),
  encapsulationPort: Number(values['udp-port']),
}));

const stack = await Stack.create({ transport: udp({ port: 0 }), preset: 'fast-failover' });
let next = 1;
for await (const association of associations(stack, peers)) {
  try {
    for (; next <= Number(values.messages); next++) {
      await association.send(String(next));
      const echo = await association.receive({ timeoutMs: 3000 });
      if (echo === undefined) break; // the server has closed the association
      console.log('echoed', new TextDecoder().decode(echo.data));
      await delay(20);
    }
    await association.close();
  } catch (error) {
    console.log('lost the server:', error.code); // the message is sent again over the next association
    association.abort();
  }
  if (next > Number(values.messages)) break;
}
await stack.close();

/** Associations with a peer, one after the other. After a failure, each attempt waits up to twice as long as the one before. */
async function* associations(stack, peers, { leastMs = 100, mostMs = 10_000 } = {}) {
  for (let limitMs = leastMs; ; limitMs = Math.min(2 * limitMs, mostMs)) {
    const socket = stack.socket();
    try {
      const association = await socket.connectx(peers, { timeoutMs: 5000 });
      limitMs = leastMs;
      yield association;
    } catch (error) {
      if (error.name !== 'SctpError') throw error;
      console.log('not connected:', error.code);
    } finally {
      await socket.close();
    }
    await delay(limitMs * (0.5 + Math.random() / 2)); // not all clients at the same time
  }
}
